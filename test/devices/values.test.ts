import assert from "node:assert/strict";
import { test } from "node:test";
import { ValueRows } from "../../src/devices/value-rows.ts";
import { NEVER, Values } from "../../src/devices/values.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";

const POWER = parsePath("/meter-1/3305/0/5800");
const ENERGY = parsePath("/meter-1/3305/0/5805");
const sample = (value: Value, time: number): Sample => ({ path: POWER, value, time });
const someValues = () => new Values([{ path: POWER }, { path: ENERGY }]);

test("a first value and a new value are changes, the same value again is not", () => {
  const values = someValues();
  assert.deepEqual(values.take(0, 1, 100, 0), sample(1, 100));
  assert.equal(values.take(0, 1, 200, 1), undefined);
  assert.deepEqual(values.take(0, 2, 300, 2), sample(2, 300));
});

test("a value that is read again unchanged has the new time and is young again", () => {
  const values = someValues();
  values.take(0, 1, 100, 0);
  values.take(0, 1, 5100, 5000);
  assert.deepEqual(values.sample(0), sample(1, 5100));
  assert.equal(values.get(0).heard, 5000);
});

test("where each reading is wanted, the same value again is told with its time, until it is not wanted any more", () => {
  const values = someValues();
  values.tellEach(POWER, true);
  assert.deepEqual(values.take(0, 1, 100, 0), sample(1, 100));
  assert.deepEqual(values.take(0, 1, 200, 1), sample(1, 200));
  values.take(1, 5, 200, 1);
  assert.equal(values.take(1, 5, 300, 2), undefined, "another leaf");
  values.tellEach(parsePath("/meter-1/3305"), true);
  values.tellEach(POWER, false);
  assert.deepEqual(values.take(0, 1, 300, 2), sample(1, 300), "still wanted as a part of its object");
  assert.deepEqual(values.take(1, 5, 400, 3), { path: ENERGY, value: 5, time: 400 });
  values.tellEach(parsePath("/meter-1/3305"), false);
  assert.equal(values.take(0, 1, 400, 3), undefined);
});

test("a sample stays what it was when the value changes", () => {
  const values = someValues();
  const first = values.take(0, 1, 100, 0);
  const latest = values.sample(0);
  values.take(0, 2, 200, 1);
  assert.deepEqual([first, latest], [sample(1, 100), sample(1, 100)]);
});

test("bytes and not-a-number are compared by content", () => {
  const values = someValues();
  values.take(0, Uint8Array.of(1, 2), 0, 0);
  assert.equal(values.take(0, Uint8Array.of(1, 2), 1, 1), undefined);
  values.take(0, Number.NaN, 2, 2);
  assert.equal(values.take(0, Number.NaN, 3, 3), undefined);
});

test("a bad reading keeps the last good value and its time, and a good one ends it", () => {
  const values = someValues();
  values.take(0, 1, 100, 0);
  assert.equal(values.bad(0, "sensor open", 200, 10), true);
  assert.deepEqual(values.sample(0), sample(1, 100));
  assert.deepEqual(values.get(0).bad, { reason: "sensor open", time: 200 });
  assert.equal(values.get(0).heard, 10);
  values.take(0, 1, 300, 20);
  assert.equal(values.get(0).bad, undefined);
});

test("a bad reading is news once, whatever its reason says each time, and again after a good one", () => {
  const values = someValues();
  assert.equal(values.bad(0, "sensor open", 1, 1), true);
  assert.equal(values.bad(0, "sensor open", 2, 2), false);
  assert.equal(values.bad(0, "999 is out of range", 3, 3), false);
  assert.equal(values.get(0).bad?.reason, "999 is out of range");
  assert.equal(values.sample(0), undefined);
  values.take(0, 1, 4, 4);
  assert.equal(values.bad(0, "sensor open", 5, 5), true);
});

test("every reading is counted, good or bad; of what was never heard nothing is known", () => {
  const values = someValues();
  values.take(0, 1, 1, 1);
  values.take(0, 1, 1, 1);
  values.bad(0, "sensor open", 1, 1);
  assert.equal(values.get(0).readings, 3);
  assert.equal(values.sample(1), undefined);
  assert.deepEqual([values.get(1).heard, values.get(1).readings], [NEVER, 0]);
  assert.throws(() => values.get(2), RangeError);
});

test("devices whose values stand side by side do not disturb each other, however many they are", () => {
  const rows = new ValueRows();
  const leaves = Array.from({ length: 300 }, (_, i) => ({ path: parsePath(`/meter-1/3305/${i}/5800`) }));
  const devices = Array.from({ length: 20 }, (_, i) => new Values(leaves.slice(0, 1 + 13 * i), rows));
  devices.forEach((values, i) => {
    for (let at = 0; at < 1 + 13 * i; at++) values.take(at, i * 1000 + at, at, i);
  });
  devices.forEach((values, i) => {
    for (let at = 0; at < 1 + 13 * i; at++) {
      assert.deepEqual(values.sample(at), { path: leaves[at]?.path, value: i * 1000 + at, time: at });
    }
    assert.equal(values.heard(0), i);
    assert.throws(() => values.sample(1 + 13 * i), RangeError);
  });
});

test("a number after a text, and a text after a number, is a new value", () => {
  const values = someValues();
  for (const value of [1, "1", 1, true, 2n ** 60n, Number.NaN, Uint8Array.of(1)]) {
    assert.deepEqual(values.take(0, value, 5, 5), sample(value, 5));
    assert.deepEqual(values.get(0).value, value);
  }
});

test("once it is known when the machine started, what was measured before has its date; what has one keeps it", () => {
  const values = someValues();
  const started = Date.UTC(2026, 5, 1);
  values.take(0, 1, 5000, 5000);
  values.bad(0, "not a number", 6000, 6000);
  values.take(1, 5, started - 1000, 7000);
  values.dated(started);
  assert.deepEqual(values.sample(0), sample(1, started + 5000));
  assert.equal(values.get(0).bad?.time, started + 6000);
  assert.equal(values.get(0).heard, 6000, "monotonic");
  assert.deepEqual(values.sample(1), { path: ENERGY, value: 5, time: started - 1000 });
  assert.equal(someValues().sample(0), undefined);
});
