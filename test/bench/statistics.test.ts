import assert from "node:assert/strict";
import { test } from "node:test";
import { median, medians, percentile, round } from "../../bench/statistics.ts";

test("the median is the middle value, or what lies between the two middle ones", () => {
  assert.equal(median([5, 1, 9]), 5);
  assert.equal(median([9, 1, 5, 6]), 5.5);
  assert.throws(() => median([]), RangeError);
});

test("each figure has a median of its own: they need not come from the same round", () => {
  const rounds = [
    { rate: 1, delay: 30 },
    { rate: 2, delay: 10 },
    { rate: 3, delay: 20 },
  ];
  assert.deepEqual(medians(rounds), { rate: 2, delay: 20 });
  assert.throws(() => medians([]), RangeError);
});

test("a percentile is the least value that so many of a hundred are not above", () => {
  const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1);
  assert.deepEqual(
    [50, 99, 99.9, 100].map((percent) => percentile(hundred, percent)),
    [50, 99, 100, 100],
  );
  assert.equal(percentile(Float64Array.of(7), 0), 7);
  assert.throws(() => percentile(new Float64Array(0), 50), RangeError);
});

test("figures are rounded to what a person reads", () => {
  assert.deepEqual([round(1.25, 1), round(12.5), round(6.78912, 2)], [1.3, 13, 6.79]);
});
