import assert from "node:assert/strict";
import { test } from "node:test";
import { ModbusException } from "../../../adapters/modbus/errors.ts";
import type { LineSettings } from "../../../adapters/modbus/line.ts";
import type { WriteRequest } from "../../../adapters/modbus/pdu.ts";
import { lengthOf, wireOf, wireTime } from "../../../adapters/modbus/wire-time.ts";
import { parseSerialSettings } from "../../../adapters/wires/serial-settings.ts";
import { SECOND } from "../../../src/clock.ts";
import { ANSWER, anOpenLine, READ } from "../../support/a-line.ts";
import { settle } from "../../support/fake-clock.ts";

const wire = wireOf("rtu", parseSerialSettings("9600-8N1"));
const WIRE_TIME = wireTime(wire, lengthOf(READ));
const WRITE: WriteRequest = { kind: "writeRegister", address: 0, bytes: Uint8Array.of(0, 1) };

const aSerialLine = (settings: Partial<LineSettings> = {}) => anOpenLine({ wire, timeout: undefined, ...settings });

test("where nobody gives a timeout, a request may take its time on the wire and 300 ms", async () => {
  const { clock, read } = await aSerialLine();
  const failed = assert.rejects(read(), /no answer within 324ms$/);
  await clock.advance(WIRE_TIME + 299);
  assert.equal(clock.next, WIRE_TIME + 300);
  await clock.advance(1);
  await failed;
});

test("a slow unit gets four times what 95 % of its answers took to begin", async () => {
  const { clock, read, sent, line } = await aSerialLine();
  for (let i = 0; i < 20; i++) {
    const answer = read(7);
    await settle();
    await clock.advance(WIRE_TIME + (i === 19 ? 250 : 150));
    sent[i]?.answer();
    await answer;
    await clock.advance(100);
  }
  const [unit] = line.report().units;
  assert.deepEqual([Math.round(unit?.turnaround?.median ?? 0), Math.round(unit?.turnaround?.p95 ?? 0)], [150, 150]);
  const failed = assert.rejects(read(7), /no answer within 624ms$/);
  await clock.advance(WIRE_TIME + 601);
  await failed;
});

test("a unit that did not answer gets twice as long the next time: nobody knows yet how slow it is", async () => {
  const { clock, read } = await aSerialLine({ settle: 0 });
  for (const expected of [/within 324ms$/, /within 624ms$/, /within 624ms$/]) {
    const failed = assert.rejects(read(), expected);
    await clock.advance(SECOND);
    await failed;
  }
});

test("a given timeout stands, and without any known wire it is a second", async () => {
  const given = await aSerialLine({ timeout: 200 });
  await Promise.all([assert.rejects(given.read(), /within 200ms$/), given.clock.advance(200)]);
  const network = await anOpenLine({ timeout: undefined });
  await Promise.all([assert.rejects(network.read(), /within 1s$/), network.clock.advance(SECOND)]);
});

test("after a request without an answer a serial line is left alone for as long as was waited, counted from the end of the wait", async () => {
  const { clock, line, read, sent } = await aSerialLine({ timeout: 500 });
  const failed = assert.rejects(read(1));
  const write = line.use("write", { unit: 2 }, (exchange) => exchange(WRITE));
  await clock.advance(999);
  await failed;
  assert.equal(sent.length, 1);
  // What comes late is the transport's to drop; it is no answer to the next request.
  sent[0]?.answer(Uint8Array.of(9, 9));
  await clock.advance(1);
  assert.deepEqual([sent[1]?.unit, sent[1]?.time], [2, 1000]);
  sent[1]?.answer();
  assert.deepEqual(await write, new Uint8Array(0));
});

test("where answers are numbered a line goes on at once, unless the link says how long it must settle", async () => {
  for (const [settings, expected] of [
    [{ numbered: true }, 500],
    [{ numbered: true, settle: 300 }, 800],
    [{ settle: 0 }, 500 + wire.silence],
  ] as const) {
    const { clock, read, sent } = await aSerialLine({ timeout: 500, ...settings });
    const failed = assert.rejects(read(1));
    void read(2).catch(() => {});
    await clock.advance(expected);
    await failed;
    assert.equal(sent[1]?.time, expected);
  }
});

test("an exception is an answer: nothing has to settle", async () => {
  const { clock, read, sent } = await aSerialLine();
  const refused = assert.rejects(read(1), { code: 2 });
  void read(2).catch(() => {});
  await settle();
  sent[0]?.fail(new ModbusException(2, "read"));
  await refused;
  await clock.advance(wire.silence);
  assert.equal(sent[1]?.time, wire.silence);
});

test("between two frames a serial line is silent for 3.5 characters, before writes and other units too, or for its gap where that is longer", async () => {
  for (const [gap, silence] of [
    [0, wire.silence],
    [20, 20],
  ] as const) {
    const { clock, line, read, sent } = await aSerialLine({ gap });
    const first = read(1);
    void line.use("write", { unit: 2 }, (exchange) => exchange(WRITE)).catch(() => {});
    await settle();
    await clock.advance(30);
    sent[0]?.answer();
    await first;
    await clock.advance(silence);
    assert.deepEqual([sent[1]?.unit, sent[1]?.time], [2, 30 + silence]);
  }
});

test("a write that comes while the line is silent goes before the reads that waited already", async () => {
  const { clock, line, read, sent } = await aSerialLine({ gap: 50 });
  const first = read(1);
  await settle();
  sent[0]?.answer();
  await first;
  void read(1).catch(() => {});
  await clock.advance(49);
  void line.use("write", { unit: 2 }, (exchange) => exchange(WRITE)).catch(() => {});
  await clock.advance(1);
  assert.deepEqual([sent[1]?.unit, sent[1]?.time], [2, 50]);
});

test("a write to unit 0 of a serial line is told to all and answered by none, who get 200 ms to follow", async () => {
  const { clock, line, read, sent } = await aSerialLine();
  const told = line.use("write", { unit: 0 }, (exchange) => exchange(WRITE));
  assert.deepEqual(await told, new Uint8Array(0));
  void read(1).catch(() => {});
  await clock.advance(SECOND);
  const { request } = lengthOf(WRITE);
  assert.equal(sent[1]?.time, wireTime(wire, { request, answer: 0 }) + 200);
  await assert.rejects(read(0), { kind: "rejected", message: /unit 0 is everybody on a serial line/ });
});

test("over Modbus TCP unit 0 is a unit like others", async () => {
  const { read, sent } = await anOpenLine();
  const answer = read(0);
  await settle();
  sent[0]?.answer();
  assert.deepEqual(await answer, ANSWER);
});

test("a read without an answer is repeated as often as the link says, in a turn of its own; of a unit that was failing not at all", async () => {
  const { clock, line, read, sent } = await aSerialLine({ retries: 1, settle: 0, timeout: 500 });
  const dead = (): Promise<void> => assert.rejects(line.read("read", { unit: 9 }, READ), { kind: "unreachable" });
  const first = dead();
  await settle();
  const other = read(1);
  await clock.advance(510);
  sent[1]?.answer();
  await other;
  await clock.advance(510);
  await first;
  const second = dead();
  await clock.advance(510);
  await second;
  assert.deepEqual(
    sent.map(({ unit }) => unit),
    [9, 1, 9, 9],
  );
});

test("neither writes nor refusals are repeated", async () => {
  const { clock, line, sent } = await aSerialLine({ retries: 1, timeout: 500 });
  const write = assert.rejects(line.use("write", { unit: 1 }, (exchange) => exchange(WRITE)));
  await clock.advance(2 * SECOND);
  await write;
  const read = assert.rejects(line.read("read", { unit: 2 }, READ), { code: 2 });
  await settle();
  sent[1]?.fail(new ModbusException(2, "read"));
  await read;
  await clock.advance(2 * SECOND);
  assert.equal(sent.length, 2);
});

test("a line tells what came of the requests to each unit, how busy it was and what waits", async () => {
  const { clock, line, read, sent } = await aSerialLine({ settle: 0, timeout: 400 });
  const answered = read(1);
  await clock.advance(WIRE_TIME + 40);
  sent[0]?.answer();
  await answered;
  const silent = assert.rejects(read(2));
  await clock.advance(500);
  await silent;
  void read(1).catch(() => {});
  void read(1).catch(() => {});
  await settle();
  const { units, load, waiting } = line.report();
  const none = { timeouts: 0, exceptions: 0, malformed: 0 };
  const median = WIRE_TIME + 40 - WIRE_TIME;
  assert.deepEqual(units, [
    { unit: "1", requests: 2, ...none, turnaround: { median, p95: median } },
    { unit: "2", requests: 1, ...none, timeouts: 1 },
  ]);
  assert.equal(waiting, 1);
  assert.ok(load > 80 && load <= 100, `${load}`);
});

test("a line whose only unit is dead keeps its port, and tries a new one after a long silence of all", async () => {
  const { clock, attempts, read } = await aSerialLine({ settle: 0, timeout: 100 });
  for (let i = 0; i < 10; i++) {
    assert.equal(attempts[0]?.destroyed, false);
    const failed = assert.rejects(read(1 + (i % 3)));
    await clock.advance(SECOND);
    await failed;
  }
  assert.equal(attempts[0]?.destroyed, true);
});
