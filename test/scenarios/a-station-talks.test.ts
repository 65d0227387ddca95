/** A weather station behind a serial server, which nobody asks. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { aGateway } from "../support/a-gateway.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { asciiRequestLength, ScriptedLine } from "../support/scripted-line.ts";

const ANGLE = "/roof/3332/0/5705";
const SPEED = "/roof/3346/0/5700";

async function aStation(t: TestContext) {
  const far = new ScriptedLine(asciiRequestLength);
  const port = await far.onTcp(t);
  const world = await aGateway(t, {
    links: [`weather: { type: serial-over-tcp, host: 127.0.0.1, port: ${port} }`],
    devices: ["{ id: roof, mapping: nmea-weather, link: weather }"],
  });
  const logged = (message: string): boolean => world.lines.some((line) => line.message === message);
  const heard = () => world.gateway.status().devices[0]?.lastHeard;
  /** The station says it, and the gateway hears it: a socket takes its time, in which the clock stands still. */
  const say = async (sentence: string): Promise<void> => {
    await settleUntil("the line", () => world.gateway.status().links[0]?.lines[0]?.open === true);
    const before = heard();
    far.send(Buffer.from(`${sentence}\r\n`));
    await settleUntil(sentence, () => heard() !== before);
    await world.clock.advance(SECOND);
  };
  return { clock: world.clock, server: world.server, logged, say };
}

test("what a station says is read and notified, and when it falls silent that is told", async (t) => {
  const { clock, server, logged, say } = await aStation(t);
  await say("$WIMWV,39,R,1.3,M,A*06");
  assert.ok(logged("the device is online"));
  assert.deepEqual([(await server.read(ANGLE)).text, (await server.read(SPEED)).text], ["39", "1.3"]);
  assert.match(String((await server.read("/roof/3303/0/5700")).code), /^5\.00$/, "it has not said that yet");
  await server.observe(ANGLE);
  await say("$WIMWV,61,R,1.0,M,A*08");
  assert.deepEqual(server.received(ANGLE), [61]);
  await clock.advance(31 * SECOND);
  assert.ok(logged("the device is offline"));
  assert.equal((await server.read(ANGLE)).code, "5.00");
});
