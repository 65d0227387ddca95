import assert from "node:assert/strict";
import { test } from "node:test";
import { ModbusException } from "../../../adapters/modbus/errors.ts";
import { SECOND } from "../../../src/clock.ts";
import { DeviceError } from "../../../src/errors.ts";
import { ANSWER, aLine, anOpenLine, READ } from "../../support/a-line.ts";
import { settle } from "../../support/fake-clock.ts";

test("what is asked while the line connects waits for the connection", async () => {
  const { attempts, read, sent } = aLine();
  const answer = read();
  await settle();
  assert.equal(sent.length, 0);
  attempts[0]?.accept();
  await settle();
  sent[0]?.answer();
  assert.deepEqual(await answer, ANSWER);
});

test("a raw request takes its turn and has its deadline like any other", async () => {
  const { clock, line, sent, read } = await anOpenLine();
  const identify = Uint8Array.of(43, 14, 1, 0);
  const before = read();
  const raw = line.use("read", { unit: 7 }, (exchange) => exchange({ kind: "raw", pdu: identify }));
  await settle();
  assert.equal(sent.length, 1);
  sent[0]?.answer();
  await before;
  await settle();
  assert.deepEqual([sent[1]?.unit, sent[1]?.pdu], [7, identify]);
  await Promise.all([
    assert.rejects(raw, /^DeviceError: unit 7: send 4 bytes \(FC 43\): no answer within 1s$/),
    clock.advance(SECOND),
  ]);
});

test("a trial that nobody answers says nothing of the line, nor of the unit", async () => {
  const { clock, line, sent, read } = await anOpenLine();
  for (let unit = 1; unit <= 10; unit++) {
    const request = { kind: "raw", pdu: Uint8Array.of(17) } as const;
    const trial = line.use("read", { unit, trial: true }, (exchange) => exchange(request));
    await Promise.all([assert.rejects(trial, /no answer within 1s/), clock.advance(SECOND)]);
  }
  assert.deepEqual(line.report().units, []);
  const good = read();
  await settle();
  sent.at(-1)?.answer();
  assert.deepEqual(await good, ANSWER);
});

test("what is wrong with an answer names the whole request", async () => {
  const { line, sent } = await anOpenLine();
  const ask = (): Promise<Uint8Array> =>
    line.use("read", { unit: 5 }, (exchange) => exchange({ kind: "readFile", file: 4, record: 7, count: 2 }));
  const named = "unit 5: read file 4 record 7, 2 registers (FC 20):";
  const fails: readonly (readonly [Error, object])[] = [
    [new ModbusException(2, "FC 20"), { code: 2, message: `${named} exception 2 (illegal data address)` }],
    [new DeviceError("malformed", "unit 9 answered"), { kind: "malformed", message: `${named} unit 9 answered` }],
    [new DeviceError("unreachable", "EIO"), { kind: "unreachable", message: "EIO" }],
  ];
  for (const [i, [error, expected]] of fails.entries()) {
    const failed = assert.rejects(ask(), expected);
    await settle();
    sent[i]?.fail(error);
    await failed;
  }
});

test("an exchange that never settles ends with the timeout, and names the request", async () => {
  const { clock, read } = await anOpenLine();
  const failed = assert.rejects(read(7), {
    name: "DeviceError",
    kind: "unreachable",
    message: "unit 7: read input[0x0..0x0] (FC 4): no answer within 1s",
  });
  await clock.advance(SECOND);
  await failed;
});

test("a unit may have a timeout of its own", async () => {
  const { clock, line, sent } = await anOpenLine();
  const slow = line.use("read", { unit: 1, timeout: 5 * SECOND }, (exchange) => exchange(READ));
  await clock.advance(4 * SECOND);
  sent[0]?.answer();
  assert.deepEqual(await slow, ANSWER);
});

test("an answer after the timeout belongs to nobody", async () => {
  const { clock, read, sent } = await anOpenLine();
  const late = assert.rejects(read());
  await clock.advance(SECOND);
  await late;
  const next = read();
  await settle();
  sent[0]?.answer(Uint8Array.of(9, 9));
  sent[1]?.answer();
  assert.deepEqual(await next, ANSWER);
});

test("between an answer and the next request the line is silent for the gap, across units and within a task", async () => {
  const { clock, line, read, sent } = await anOpenLine({ gap: 50 });
  const both = line.use("write", { unit: 1 }, async (exchange) => {
    await exchange(READ);
    await exchange(READ);
  });
  void read(2);
  for (let i = 0; i < 3; i++) {
    await settle();
    sent[i]?.answer();
    await clock.advance(50);
  }
  await both;
  assert.deepEqual(
    sent.map(({ unit, time }) => [unit, time]),
    [
      [1, 0],
      [1, 50],
      [2, 100],
    ],
  );
});

test("a task of several exchanges has the line for itself", async () => {
  const { line, read, sent } = await anOpenLine();
  const both = line.use("write", { unit: 1 }, async (exchange) => {
    await exchange(READ);
    await exchange(READ);
  });
  const other = read(2);
  for (let i = 0; i < 3; i++) {
    await settle();
    sent[i]?.answer();
  }
  await Promise.all([both, other]);
  assert.deepEqual(
    sent.map(({ unit }) => unit),
    [1, 1, 2],
  );
});

test("a lost connection fails what runs and what waits at once, and the listeners hear of it", async () => {
  const { line, attempts, read } = await anOpenLine();
  const heard: boolean[] = [];
  line.listen((reachable) => heard.push(reachable));
  const requests = [read(1), read(2)].map((request) => assert.rejects(request, { kind: "unreachable" }));
  await settle();
  attempts[0]?.lose();
  await Promise.all(requests);
  assert.deepEqual(heard, [false]);
});

test("while the line rests a request fails at once, saying why and when the next attempt is", async () => {
  const { attempts, read } = aLine();
  attempts[0]?.refuse();
  await settle();
  await assert.rejects(read(), {
    kind: "unreachable",
    message: /^test: connection refused; next attempt after 1s$/,
  });
});

test("who listens to a line that is down hears so at once, and again when it is back", async () => {
  const { clock, line, attempts } = aLine();
  attempts[0]?.refuse();
  await settle();
  const heard: boolean[] = [];
  line.listen((reachable) => heard.push(reachable));
  await clock.advance(1250);
  attempts[1]?.accept();
  await settle();
  assert.deepEqual(heard, [false, true]);
});

test("a silent line is closed, rests, and comes back", async () => {
  const { clock, attempts, read, sent, logged } = await anOpenLine();
  for (let i = 0; i < 2; i++) {
    const failed = assert.rejects(read(), { kind: "unreachable" });
    await clock.advance(SECOND);
    await failed;
  }
  assert.equal(attempts[0]?.destroyed, true);
  await clock.advance(1250);
  attempts[1]?.accept();
  await settle();
  const answer = read();
  await settle();
  sent[2]?.answer();
  await answer;
  assert.deepEqual(
    logged().map(({ level, message }) => [level, message]),
    [
      ["warn", "the Modbus line is down; trying again until it is back"],
      ["info", "the Modbus line answers"],
    ],
  );
});

test("an attempt that hangs is given up, and a connection that comes after that is closed", async () => {
  const { clock, attempts, read } = aLine();
  const waits = assert.rejects(read(), { kind: "unreachable", message: "test: no connection in time" });
  await clock.advance(5 * SECOND);
  await waits;
  assert.equal(attempts[0]?.signal.aborted, true);
  attempts[0]?.accept();
  await settle();
  assert.equal(attempts[0]?.destroyed, true);
});

test("closing fails what runs and what waits, tells nobody, and ends all timers", async () => {
  const { clock, line, attempts, read } = await anOpenLine();
  const heard: boolean[] = [];
  line.listen((reachable) => heard.push(reachable));
  const requests = [read(1), read(2)].map((request) => assert.rejects(request, /the link is closed/));
  await settle();
  line.close();
  await Promise.all(requests);
  await assert.rejects(read(), { kind: "unreachable", message: "test: the link is closed" });
  assert.equal(attempts[0]?.destroyed, true);
  assert.deepEqual(heard, []);
  assert.equal(clock.next, undefined);
});

test("a dead unit costs the others one timeout for each of its tries", async () => {
  const { clock, read, sent } = await anOpenLine();
  const dead = assert.rejects(read(9));
  const alive = read(1);
  await clock.advance(SECOND);
  await dead;
  sent[1]?.answer();
  await alive;
  assert.equal(sent[1]?.time, SECOND);
});
