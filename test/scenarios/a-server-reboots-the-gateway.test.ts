import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { aGateway } from "../support/a-gateway.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { temporaryDirectory } from "../support/temp.ts";

const [REBOOT, FACTORY_RESET, TIME] = ["/3/0/4", "/3/0/5", "/3/0/13"];

/** What listens where the helper would; the helper itself has its own tests. */
async function aListener(t: TestContext, reply: object = { ok: true }) {
  const socket = join(temporaryDirectory(t), "helper.sock");
  const asked: string[] = [];
  const server = createServer((connection) => {
    connection.setEncoding("utf8").on("data", (line: string) => {
      asked.push(line);
      connection.end(`${JSON.stringify(reply)}\n`);
    });
  });
  server.listen(socket);
  t.after(() => server.close());
  await once(server, "listening");
  return { asked, socket };
}

test("Reboot is answered first; a moment later the helper is asked for it", async (t) => {
  const { asked, socket } = await aListener(t);
  const { server, clock, lines } = await aGateway(t, { helper: { socket } });
  assert.equal((await server.execute(REBOOT)).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(asked, []);
  await clock.advance(5 * SECOND);
  await settleUntil("it was asked", () => asked.length > 0);
  assert.deepEqual(asked, ['{"verb":"reboot"}\n']);
  assert.ok(lines.some(({ level, message }) => level === "warn" && /^reboot: a server asked for it/.test(message)));
});

test("a factory reset empties the state directory of the service, and no other", async (t) => {
  const { asked, socket } = await aListener(t);
  const elsewhere = await aGateway(t, { helper: { socket, state: "/var/lib/lwm2m-gateway" } });
  assert.equal((await elsewhere.server.execute(FACTORY_RESET)).code, "4.05");
  assert.deepEqual(asked, []);
  const folder = temporaryDirectory(t);
  const state = join(folder, "state");
  const { server, clock } = await aGateway(t, { helper: { socket, state }, gateway: `state: ${state}` });
  assert.equal((await server.execute(FACTORY_RESET)).code, "2.04");
  await clock.advance(5 * SECOND);
  await settleUntil("it was asked", () => asked.length > 0);
  assert.deepEqual(asked, ['{"verb":"factory-reset"}\n']);
});

test("Current Time sets the clock of the machine, before the answer", async (t) => {
  const { asked, socket } = await aListener(t);
  const { server } = await aGateway(t, { helper: { socket } });
  const answer = await server.write(TIME, Date.UTC(2026, 10, 23) / 1000);
  assert.equal(answer.code, "2.04");
  assert.deepEqual(asked, [`{"verb":"set-clock","time":${Date.UTC(2026, 10, 23)}}\n`]);
});

test("what the helper cannot do is 5.00 with its words", async (t) => {
  const { socket } = await aListener(t, { ok: false, reason: "NTP is on" });
  const { server } = await aGateway(t, { helper: { socket } });
  const answer = await server.write(TIME, Date.UTC(2026, 10, 23) / 1000);
  assert.deepEqual([answer.code, answer.text], ["5.00", "the clock was not set: NTP is on"]);
});

test("without the helper Reboot is 4.05, and the log tells why; the rest is not there", async (t) => {
  const { server, lines } = await aGateway(t);
  assert.equal((await server.execute(REBOOT)).code, "4.05");
  const [reason] = lines.flatMap(({ fields: { reason }, message }) => (/was refused$/.test(message) ? [reason] : []));
  assert.match(String(reason), /^the helper is not installed \(.*no-helper\)$/);
  assert.equal((await server.execute(FACTORY_RESET)).code, "4.04");
  assert.equal((await server.write(TIME, Date.UTC(2026, 10, 23) / 1000)).code, "4.05");
});
