import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, type Millis, SECOND } from "../../src/clock.ts";
import type { Poll } from "../../src/mapping/plan-types.ts";
import { PollPlayer } from "../support/poll-player.ts";

const every = (period: Millis): Poll => ({ every: period });

function steer(player: PollPlayer, periods: Readonly<Record<string, Millis | undefined>>): void {
  player.feed({ type: "steer", periods: new Map(Object.entries(periods)) });
}

test("a steered point is read in its new period from then on, and in the old one when that is over", () => {
  const player = new PollPlayer({ fast: every(10 * SECOND), slow: every(60 * SECOND) });
  player.feed({ type: "start" });
  player.runTo(15 * SECOND);
  steer(player, { slow: 5 * SECOND });
  player.runTo(31 * SECOND);
  steer(player, { slow: undefined });
  player.runTo(60 * SECOND);
  assert.deepEqual(
    player.timesOf("slow"),
    [0, 20, 25, 30, 60].map((s) => s * SECOND),
  );
  assert.deepEqual(
    player.timesOf("fast"),
    [0, 10, 20, 30, 40, 50, 60].map((s) => s * SECOND),
  );
  assert.equal(player.reads.length, 8, "where they coincide it is one read");
});

test("a slower period leaves turns out, and the group of the others is untouched", () => {
  const player = new PollPlayer({ a: every(10 * SECOND), b: every(10 * SECOND) });
  player.feed({ type: "start" });
  player.runTo(0);
  steer(player, { a: 30 * SECOND });
  player.runTo(60 * SECOND);
  assert.deepEqual(
    player.timesOf("a"),
    [0, 30, 60].map((s) => s * SECOND),
  );
  assert.equal(player.timesOf("b").length, 7);
  assert.equal(player.schedule.skipped, 0);
});

test("points that nothing polls are read while they are steered, those of each connection after it too", () => {
  const player = new PollPlayer({ name: "connect", log: "never" });
  player.feed({ type: "start" });
  player.runTo(5 * SECOND);
  steer(player, { name: 10 * SECOND, log: 20 * SECOND });
  player.runTo(45 * SECOND);
  assert.deepEqual(
    player.timesOf("log"),
    [20, 40].map((s) => s * SECOND),
  );
  assert.deepEqual(
    player.timesOf("name"),
    [0, 10, 20, 30, 40].map((s) => s * SECOND),
  );
  player.feed({ type: "stop" });
  player.feed({ type: "start" });
  player.runTo(45 * SECOND);
  assert.deepEqual(player.reads.at(-1)?.points, ["name", "log"], "each point once");
  steer(player, { name: undefined, log: undefined });
  assert.equal(player.schedule.deadline, undefined);
});

test("a device of which nothing is polled waits for nothing, and is polled when it is steered", () => {
  const player = new PollPlayer({ log: "never" });
  player.feed({ type: "start" });
  assert.equal(player.schedule.deadline, undefined);
  steer(player, { log: SECOND });
  player.runTo(3 * SECOND);
  assert.deepEqual(player.timesOf("log"), [SECOND, 2 * SECOND, 3 * SECOND]);
});

test("a wish that comes before the device counts from its first read on", () => {
  const player = new PollPlayer({ slow: every(HOUR) }, { fraction: 0.5 });
  steer(player, { slow: 10 * SECOND });
  assert.equal(player.schedule.deadline, undefined);
  player.feed({ type: "start" });
  player.runTo(25 * SECOND);
  assert.deepEqual(player.timesOf("slow"), [SECOND, 10 * SECOND, 20 * SECOND]);
});

test("whatever is wished for, each point is read on the grid of its period, one read at a time", () => {
  const periods = fc.constantFrom(undefined, 1000, 2000, 3000, 5000, 7000, 10_000, 30_000);
  const step = fc.record({ after: fc.nat(20_000), point: fc.constantFrom("a", "b", "c", "d"), period: periods });
  const own: Readonly<Record<string, Poll>> = { a: every(2000), b: every(10_000), c: "connect", d: "never" };
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (steps, fraction) => {
        const player = new PollPlayer(own, { fraction });
        player.feed({ type: "start" });
        player.runTo(2500);
        const grids = new Map<Millis, Millis>();
        for (const { after, point, period } of steps) {
          steer(player, { [point]: period });
          const from = player.now;
          player.runTo(from + after);
          const poll = own[point];
          const counts = period ?? (typeof poll === "object" ? poll.every : undefined);
          const times = player.timesOf(point).filter((time) => time > from);
          if (counts === undefined) {
            assert.deepEqual(times, []);
            continue;
          }
          assert.ok(Math.abs(times.length - Math.floor(after / counts)) <= 1);
          assert.ok(after < counts || (times[0] ?? Infinity) <= from + counts, "within its period at once");
          for (const time of times) assert.equal(time % counts, grids.get(counts) ?? time % counts, "its grid stays");
          const [first] = times;
          if (first !== undefined) grids.set(counts, first % counts);
        }
        assert.equal(player.schedule.skipped, 0);
      },
    ),
    { numRuns: 200 },
  );
});

test("grids of steered points coincide with those of the mapping where their periods fit", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (fraction) => {
      const player = new PollPlayer({ normal: every(10 * SECOND), other: every(10 * SECOND) }, { fraction });
      player.feed({ type: "start" });
      player.runTo(3 * SECOND);
      steer(player, { other: 5 * SECOND });
      player.runTo(HOUR);
      const others = new Set(player.timesOf("other"));
      for (const time of player.timesOf("normal").filter((time) => time > 3 * SECOND)) assert.ok(others.has(time));
      steer(player, { other: 30 * SECOND });
      player.runTo(2 * HOUR);
      const normals = new Set(player.timesOf("normal"));
      for (const time of player.timesOf("other").filter((time) => time > HOUR)) assert.ok(normals.has(time));
    }),
    { numRuns: 20 },
  );
});
