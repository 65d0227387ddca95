import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import type { Report } from "../../src/servers/outbox.ts";
import { distinct, together } from "../../src/servers/report-batch.ts";
import { at } from "../support/fake-backing.ts";

const sample = (resource: number, value: Value, time: number): Sample => ({
  path: at(`/d01/3303/0/${resource}`),
  value,
  time,
});
const report = (...samples: readonly Sample[]): Report => ({ samples, confirmable: true });

test("reports go together as long as their samples fit, and one goes whatever its size", () => {
  const reports = (sizes: readonly number[]) =>
    sizes.map((size) => report(...Array.from({ length: size }, (_, i) => sample(i, 1, 1))));
  assert.equal(together(reports([1, 1, 1])), 3);
  assert.equal(together(reports([20, 20, 8, 1])), 3);
  assert.equal(together(reports([100, 1])), 1);
  assert.equal(together(reports([])), 0);
});

test("what did not change between two reports is said once; what was measured again is said again", () => {
  const first = report(sample(1, 20, 1000), sample(2, "Cel", 500));
  const second = report(sample(1, 21, 2000), sample(2, "Cel", 500));
  const third = report(sample(1, 21, 2000), sample(2, "Cel", 3000));
  assert.deepEqual(
    distinct([first, second, third]).map(({ path, value, time }) => [path.slice(-1), value, time]),
    [
      ["1", 20, 1000],
      ["2", "Cel", 500],
      ["1", 21, 2000],
      ["2", "Cel", 3000],
    ],
  );
});

test("another value of the same time is no repetition, and one report is told as it is", () => {
  const opaque = (byte: number) => report(sample(1, Uint8Array.of(byte), 1000));
  assert.equal(distinct([opaque(1), opaque(2), opaque(2)]).length, 2);
  const { samples } = opaque(1);
  assert.equal(distinct([report(...samples)])[0], samples[0]);
  assert.deepEqual(distinct([]), []);
});
