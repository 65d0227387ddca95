import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceLink } from "../../../src/adapter.ts";
import { SECOND } from "../../../src/clock.ts";
import { settleUntil } from "../../support/fake-clock.ts";
import { aDevice, aHostileSlave, fails, level, reconnects, timesOut, ZEROS } from "../../support/modbus-client.ts";
import { answerZeros, type Behaviour, ScriptedSlave, silent, zeros } from "../../support/scripted-slave.ts";

test("a slave that accepts and never answers is connected to again after two timeouts, with one line in the log", async (t) => {
  const { slave, device, clock, heard, logged } = await aHostileSlave(t, silent, silent, silent, silent);
  await timesOut(slave, device, clock);
  await timesOut(slave, device, clock);
  await fails(device, "unreachable", /2 requests in a row without an answer; next attempt after/);
  await reconnects(slave, clock, 2);
  await timesOut(slave, device, clock);
  await timesOut(slave, device, clock);
  await clock.advance(2500);
  await slave.connected(3);
  assert.deepEqual(await level(device), ZEROS);
  assert.deepEqual(heard.slice(-4), [false, true, false, true]);
  assert.deepEqual(logged(), ["the Modbus line is down; trying again until it is back", "the Modbus line answers"]);
});

test("bytes that are no Modbus TCP end the connection at once, not after two timeouts", async (t) => {
  for (const garbage of ["HTTP/1.1 400 Bad Request\r\n", "\0\x01\0\0\0\0\0\0\0\0"]) {
    const { slave, device, clock } = await aHostileSlave(t, (_, socket) => socket.write(garbage));
    await fails(device, "malformed", /no Modbus TCP frame/);
    await reconnects(slave, clock, 2);
    assert.deepEqual(await level(device), ZEROS);
  }
});

test("a slave that closes in the middle of an answer, or resets the connection, is heard at once", async (t) => {
  const endings: readonly Behaviour[] = [
    (request, socket) => socket.end(zeros(request).subarray(0, 8)),
    (_, socket) => socket.destroy(),
    (_, socket) => socket.resetAndDestroy(),
  ];
  for (const ending of endings) {
    const { slave, device, clock, heard } = await aHostileSlave(t, ending);
    await fails(device, "unreachable", /closed the connection|ECONNRESET/);
    await fails(device, "unreachable", /next attempt after/);
    await reconnects(slave, clock, 2);
    assert.deepEqual(await level(device), ZEROS);
    assert.deepEqual(heard.slice(-2), [false, true]);
  }
});

test("a slave that is not there yet is found when it comes", async (t) => {
  const gone = await ScriptedSlave.listen();
  const { port } = gone;
  await gone.close();
  const { device, clock, logged, heard } = await aDevice(t, port);
  await fails(device, "unreachable", /ECONNREFUSED/);
  const slave = await ScriptedSlave.listen(port);
  t.after(() => slave.close());
  await reconnects(slave, clock, 1);
  assert.deepEqual(await level(device), ZEROS);
  assert.deepEqual(heard, [false, true]);
  assert.deepEqual(logged(), ["the Modbus line is down; trying again until it is back", "the Modbus line answers"]);
});

test("a name that has several addresses says why none of them answers", async (t) => {
  const gone = await ScriptedSlave.listen();
  const { port } = gone;
  await gone.close();
  const { device } = await aDevice(t, port, [1], "localhost");
  await fails(device, "unreachable", /connect ECONNREFUSED/);
});

test("a slave that refuses a connection soon after the last one is left alone for a second", async (t) => {
  const { slave, device, clock } = await aHostileSlave(t, (_, socket) => socket.destroy());
  await fails(device, "unreachable", /closed/);
  await settleUntil("a pause is planned", () => clock.next !== undefined);
  await clock.advance(999);
  assert.equal(slave.connections, 1);
  await clock.advance(251);
  await slave.connected(2);
});

test("one dead unit costs the others of its line one timeout, and no connection", async (t) => {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  slave.otherwise = (request, socket) => (request.unit === 9 ? undefined : answerZeros(request, socket));
  const { clock, devices } = await aDevice(t, slave.port, [1, 9]);
  const [alive, dead] = devices as [DeviceLink, DeviceLink];
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await level(alive), ZEROS);
    await timesOut(slave, dead, clock);
  }
  assert.equal(slave.connections, 1);
});

test("a closed link leaves nothing behind: no connection, no timer, no attempt", async (t) => {
  const { slave, device, clock, link } = await aHostileSlave(t, silent);
  const waits = assert.rejects(device.read(["level"]), { kind: "unreachable", message: /the link is closed/ });
  await slave.received(1);
  await link.close();
  await waits;
  assert.equal(clock.next, undefined);
  await clock.advance(60 * SECOND);
  assert.equal(slave.connections, 1);
});
