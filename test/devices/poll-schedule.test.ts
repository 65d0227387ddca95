import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, type Millis, randomFraction, SECOND } from "../../src/clock.ts";
import { FIRST_READ_WITHIN, PollSchedule } from "../../src/devices/poll-schedule.ts";
import type { Poll } from "../../src/mapping/plan-types.ts";
import { fakeRandom } from "../support/fake-clock.ts";
import { PollPlayer } from "../support/poll-player.ts";

const every = (period: Millis): Poll => ({ every: period });

test("everything is read soon after the start, then each group in its period", () => {
  const player = new PollPlayer({ fast: every(SECOND), slow: every(3 * SECOND), name: "connect", log: "never" });
  player.feed({ type: "start" });
  player.runTo(4 * SECOND);
  assert.deepEqual(player.reads, [
    { at: 0, points: ["name", "fast", "slow"] },
    { at: 1000, points: ["fast"] },
    { at: 2000, points: ["fast"] },
    { at: 3000, points: ["fast", "slow"] },
    { at: 4000, points: ["fast"] },
  ]);
});

test("nothing is read before the start and after the stop", () => {
  const player = new PollPlayer({ fast: every(SECOND) });
  player.runTo(5 * SECOND);
  assert.equal(player.schedule.deadline, undefined);
  player.feed({ type: "start" });
  player.runTo(5500);
  player.feed({ type: "stop" });
  player.runTo(HOUR);
  assert.deepEqual(
    player.reads.map(({ at }) => at),
    [5000],
  );
});

test("points that are read once after each connection are read again after the next", () => {
  const player = new PollPlayer({ name: "connect" });
  for (const start of [0, HOUR]) {
    player.runTo(start);
    player.feed({ type: "start" });
    player.runTo(start + HOUR / 2);
    player.feed({ type: "stop" });
  }
  assert.deepEqual(
    player.reads.map(({ at }) => at),
    [0, HOUR],
  );
});

test("points that are read once ride with the next read when theirs failed, at the latest ten seconds later", () => {
  const first = (read: number): boolean => read !== 0;
  const polled = new PollPlayer({ name: "connect", fast: every(SECOND) }, { duration: () => 100, ok: first });
  polled.feed({ type: "start" });
  polled.runTo(2500);
  assert.deepEqual(
    polled.reads.map(({ points }) => points),
    [["name", "fast"], ["name", "fast"], ["fast"]],
  );
  const alone = new PollPlayer({ name: "connect" }, { duration: () => 100, ok: first });
  alone.feed({ type: "start" });
  alone.runTo(HOUR);
  assert.deepEqual(
    alone.reads.map(({ at }) => at),
    [0, 10_100],
  );
});

test("a poll that takes longer than its period loses turns for hours, and none of them is made up for", () => {
  const player = new PollPlayer({ fast: every(SECOND) }, { duration: () => 2500 });
  player.feed({ type: "start" });
  player.runTo(3 * HOUR);
  assert.equal(player.reads.length, 3600 + 1);
  assert.equal(player.schedule.skipped, 2 * 3600);
  assert.ok(player.reads.every(({ at }, i) => at === i * 3 * SECOND));
});

test("a group that finds the line busy with another goes next, once", () => {
  const player = new PollPlayer(
    { fast: every(SECOND), slow: every(10 * SECOND) },
    {
      duration: (read) => (read === 5 ? 25_500 : 100),
    },
  );
  player.feed({ type: "start" });
  player.runTo(32 * SECOND);
  const slow = player.reads.filter(({ points }) => points.includes("slow"));
  assert.deepEqual(
    slow.map(({ at }) => at),
    [0, 30_500],
    "due at 10 s, waiting at 20 s and 30 s",
  );
  assert.equal(player.schedule.skipped, 25 + 2);
});

test("the grid does not drift, however long the reads take", () => {
  const player = new PollPlayer({ fast: every(SECOND) }, { duration: (read) => (read * 37) % 900, fraction: 0.5 });
  player.feed({ type: "start" });
  player.runTo(HOUR);
  assert.ok(player.reads.every(({ at }) => at % SECOND === 500));
  assert.equal(player.reads.length, 3600);
});

test("a clock that leaps forward loses the turns it leapt over and counts them", () => {
  const player = new PollPlayer({ fast: every(SECOND) });
  player.feed({ type: "start" });
  player.runTo(0);
  player.now = 10_500;
  player.runTo(10_500);
  assert.deepEqual(
    player.reads.map(({ at }) => at),
    [0, 10_500],
  );
  assert.equal(player.schedule.skipped, 9);
});

test("a read from before a stop that ends after the next start does not make two run at a time", () => {
  const player = new PollPlayer({ fast: every(SECOND), name: "connect" }, { duration: () => 3 * SECOND });
  player.feed({ type: "start" });
  player.runTo(500);
  player.feed({ type: "stop" });
  player.feed({ type: "start" });
  player.runTo(4 * SECOND);
  assert.deepEqual(player.reads, [
    { at: 0, points: ["name", "fast"] },
    { at: 3000, points: ["name", "fast"] },
  ]);
});

test("first reads come within two seconds, and the polls after them lie anywhere in the period", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (fraction) => {
      const player = new PollPlayer({ normal: every(10 * SECOND), slow: every(HOUR) }, { fraction });
      player.feed({ type: "start" });
      player.runTo(2 * HOUR);
      const [first, second] = player.reads;
      assert.ok((first?.at ?? Infinity) <= FIRST_READ_WITHIN);
      const turn = 5 * Math.round((fraction * 10 * SECOND) / 5);
      assert.equal((second?.at ?? 0) % (10 * SECOND), turn % (10 * SECOND));
      const slow = player.reads.filter(({ points }) => points.includes("slow"));
      assert.ok(slow.length >= 2 && slow.length <= 4);
      assert.ok(
        slow.every(({ points }) => points.includes("normal")),
        "grids coincide",
      );
    }),
    { numRuns: 30 },
  );
});

test("a thousand devices that start together are read evenly for an hour", () => {
  const random = fakeRandom();
  const perSecond = new Array<number>(3600).fill(0);
  for (let device = 0; device < 1000; device++) {
    const player = new PollPlayer(
      { normal: every(10 * SECOND), slow: every(10 * MINUTE) },
      { duration: () => 50, fraction: randomFraction(random) },
    );
    player.feed({ type: "start" });
    player.runTo(HOUR - 1);
    for (const { at } of player.reads)
      perSecond[Math.floor(at / SECOND)] = (perSecond[Math.floor(at / SECOND)] ?? 0) + 1;
    assert.ok(player.reads.length >= 360 && player.reads.length <= 361, "the slow group rides with the normal one");
  }
  assert.ok(Math.max(...perSecond.slice(2)) < 150, "where 100 a second are the average");
});

test("all devices have their turns on multiples of five milliseconds, whenever they start: one wake-up serves several", () => {
  const period = fc.integer({ min: 1, max: 2000 }).map((turns) => 5 * turns);
  const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(
      fc.array(period, { minLength: 1, maxLength: 3 }),
      fraction,
      fc.integer({ min: 0, max: 1e7 }).map((sixteenths) => sixteenths / 16),
      (periods, spread, now) => {
        const schedule = new PollSchedule(new Map(periods.map((length, i) => [`${i}`, every(length)])), () => spread);
        schedule.handle({ type: "start" }, now);
        for (let turns = 0; turns < 5; turns++) {
          const due = schedule.deadline ?? Number.NaN;
          assert.equal(due % 5, 0);
          assert.ok(due >= now);
          for (const _ of schedule.handle({ type: "timeout" }, due))
            schedule.handle({ type: "finished", ok: true }, due);
        }
      },
    ),
  );
});
