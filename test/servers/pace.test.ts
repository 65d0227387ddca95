import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../src/clock.ts";
import { Pace } from "../../src/servers/pace.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

test("the first has its turn at once, the others one after the other at the rate", async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock, 20);
  const turns: number[] = [];
  for (let i = 0; i < 5; i++) void pace.turn().then(() => turns.push(i));
  await settle();
  assert.deepEqual(turns, [0]);
  await clock.advance(100);
  assert.deepEqual(turns, [0, 1, 2]);
  await clock.advance(SECOND);
  assert.deepEqual(turns, [0, 1, 2, 3, 4]);
  assert.equal(pace.length, 0);
});

test("who comes after a pause waits for nothing, and the pause is not made up for", async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock, 1);
  await pace.turn();
  await clock.advance(60 * SECOND);
  let turns = 0;
  for (let i = 0; i < 10; i++) void pace.turn().then(() => turns++);
  await settle();
  assert.equal(turns, 1);
});

test("a stop keeps nobody waiting", async () => {
  const pace = new Pace(new FakeClock(), 1);
  const turns = Promise.all(Array.from({ length: 10 }, () => pace.turn()));
  pace.stop();
  await turns;
  assert.equal(pace.length, 0);
});

test("whenever they come: never more than the rate in any second, but one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(300), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 50 }),
      async (gaps, rate) => {
        const clock = new FakeClock();
        const pace = new Pace(clock, rate);
        const turns: number[] = [];
        for (const gap of gaps) {
          void pace.turn().then(() => turns.push(clock.monotonic()));
          await clock.advance(gap);
        }
        await clock.advance((gaps.length / rate + 1) * SECOND);
        assert.equal(turns.length, gaps.length);
        for (const from of turns) {
          assert.ok(turns.filter((at) => at >= from && at < from + SECOND).length <= rate + 1);
        }
      },
    ),
    { numRuns: 50 },
  );
});
