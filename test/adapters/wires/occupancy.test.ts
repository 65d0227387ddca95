import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Occupancy } from "../../../adapters/wires/occupancy.ts";
import { Turnaround } from "../../../adapters/wires/turnaround.ts";
import { MINUTE, SECOND } from "../../../src/clock.ts";

test("what was in use all the time was in use all of the last minute, and what rests is forgotten after it", () => {
  const use = new Occupancy(0);
  for (let at = 0; at < 10 * MINUTE; at += SECOND) use.add(at, at + SECOND);
  assert.equal(use.share(10 * MINUTE), 1);
  assert.ok(Math.abs(use.share(10 * MINUTE + 30 * SECOND) - 0.5) < 0.05);
  assert.equal(use.share(12 * MINUTE), 0);
});

test("times that overlap count once", () => {
  const use = new Occupancy(0);
  use.add(0, 3 * SECOND);
  use.add(2 * SECOND, 5 * SECOND);
  assert.equal(use.share(10 * SECOND), 0.5);
});

test("a share is between 0 and 1, whatever is added and however long nothing was", () => {
  const step = fc.record({ pause: fc.integer({ min: 0, max: 200_000 }), length: fc.integer({ min: 0, max: 20_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const use = new Occupancy(0);
      let now = 0;
      for (const { pause, length } of steps) {
        use.add(now + pause, now + pause + length);
        now += pause + length;
        const share = use.share(now);
        assert.ok(share >= 0 && share <= 1, `${share}`);
      }
    }),
  );
});

test("median and 95th percentile are those of the newest 64 answers, by nearest rank", () => {
  const turnaround = new Turnaround();
  assert.equal(turnaround.median, undefined);
  for (let i = 0; i < 1000; i++) turnaround.add(5);
  for (let i = 1; i <= 64; i++) turnaround.add(i);
  assert.deepEqual([turnaround.median, turnaround.p95], [32, 61]);
  turnaround.add(-3);
  assert.ok((turnaround.median ?? 0) >= 0);
});
