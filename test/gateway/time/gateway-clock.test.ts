import assert from "node:assert/strict";
import test from "node:test";
import { HOUR, isUndated, MINUTE, SECOND, type UnixMillis } from "../../../src/clock.ts";
import { type Boot, type ClockSign, FIRST_TIME } from "../../../src/gateway/time/clock-verdict.ts";
import { GatewayClock } from "../../../src/gateway/time/gateway-clock.ts";
import type { KnownTime } from "../../../src/store/known-time.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";

const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * HOUR;
const SYNCHRONIZED: ClockSign = { type: "synchronized", by: "systemd-timesyncd" };
const SEARCHING: ClockSign = { type: "searching", by: "systemd-timesyncd" };
const BATTERY: ClockSign = { type: "battery", by: "rtc0" };
const NONE: ClockSign = { type: "none" };

interface World {
  readonly clock: GatewayClock;
  readonly system: FakeClock;
  readonly lines: LogLine[];
  readonly dated: UnixMillis[];
  readonly known: KnownTime[];
  readonly signs: { now: ClockSign };
}

interface Setup {
  readonly wall?: UnixMillis;
  readonly sign?: ClockSign;
  readonly known?: KnownTime;
  readonly boot?: Boot;
  readonly believed?: boolean;
}

/** A gateway that starts a minute after its machine. */
function aClock(setup: Setup = {}): World {
  const { wall = NOW, sign = NONE, known, boot = { id: "boot-2", uptime: MINUTE }, believed = false } = setup;
  const system = new FakeClock(wall);
  const lines: LogLine[] = [];
  const log = recordingLogger(lines);
  const signs = { now: sign };
  const clock = new GatewayClock({ system, boot, sign: () => signs.now, believed, known, log });
  return { clock, system, lines, dated: [], known: [], signs };
}

function watched(setup: Setup = {}): World {
  const world = aClock(setup);
  world.clock.watch({
    onDated: (started) => world.dated.push(started),
    onKnown: (known) => world.known.push(known),
  });
  return world;
}

function set({ system }: World, wall: UnixMillis): void {
  system.epoch = wall - system.monotonic();
}

const before = (time: UnixMillis, more: Partial<KnownTime> = {}): KnownTime => ({
  ...{ time, boot: "boot-1", uptime: DAY, trusted: true },
  ...more,
});

test("a machine of which nothing can be read is believed where its time can be", () => {
  const { clock } = aClock();
  assert.equal(clock.wall(), NOW);
  assert.deepEqual(clock.undated, { started: NOW - MINUTE });
  assert.equal(clock.status.trusted, true);
});

test("certificates are judged by the time while it is known, else by the earliest that it can be", async () => {
  assert.deepEqual(aClock().clock.forCertificates, { now: NOW });
  const { clock, system } = aClock({ wall: 5000, known: before(NOW) });
  await system.advance(HOUR);
  assert.deepEqual(clock.forCertificates, { now: undefined, earliest: NOW + MINUTE + HOUR });
  const first = aClock({ wall: 5000 }).clock.forCertificates;
  assert.deepEqual(first, { now: undefined, earliest: FIRST_TIME });
});

const CASES: readonly (readonly [name: string, setup: Setup, trusted: boolean, reason: RegExp])[] = [
  ["1970", { wall: 5000 }, false, /1970-01-01T00:00:05.000Z: nobody has set its clock/],
  ["1970, whatever a sign says", { wall: 5000, sign: SYNCHRONIZED }, false, /nobody has set/],
  ["1970, believed", { wall: 5000, believed: true }, true, /gateway.clock: trusted/],
  ["a time service that has found the time", { sign: SYNCHRONIZED }, true, /systemd-timesyncd has set it/],
  ["a time service that searches", { sign: SEARCHING }, false, /systemd-timesyncd has not found the time yet/],
  ["a clock with a battery", { sign: BATTERY }, true, /rtc0 set it/],
  ["a time before the last one known", { known: before(NOW + DAY) }, false, /but it was 2026-06-02T00:01:00.000Z/],
  [
    "a battery with a time before the last one known",
    { sign: BATTERY, known: before(NOW + HOUR) },
    false,
    /but it was/,
  ],
  [
    "a time service that contradicts what was known",
    { sign: SYNCHRONIZED, known: before(NOW + DAY) },
    true,
    /has set it/,
  ],
  ["a time after the last one known", { known: before(NOW - DAY) }, true, /can be/],
  // The last hour of a clock that is saved to a file each hour: the machine runs for longer than the time has gone on.
  ["a saved time", { known: before(NOW - SECOND) }, false, /but it was/],
  [
    "the same run of the machine",
    { sign: SEARCHING, known: before(NOW - DAY, { boot: "boot-2" }) },
    true,
    /right before/,
  ],
  [
    "the same run of the machine, in which nobody knew the time",
    { sign: SEARCHING, known: before(NOW - DAY, { boot: "boot-2", trusted: false }) },
    false,
    /has not found/,
  ],
  [
    "a machine without a name for its run, after a restart of the process",
    { boot: { id: undefined, uptime: DAY }, known: before(NOW - SECOND, { boot: "" }) },
    true,
    /can be/,
  ],
];

for (const [name, setup, trusted, reason] of CASES) {
  test(`${name}: ${trusted ? "right" : "not right"}`, () => {
    const { status } = aClock(setup).clock;
    assert.equal(status.trusted, trusted);
    assert.match(status.reason, reason);
  });
}

test("while nobody knows the time it counts from the start of the machine, and goes on after a restart of the process", async () => {
  const first = watched({ wall: 0 });
  assert.equal(first.clock.wall(), MINUTE);
  await first.system.advance(10 * SECOND);
  assert.deepEqual(first.clock.undated, { now: MINUTE + 10 * SECOND });
  assert.ok(isUndated(first.clock.wall()));
  const known = first.clock.stop();
  const second = aClock({ wall: 0, known, boot: { id: "boot-2", uptime: 5 * MINUTE } });
  assert.equal(second.clock.wall(), 5 * MINUTE);
});

test("a machine clock that is set while nobody knows the time moves nothing until it is right", async () => {
  const world = watched({ wall: 0, sign: SEARCHING });
  set(world, NOW);
  await world.system.advance(10 * SECOND);
  assert.equal(world.clock.wall(), MINUTE + 10 * SECOND);
  world.signs.now = SYNCHRONIZED;
  await world.system.advance(SECOND);
  assert.equal(world.clock.wall(), NOW + 11 * SECOND);
  assert.deepEqual(world.dated, [NOW - MINUTE]);
  assert.deepEqual(world.clock.undated, { started: NOW - MINUTE });
  assert.deepEqual(
    world.lines.map(({ level, message }) => `${level} ${message}`),
    [
      "warn nobody knows what time it is: what is measured gets its time later",
      "info the clock is right: what was measured before has its time now",
    ],
  );
});

test("a clock that is right at the start tells at once when the machine started", () => {
  const { dated, lines } = watched();
  assert.deepEqual(dated, [NOW - MINUTE]);
  assert.deepEqual(lines, []);
});

for (const step of [-10 * 365 * DAY, -HOUR, -SECOND, SECOND, HOUR, 10 * 365 * DAY]) {
  const rightAfter = NOW + step >= FIRST_TIME;
  test(`a step of ${step / SECOND} s is told, and followed where it can be`, async () => {
    const world = watched();
    await world.system.advance(MINUTE);
    world.system.epoch += step;
    const expected = rightAfter ? NOW + MINUTE + step : 2 * MINUTE;
    assert.equal(world.clock.wall(), expected);
    assert.deepEqual(world.clock.status.lastStep, { at: NOW + MINUTE + step, by: step });
    assert.equal(world.clock.status.trusted, rightAfter);
    assert.equal(world.lines.length, 1, "said once");
    await world.system.advance(MINUTE);
    assert.equal(world.lines.length, 1);
    assert.equal(world.clock.wall(), expected + MINUTE);
  });
}

test("a step is noticed though nobody asks for the time", async () => {
  const world = watched();
  world.system.epoch += HOUR;
  await world.system.advance(10 * SECOND);
  assert.deepEqual(
    world.lines.map(({ message, fields: { by } }) => [message, by]),
    [["the clock was set forwards: what was measured before keeps its time", "1h"]],
  );
});

test("a clock that is slewed as fast as chronyd does it is not stepped", async () => {
  const world = watched();
  for (let second = 0; second < 600; second++) {
    await world.system.advance(10 * SECOND);
    world.system.epoch += (10 * SECOND) / 12;
  }
  assert.equal(world.clock.status.lastStep, undefined);
});

test("the clock goes to 1970 and comes back: what was measured between has its time", async () => {
  const world = watched();
  set(world, 0);
  assert.equal(world.clock.wall(), MINUTE);
  await world.system.advance(MINUTE);
  set(world, NOW + MINUTE);
  await world.system.advance(SECOND);
  assert.equal(world.clock.wall(), NOW + MINUTE + SECOND);
  assert.deepEqual(world.dated, [NOW - MINUTE, NOW - MINUTE]);
});

test("what is known is kept at the start, every ten minutes, after a step and at the end", async () => {
  const world = watched();
  await world.system.advance(10 * MINUTE);
  world.system.epoch -= DAY;
  await world.system.advance(10 * SECOND);
  const known = world.clock.stop();
  assert.deepEqual(
    [...world.known, known].map(({ time }) => time - NOW),
    [0, 10 * MINUTE, 10 * MINUTE + 10 * SECOND - DAY, 10 * MINUTE + 10 * SECOND - DAY],
  );
  assert.deepEqual(
    { ...known, time: 0 },
    { time: 0, boot: "boot-2", uptime: 11 * MINUTE + 10 * SECOND, trusted: true },
  );
  await world.system.advance(HOUR);
  assert.equal(world.known.length, 3, "nothing is watched any more");
});

test("runs of the machine that never learn the time are dated one after the other", async () => {
  const first = watched({ wall: 0, known: before(NOW) });
  assert.equal(first.clock.started, NOW);
  await first.system.advance(HOUR);
  const known = first.clock.stop();
  assert.equal(known.time, NOW + HOUR + MINUTE);
  assert.equal(known.trusted, false);
  const second = aClock({ wall: 0, known, boot: { id: "boot-3", uptime: SECOND } });
  assert.equal(second.clock.started, NOW + HOUR + MINUTE);
});

test("a time that can be is a better guess of the start than the last one known", () => {
  const { clock } = aClock({ wall: NOW + DAY, sign: SEARCHING, known: before(NOW) });
  assert.equal(clock.started, NOW + DAY - MINUTE);
});
