import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import type { Report } from "../../src/servers/debt.ts";
import { batched } from "../../src/servers/report-batch.ts";
import { at } from "../support/fake-backing.ts";

/** Samples that one message takes. */
const ROOM = 48;

const sample = (resource: number, value: Value, time: number): Sample => ({
  path: at(`/d01/3303/0/${resource}`),
  value,
  time,
});
const report = (...samples: readonly Sample[]): Report => ({ samples, confirmable: true });

/** Reports of so many samples, none of which is in another. */
function reportsOf(...sizes: readonly number[]): Report[] {
  return sizes.map((size, time) => report(...Array.from({ length: size }, (_, i) => sample(i, time, time))));
}

test("reports go together as long as their samples fit, and one goes whatever its size", () => {
  for (const [sizes, reports, samples] of [
    [[1, 1, 1], 3, 3],
    [[20, 20, 8, 1], 3, 48],
    [[20, 29, 1], 1, 20],
    [[100], 1, 100],
    [[100, 48, 1], 2, 148],
    [[0, 0, 3], 3, 3],
    [[], 0, 0],
  ] as const) {
    const batch = batched(reportsOf(...sizes), ROOM);
    assert.deepEqual([batch.reports, batch.samples.length], [reports, samples], String(sizes));
  }
});

test("what did not change between two reports is said once; what was measured again is said again", () => {
  const first = report(sample(1, 20, 1000), sample(2, "Cel", 500));
  const second = report(sample(1, 21, 2000), sample(2, "Cel", 500));
  const third = report(sample(1, 21, 2000), sample(2, "Cel", 3000));
  const { reports, samples } = batched([first, second, third], ROOM);
  assert.equal(reports, 3);
  assert.deepEqual(
    samples.map(({ path, value, time }) => [path.slice(-1), value, time]),
    [
      ["1", 20, 1000],
      ["2", "Cel", 500],
      ["1", 21, 2000],
      ["2", "Cel", 3000],
    ],
  );
});

test("a long list that changes in one place after the other goes as one, with all its changes", () => {
  const list = Array.from({ length: 1000 }, (_, i) => sample(i, 0, 0));
  const reports = list.slice(0, 60).map((_, n) => report(...list.map((old, i) => (i < n ? sample(i, 1, i + 1) : old))));
  const batch = batched(reports, ROOM);
  assert.deepEqual([batch.reports, batch.samples.length], [49, 1048]);
});

test("another value of the same time is no repetition, and one report is told as it is", () => {
  const opaque = (byte: number) => report(sample(1, Uint8Array.of(byte), 1000));
  assert.equal(batched([opaque(1), opaque(2), opaque(2)], ROOM).samples.length, 2);
  const { samples } = opaque(1);
  assert.equal(batched([report(...samples)], ROOM).samples[0], samples[0]);
});
