import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { ReportIntervals } from "../../src/servers/report-intervals.ts";
import { FakeClock } from "../support/fake-clock.ts";

const MIDNIGHT = Date.UTC(2026, 0, 1);

/** The turns of these intervals, as [interval, wall time after midnight]. */
function anInterval(epoch = MIDNIGHT) {
  const clock = new FakeClock(epoch);
  const turns: (readonly [Millis, Millis])[] = [];
  const intervals = new ReportIntervals(clock, (every) => turns.push([every, clock.wall() - MIDNIGHT]));
  return { clock, turns, intervals };
}

test("turns are at the multiples of the interval, whenever it began", () => {
  const { clock, turns, intervals } = anInterval(MIDNIGHT + 7 * MINUTE + 13);
  intervals.start([15 * MINUTE]);
  clock.advanceSync(HOUR);
  assert.deepEqual(
    turns.map(([, at]) => at / MINUTE),
    [15, 30, 45, 60],
  );
});

test("intervals of which one is a multiple of the other come together", () => {
  const { clock, turns, intervals } = anInterval(MIDNIGHT + 1);
  intervals.start([10 * SECOND, 20 * SECOND, 10 * SECOND]);
  clock.advanceSync(20 * SECOND);
  assert.deepEqual(turns, [
    [10 * SECOND, 10 * SECOND],
    [20 * SECOND, 20 * SECOND],
    [10 * SECOND, 20 * SECOND],
  ]);
});

test("a timer that rings a little early has no second turn at once", () => {
  const { clock, turns, intervals } = anInterval();
  intervals.start([10 * SECOND]);
  clock.epoch -= 2;
  clock.advanceSync(30 * SECOND);
  assert.deepEqual(
    turns.map(([, at]) => at),
    [9_998, 20_000],
  );
});

test("after a step of the wall clock turns come again at its multiples; none is doubled, and the next is not far", () => {
  fc.assert(
    fc.property(fc.integer({ min: -10 * HOUR, max: 10 * HOUR }), fc.integer({ min: 1, max: 60 }), (step, seconds) => {
      const { clock, turns, intervals } = anInterval();
      const every = seconds * SECOND;
      intervals.start([every]);
      clock.advanceSync(every * 2.5);
      clock.epoch += step;
      turns.length = 0;
      const from = clock.monotonic();
      clock.advanceSync(every * 4);
      assert.ok(turns.length >= 2 && turns.length <= 5, `${turns.length} turns after ${from}`);
      for (const [, at] of turns.slice(1)) assert.ok((MIDNIGHT + at) % every === 0, `${at}`);
    }),
  );
});

test("nothing comes after the stop", () => {
  const { clock, turns, intervals } = anInterval();
  intervals.start([SECOND, MINUTE]);
  intervals.stop();
  clock.advanceSync(HOUR);
  assert.deepEqual(turns, []);
  assert.equal(clock.next, undefined);
});
