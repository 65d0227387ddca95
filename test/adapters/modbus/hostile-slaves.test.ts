import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { modbus } from "../../../adapters/modbus/index.ts";
import type { DeviceLink } from "../../../src/adapter.ts";
import { SECOND } from "../../../src/clock.ts";
import { DeviceError, type DeviceErrorKind } from "../../../src/errors.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { aContext, pointsOf } from "../../support/modbus-device.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";
import {
  answerZeros,
  type Behaviour,
  exception,
  frame,
  ScriptedSlave,
  silent,
  zeros,
} from "../../support/scripted-slave.ts";

const KEYS = { level: { input: 0, length: 4 }, running: { coil: 0, write: true } };

async function aDevice(t: TestContext, port: number, units: readonly number[] = [1], host = "127.0.0.1") {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const heard: boolean[] = [];
  const options = modbus.link.parse({ host, port });
  const link = await modbus.open(options, aContext({ clock, log: recordingLogger(lines) }));
  t.after(() => link.close());
  const devices = await Promise.all(
    units.map((unit_id) => {
      const section = modbus.device.parse({ unit_id });
      const onReachable = (reachable: boolean): void => void heard.push(reachable);
      return link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable });
    }),
  );
  const logged = (): string[] => lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
  return { clock, device: devices[0] as DeviceLink, devices, heard, logged, link };
}

async function aHostileSlave(t: TestContext, ...script: readonly Behaviour[]) {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  slave.next(...script);
  return { slave, ...(await aDevice(t, slave.port)) };
}

const level = async (device: DeviceLink): Promise<unknown> => (await device.read(["level"])).readings[0]?.value;
const ZEROS = new Uint8Array(4);

async function fails(device: DeviceLink, kind: DeviceErrorKind, message: RegExp): Promise<void> {
  const { refused } = await device.read(["level"]).catch((error: unknown) => {
    assert.ok(error instanceof Error && "kind" in error);
    assert.equal(error.kind, kind);
    return { refused: [{ point: "level", reason: error.message }] };
  });
  assert.match(refused[0]?.reason ?? "", message);
}

/** Lets the next request run into its timeout. */
async function timesOut(slave: ScriptedSlave, device: DeviceLink, clock: FakeClock): Promise<void> {
  const before = slave.requests.length;
  const failed = assert.rejects(device.read(["level"]), { kind: "unreachable", message: /no answer within 1s/ });
  await slave.received(before + 1);
  await settle();
  await clock.advance(SECOND);
  await failed;
}

/** Waits for the pause to be planned, lets it pass, and for the new connection. */
async function reconnects(slave: ScriptedSlave, clock: FakeClock, connections: number): Promise<void> {
  while (clock.next === undefined) await settle();
  await clock.advance(1250);
  await slave.connected(connections);
}

test("a slave that is silent once is asked again on the same connection", async (t) => {
  const { slave, device, clock } = await aHostileSlave(t, silent);
  await timesOut(slave, device, clock);
  assert.deepEqual(await level(device), ZEROS);
  assert.equal(slave.connections, 1);
});

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
  while (clock.next === undefined) await settle();
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
