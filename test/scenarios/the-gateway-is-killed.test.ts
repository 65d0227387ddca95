import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { OPTION, uintValue } from "../../src/coap/options.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const kinds = ({ server }: AGateway): string[] => server.registrations.heard.map(({ type }) => type);

/** What the gateway sent as notifications, with the token and the number of each. */
const notes = ({ server }: AGateway): { readonly token: string; readonly observe: number }[] =>
  server.packets
    .filter(({ from, message }) => from === "gateway" && uintValue(message, OPTION.observe) !== undefined)
    .map(({ message }) => ({ token: hex(message.token), observe: uintValue(message, OPTION.observe) ?? -1 }));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Lets what changed reach the disk, then kills the gateway, and starts it again after a while. */
async function killed(world: AGateway, away = 20 * SECOND, meanwhile: () => void = () => {}): Promise<void> {
  await written(world);
  await world.kill();
  meanwhile();
  await world.clock.advance(away);
  await world.start();
  await world.clock.advance(10 * SECOND);
}

/** Real I/O takes part: the second after which everything is written, and then the disk. */
async function written(world: AGateway): Promise<void> {
  await world.clock.advance(1500);
  for (let turn = 0; turn < 50; turn++) await world.clock.advance(0);
}

test("killed and started within the lifetime: one Update, no Register, and the observation goes on", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, meter } = world;
  await server.observe(TEMPERATURE);
  meter.set(POINT.temperature, 25);
  await clock.advance(20 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  const before = notes(world);
  await killed(world);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(server.registrations.heard[1]?.query, []);
  assert.equal(server.registrations.heard[1]?.objects, "", "the list is the same");
  meter.set(POINT.temperature, 26);
  await clock.advance(20 * SECOND);
  assert.equal(server.received(TEMPERATURE).at(-1), 26);
  const after = notes(world).slice(before.length);
  assert.ok(after.length > 0);
  for (const { token, observe } of after) {
    assert.equal(token, before[0]?.token);
    assert.ok(observe > Math.max(...before.map((note) => note.observe)), "newer for the server");
  }
  assert.deepEqual(world.gateway.status().servers[0]?.observations, [TEMPERATURE]);
  assert.ok(world.log("101").includes("info registered as before the start: its observations go on"));
});
