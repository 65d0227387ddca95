import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DeviceLink } from "../../../src/adapter.ts";
import { DeviceError } from "../../../src/errors.ts";
import { aDevice, aHostileSlave, fails, level, timesOut, ZEROS } from "../../support/modbus-client.ts";
import {
  answerZeros,
  type Behaviour,
  exception,
  frame,
  ScriptedSlave,
  silent,
  zeros,
} from "../../support/scripted-slave.ts";

test("a slave that is silent once is asked again on the same connection", async (t) => {
  const { slave, device, clock } = await aHostileSlave(t, silent);
  await timesOut(slave, device, clock);
  assert.deepEqual(await level(device), ZEROS);
  assert.equal(slave.connections, 1);
});

test("an exception of each code is named, and the next request works", async (t) => {
  const names = {
    1: /illegal function/,
    4: /server device failure/,
    5: /acknowledge: busy/,
    6: /server device busy/,
    99: /exception 99 \(unknown code\)/,
  };
  for (const [code, message] of Object.entries(names)) {
    const { device } = await aHostileSlave(t, exception(Number(code)));
    await fails(device, "rejected", message);
    assert.deepEqual(await level(device), ZEROS);
  }
  for (const code of [10, 11]) {
    const { device } = await aHostileSlave(t, exception(code));
    await fails(device, "unreachable", /gateway/);
    assert.deepEqual(await level(device), ZEROS);
  }
});

test("an answer that is none of this request is not taken, and the next request works", async (t) => {
  const cases: Readonly<Record<string, Behaviour>> = {
    "too short": (request, socket) => socket.write(frame(request, 4, 2, 0, 7)),
    "too long": (request, socket) => socket.write(frame(request, 4, 6, 0, 7, 0, 7, 0, 7)),
    "a byte count that says less": (request, socket) => socket.write(frame(request, 4, 2, 0, 7, 0, 7)),
    "a byte count that says more": (request, socket) => socket.write(frame(request, 4, 200, 0, 7, 0, 7)),
    "another unit": (request, socket) => socket.write(frame({ ...request, unit: 9 }, 4, 4, 0, 7, 0, 7)),
    "another function": (request, socket) => socket.write(frame(request, 3, 4, 0, 7, 0, 7)),
    "only a function code": (request, socket) => socket.write(frame(request, 4)),
  };
  for (const [name, behaviour] of Object.entries(cases)) {
    const { device, slave } = await aHostileSlave(t, behaviour);
    await fails(device, "malformed", /^unit 1: read input\[0x0\.\.0x1\] \(FC 4\): /);
    assert.deepEqual(await level(device), ZEROS, name);
    assert.equal(slave.connections, 1, name);
  }
});

test("any answer at all is a value or a DeviceError, and the next request works", async (t) => {
  const { slave, device } = await aHostileSlave(t);
  const answers = fc.uint8Array({ minLength: 1, maxLength: 253 });
  const functionCodes = fc.constantFrom(1, 4, 5, 0x81, 0x84, 0x85);
  await fc.assert(
    fc.asyncProperty(answers, functionCodes, fc.boolean(), async (data, code, write) => {
      slave.next((request, socket) => socket.write(frame(request, code, ...data.subarray(1))));
      const tried = write ? device.write("running", true) : device.read(["level"]);
      await tried.catch((error: unknown) => assert.ok(error instanceof DeviceError));
      assert.deepEqual(await level(device), ZEROS);
    }),
    { numRuns: 200 },
  );
  assert.equal(slave.connections, 1);
});

test("an answer with the number of another transaction is ignored", async (t) => {
  const other: Behaviour = (request, socket) =>
    socket.write(frame({ ...request, transaction: request.transaction ^ 0x55 }, 4, 4, 0, 7, 0, 7));
  const { slave, device, clock } = await aHostileSlave(t, other, (request, socket) => {
    other(request, socket);
    answerZeros(request, socket);
  });
  await timesOut(slave, device, clock);
  assert.deepEqual(await level(device), ZEROS);
});

test("an answer that comes too late is not taken for the next one", async (t) => {
  let late: Buffer | undefined;
  const { slave, device, clock } = await aHostileSlave(
    t,
    (request) => {
      late = frame(request, 4, 4, 0, 7, 0, 7);
    },
    (request, socket) => {
      socket.write(late ?? assert.fail("no first request"));
      socket.write(zeros(request));
    },
  );
  await timesOut(slave, device, clock);
  assert.deepEqual(await level(device), ZEROS);
});

test("an answer may come one byte at a time", async (t) => {
  const { device } = await aHostileSlave(t, (request, socket) => {
    for (const byte of zeros(request)) socket.write(Uint8Array.of(byte));
  });
  assert.deepEqual(await level(device), ZEROS);
});

test("a write overtakes the polls of all units that wait", async (t) => {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  const { devices } = await aDevice(t, slave.port, [1, 2, 3]);
  const [first, second, third] = devices as [DeviceLink, DeviceLink, DeviceLink];
  await level(first);
  await Promise.all([level(first), level(second), level(third), third.write("running", true)]);
  const order = slave.requests.slice(1).map(({ unit, pdu }) => `${unit}:${pdu[0]}`);
  assert.deepEqual(order, ["1:4", "3:5", "2:4", "3:4"]);
});
