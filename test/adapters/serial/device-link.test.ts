import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { settleUntil } from "../../support/fake-clock.ts";
import { aPtyPair } from "../../support/pty-pair.ts";
import { asciiRequestLength, type LineBehaviour, ScriptedLine } from "../../support/scripted-line.ts";
import { aSerialWorld, SERIAL_KINDS } from "../../support/serial-world.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const saying =
  (...texts: readonly string[]): LineBehaviour =>
  (_request, send) => {
    for (const text of texts) send(Buffer.from(text, "latin1"));
  };

/** Commands and answers as MT-SICS has them: MT-SICS Interface Command Set for weighing devices, §§ S, SI, Z, TA. */
const SCALE = {
  frame: { end: "\r\n", max: 80 },
  timeout: "500ms",
  requests: {
    weigh: {
      send: "SI\r\n",
      expect: "S (?<stable>[SD]) +(?<weight>-?[\\d.]+) (?<unit>mg|g|kg)",
      fail: { "S I": "the scale is busy", "S \\+": "too much on it" },
    },
    serial: { send: "I4\r\n", expect: 'I4 A "(?<sn>[^"]+)"' },
    zero: { send: "Z\r\n", expect: "Z A", timeout: "2s", fail: { "Z I": "not now" } },
    tare: { send: "TA {value:2} g\r\n", expect: "TA A +(?<tare>[\\d.]+) g" },
    beep: { send: "BEEP\r\n", answer: false },
  },
};
const POINTS = {
  weight: { request: "weigh", field: "weight", scale_by: { field: "unit", mg: 1e-6, g: 1e-3, kg: 1 } },
  stable: { request: "weigh", field: "stable" },
  believed: { request: "weigh", field: "weight", quality: { field: "stable", good: "S" } },
  sn: { request: "serial", field: "sn" },
  zero: { request: "zero", write: { when: true } },
  tare: { request: "tare", field: "tare", write: true },
};

for (const kind of SERIAL_KINDS) {
  test(`${kind}: points of one answer cost one request, wherever it is torn apart`, async (t) => {
    const world = await aSerialWorld(t, kind);
    if (world === undefined) return;
    const { far } = world;
    const scale = await world.attach(SCALE, POINTS);
    far.next(saying("S S     ", "12.34 ", "g\r", "\n"));
    assert.deepEqual(await scale.read("weight", "stable"), { weight: 0.01234, stable: "S" });
    far.next(saying("S D     12.40 g\r\n"), saying('I4 A "B021002593"\r\n'));
    assert.deepEqual(await scale.read("believed", "stable", "sn"), {
      stable: "D",
      sn: "B021002593",
      believed: '(stable is "D": expected S)',
    });
    assert.deepEqual(far.requests.map(String), ["SI\r\n", "SI\r\n", "I4\r\n"]);
  });

  test(`${kind}: a word of failure is a refusal with its reason, and the next request works`, async (t) => {
    const world = await aSerialWorld(t, kind);
    if (world === undefined) return;
    const { far } = world;
    const scale = await world.attach(SCALE, POINTS);
    far.next(saying("S I\r\n"), saying("S +\r\n"), saying("S S 1 kg\r\n"));
    assert.deepEqual(await scale.read("weight"), { weight: "(weigh: the scale is busy)" });
    assert.deepEqual(await scale.read("weight"), { weight: "(weigh: too much on it)" });
    assert.deepEqual(await scale.read("weight"), { weight: 1 });
  });

  test(`${kind}: silence, half an answer, noise and another answer end with the time-out, and the next request works`, async (t) => {
    const world = await aSerialWorld(t, kind);
    if (world === undefined) return;
    const { far } = world;
    const scale = await world.attach(SCALE, POINTS);
    // Hears every byte.
    const spy = await world.attach(
      { frame: { size: 1, idle: "1s" }, messages: { any: {} } },
      { any: { message: "any" } },
    );
    await world.clock.advance(SECOND);
    const weigh = () => scale.device.read(["weight"]);
    const bad: Readonly<Record<string, Uint8Array>> = {
      silence: Buffer.from(""),
      "half an answer": Buffer.from("S S  1"),
      noise: Uint8Array.from({ length: 300 }, (_, i) => ((i * 37) & 0x7f) | 0x80),
      "another answer": Buffer.from("ES\r\n"),
    };
    for (const [name, bytes] of Object.entries(bad)) {
      const before = spy.said.length;
      far.next((_request, send) => send(bytes));
      const failure = await scale.silence(1, weigh, () => spy.said.length === before + bytes.length);
      assert.match(failure, /^(?:unreachable|malformed): weigh: no answer within 500ms/, name);
      far.next(saying("S S 2 kg\r\n"));
      assert.deepEqual(await scale.read("weight"), { weight: 2 }, name);
    }
  });

  test(`${kind}: a late answer is not taken for that of the next request`, async (t) => {
    const world = await aSerialWorld(t, kind);
    if (world === undefined) return;
    const { far, clock } = world;
    const [left, right] = [await world.attach(SCALE, POINTS), await world.attach(SCALE, POINTS)];
    await clock.advance(2 * SECOND);
    far.next(() => {}, saying("S S 2 kg\r\n"));
    const first = left.device.read(["weight"]);
    first.catch(() => {});
    await far.received(1);
    await clock.advance(500);
    await assert.rejects(first, { kind: "unreachable" });
    const second = right.device.read(["weight"]);
    far.send(Buffer.from("S S 1 kg\r\n"));
    await settleUntil("the late answer", () => (world.link.report?.().notes ?? []).length > 0);
    // As long as was waited, the line is left alone.
    await clock.advance(499);
    assert.equal(far.requests.length, 1);
    await clock.advance(1);
    await far.received(2);
    const { readings } = await second;
    assert.deepEqual(
      readings.map(({ value }) => value),
      [2],
    );
  });

  test(`${kind}: writes and steps resolve when the device has confirmed`, async (t) => {
    const world = await aSerialWorld(t, kind);
    if (world === undefined) return;
    const { far } = world;
    const scale = await world.attach(SCALE, POINTS);
    far.next(saying("Z A\r\n"), saying("Z I\r\n"), saying("TA A 1.50 g\r\n"), saying("TA A 2.00 g\r\n"));
    await scale.done(() => scale.device.write("zero", true));
    assert.equal(await scale.failure(() => scale.device.write("zero", true)), "rejected: zero: not now");
    assert.equal(await scale.failure(() => scale.device.write("zero", false)), "rejected: only true may be written");
    await scale.done(() => scale.device.write("tare", 1.5));
    await scale.done(() => scale.device.invoke([{ request: "tare", value: "2" }, { request: "beep" }]));
    await far.received(5);
    assert.deepEqual(far.requests.slice(2).map(String), ["TA 1.50 g\r\n", "TA 2.00 g\r\n", "BEEP\r\n"]);
    assert.match(
      await scale.failure(() => scale.device.invoke([{ request: "tare", value: "1 g\r\nZ" }])),
      /control characters/,
    );
    assert.match(await scale.failure(() => scale.device.write("weight", 1)), /does not let "weight" be written/);
  });

  test(`${kind}: several devices on one line hear what is theirs`, async (t) => {
    const world = await aSerialWorld(t, kind);
    if (world === undefined) return;
    const { far } = world;
    const section = (address: string) => ({
      frame: { end: "\r\n" },
      requests: { level: { send: `${address}R\r\n`, expect: `${address}=(?<level>\\d+)` } },
      messages: { alarm: { match: `${address}!(?<alarm>.*)` } },
    });
    const points = { level: { request: "level", field: "level" }, alarm: { message: "alarm", field: "alarm" } };
    const [one, two] = [await world.attach(section("1"), points), await world.attach(section("2"), points)];
    far.otherwise = (request, send) => send(Buffer.from(`2!hot\r\n${String(request).charAt(0)}=7\r\n`));
    assert.deepEqual(await one.read("level"), { level: "7" });
    assert.deepEqual(await two.read("level", "alarm"), { level: "7", alarm: "hot" });
    assert.deepEqual([one.said, two.said], [[], [{ alarm: "hot" }, { alarm: "hot" }]]);
  });

  test(`${kind}: what the adapter repeats of a request is no answer`, async (t) => {
    const world = await aSerialWorld(t, kind, { link: { echo: true } });
    if (world === undefined) return;
    const device = await world.attach(
      { frame: { end: "\r\n" }, requests: { any: { send: "A?\r\n", expect: ".*" } } },
      { any: { request: "any" } },
    );
    world.far.otherwise = (request, send) => {
      send(request);
      send(Buffer.from("7\r\n"));
    };
    assert.deepEqual(await device.read("any"), { any: "7" });
    assert.deepEqual(await device.read("any"), { any: "7" });
  });
}

test("what a device says by itself is told with the reasons for what is missing", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  if (world === undefined) return;
  const { far } = world;
  // NMEA 0183, WIMWV: angle, reference, speed, unit, status.
  const station = await world.attach(
    {
      frame: { start: "$", end: "\r\n", checksum: "nmea" },
      messages: {
        mwv: {
          match: "WIMWV,.*",
          split: ",",
          fields: { dir: 1, ref: 2, speed: 3, unit: 4, ok: 5 },
          only: { ref: "R" },
        },
      },
    },
    {
      speed: {
        message: "mwv",
        field: "speed",
        quality: { field: "ok", good: "A" },
        scale_by: { field: "unit", M: 1, N: 0.514444, K: 0.277778 },
      },
      dir: { message: "mwv", field: "dir" },
    },
  );
  await world.clock.advance(SECOND);
  far.send(Buffer.from("$WIMWV,214.8,R,10.0,N,A*1D\r\n$WIMWV,214.8,T,10.0,N,A*1B\r\n$WIMWV,214.8,R,0.1,K,V*3F\r\n"));
  await settleUntil("both", () => station.said.length >= 2);
  assert.deepEqual(station.said, [
    { speed: 5.14444, dir: "214.8" },
    { dir: "214.8", speed: '(ok is "V": expected A)' },
  ]);
  assert.deepEqual(await station.read("speed", "dir"), { speed: 5.14444, dir: "214.8" });
});

test("binary answers are read by their bytes", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  if (world === undefined) return;
  const device = await world.attach(
    {
      frame: { start: "\xaa", length: { at: 1, plus: 4 }, checksum: "crc16-modbus" },
      requests: { state: { hex: "10 0b", wrap: true } },
    },
    {
      level: { request: "state", at: 2, length: 2 },
      rest: { request: "state", at: 4 },
      beyond: { request: "state", at: 9, length: 4 },
    },
  );
  // The CRC of the request and of the answer, over everything from the mark on: MODBUS over Serial Line V1.02 §6.2.2.
  world.far.otherwise = (_request, send) => send(Buffer.from("aa031234994af3", "hex"));
  assert.deepEqual(await device.read("level", "rest", "beyond"), {
    level: "1234",
    rest: "99",
    beyond: "(the frame has 7 bytes only)",
  });
  assert.equal(world.far.requests[0]?.toString("hex"), "aa100b1de7");
});

test("of a device that knows some requests only, those are read; one that answers none is away", async (t) => {
  const world = await aSerialWorld(t, "TCP", { link: { retries: 1 } });
  if (world === undefined) return;
  const { far, clock } = world;
  const scale = await world.attach(SCALE, POINTS);
  far.otherwise = (request, send) => {
    if (String(request) === "SI\r\n") send(Buffer.from("S S 1 kg\r\n"));
  };
  const read = scale.device.read(["sn", "weight"]);
  // Asked twice in vain, then the other one.
  for (const count of [1, 2]) {
    await far.received(count);
    await clock.advance(2 * SECOND);
  }
  const { readings, refused } = await read;
  assert.deepEqual(
    [readings.map(({ point }) => point), refused.map(({ reason }) => reason)],
    [["weight"], ["serial: no answer within 500ms"]],
  );
  far.otherwise = () => {};
  assert.equal(
    await scale.silence(3, () => scale.device.read(["sn", "weight"])),
    "unreachable: serial: no answer within 500ms",
  );
});

test("a port that vanishes in silence is noticed, and opened again when it is back under the same name", async (t) => {
  const folder = temporaryDirectory(t);
  const world = await aSerialWorld(t, "port", { folder, link: { dtr: true, rts: false } });
  if (world?.pty === undefined) return;
  const { clock, log } = world;
  const reader = await world.attach({ frame: { end: "\r\n" }, messages: { code: {} } }, { code: { message: "code" } });
  await clock.advance(SECOND);
  world.far.send(Buffer.from("4006381333931\r\n"));
  await settleUntil("a code", () => reader.said.length === 1);
  world.pty.socat.child.kill("SIGKILL");
  await world.pty.socat.outcome;
  const isOpen = () => world.link.report?.().lines[0]?.open === true;
  for (let i = 0; i < 1000 && isOpen(); i++) await clock.advance(5 * SECOND);
  await settleUntil("the loss", () => reader.reachable.some(([there]) => !there));
  const again = await aPtyPair(t, folder);
  assert.ok(again);
  const far = await new ScriptedLine(asciiRequestLength).onPort(t, again.theirs);
  for (let i = 0; i < 1000 && !isOpen(); i++) await clock.advance(5 * SECOND);
  await settleUntil("the port again", isOpen);
  await clock.advance(SECOND);
  far.send(Buffer.from("5901234123457\r\n"));
  await settleUntil("another code", () => reader.said.length === 2);
  assert.deepEqual(reader.said, [{ code: "4006381333931" }, { code: "5901234123457" }]);
  const told = log.filter(({ level }) => level !== "debug").map(({ message }) => message);
  const states = told.filter((message) => /serial line/.test(message));
  assert.deepEqual([states[0], states.at(-1)], ["the serial line answers", "the serial line answers"]);
  assert.equal(states[1], "the serial line is down; trying again until it is back");
  assert.match(told[0] ?? "", /does not let its DTR and RTS lines be set/);
});

test("a port is ours alone", async (t) => {
  const world = await aSerialWorld(t, "port");
  if (world?.pty === undefined) return;
  const { SerialPort } = await import("serialport");
  const other = new SerialPort({ path: world.pty.ours, baudRate: 9600, autoOpen: false });
  const refusal = await new Promise<Error | null>((resolve) => other.open(resolve));
  assert.match(String(refusal), /Cannot lock port/);
});
