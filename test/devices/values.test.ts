import assert from "node:assert/strict";
import { test } from "node:test";
import { Values } from "../../src/devices/values.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";

const POWER = parsePath("/meter-1/3305/0/5800");
const sample = (value: Value, time: number): Sample => ({ path: POWER, value, time });

test("a first value and a new value are changes, the same value again is not", () => {
  const values = new Values();
  assert.deepEqual(values.update([sample(1, 100)], 0), [sample(1, 100)]);
  assert.deepEqual(values.update([sample(1, 200)], 1), []);
  assert.deepEqual(values.update([sample(2, 300)], 2), [sample(2, 300)]);
});

test("a value that is read again unchanged has the new time and is young again", () => {
  const values = new Values();
  values.update([sample(1, 100)], 0);
  values.update([sample(1, 5100)], 5000);
  assert.equal(values.get(POWER)?.good?.time, 5100);
  assert.equal(values.get(POWER)?.heard, 5000);
});

test("bytes and not-a-number are compared by content", () => {
  const values = new Values();
  values.update([sample(Uint8Array.of(1, 2), 0)], 0);
  assert.deepEqual(values.update([sample(Uint8Array.of(1, 2), 1)], 1), []);
  values.update([sample(Number.NaN, 2)], 2);
  assert.deepEqual(values.update([sample(Number.NaN, 3)], 3), []);
});

test("a bad reading keeps the last good value and its time, and a good one ends it", () => {
  const values = new Values();
  values.update([sample(1, 100)], 0);
  assert.equal(values.bad(POWER, "sensor open", 200, 10), true);
  assert.deepEqual(values.get(POWER), { good: sample(1, 100), bad: { reason: "sensor open", time: 200 }, heard: 10 });
  values.update([sample(1, 300)], 20);
  assert.equal(values.get(POWER)?.bad, undefined);
});

test("a bad reading is news once, whatever its reason says each time, and again after a good one", () => {
  const values = new Values();
  assert.equal(values.bad(POWER, "sensor open", 1, 1), true);
  assert.equal(values.bad(POWER, "sensor open", 2, 2), false);
  assert.equal(values.bad(POWER, "999 is out of range", 3, 3), false);
  assert.equal(values.get(POWER)?.bad?.reason, "999 is out of range");
  assert.equal(values.get(POWER)?.good, undefined);
  values.update([sample(1, 4)], 4);
  assert.equal(values.bad(POWER, "sensor open", 5, 5), true);
});

test("of what was never heard nothing is known", () => {
  const values = new Values();
  assert.equal(values.get(POWER), undefined);
});
