import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, SECOND } from "../../src/clock.ts";
import type { Attributes } from "../../src/lwm2m/attributes.ts";
import type { ReportingRule } from "../../src/lwm2m/sample.ts";
import { Bench, due, TEMPERATURE } from "./observation-bench.ts";

/** Observed with these attributes; `tell` gives the reported values of each reading, made so many seconds after the one before. */
function aSensor(reporting: ReportingRule, attributes: Attributes = {}) {
  const bench = new Bench();
  bench.attributes.set(TEMPERATURE, attributes);
  bench.observe(TEMPERATURE, { [TEMPERATURE]: 20 });
  const reported = (effects: readonly Parameters<typeof due>[0][]) =>
    effects.map((effect) => due(effect).samples[0]?.value);
  const tell = (value: number, after = 1) => {
    const before = bench.until(bench.now / SECOND + after).map(([, effect]) => effect);
    const sample = { ...bench.sample(TEMPERATURE, value), reporting };
    return [...reported(before), ...reported(bench.feed({ type: "changed", samples: [sample] }))];
  };
  return { bench, tell };
}

test("within the deadband nothing is reported, and slow drift is when it has gone far enough", () => {
  const { tell } = aSensor({ deadband: 0.5 });
  assert.deepEqual(
    [20.1, 20.4, 19.6, 20.2, 20.5, 20.9, 21].flatMap((value) => tell(value)),
    [20.5, 21],
  );
});

test("what a server asks for stands above the deadband", () => {
  const thresholds = aSensor({ deadband: 5 }, { gt: 20.05 });
  assert.deepEqual(
    [20.04, 20.06, 20.07, 20.01].flatMap((value) => thresholds.tell(value)),
    [20.06, 20.01],
  );
  const steps = aSensor({ deadband: 5 }, { st: 0.1 });
  assert.deepEqual(
    [20.05, 20.1, 20.15].flatMap((value) => steps.tell(value)),
    [20.1],
  );
  const slow = aSensor({ deadband: 5 }, { pmax: 10 });
  assert.deepEqual(slow.tell(20.3).concat(slow.tell(20.3, 15)), [20.3], "pmax shows the newest value");
  const rare = aSensor({ deadband: 0.5 }, { pmin: 10 });
  assert.deepEqual([...rare.tell(21), ...rare.tell(22, 20)], [21, 22], "and pmin holds back");
});

test("after max_age the next reading is reported again, changed or not", () => {
  const { tell } = aSensor({ maxAge: 60 * SECOND, deadband: 0.5 });
  assert.deepEqual([tell(20, 59), tell(20.1, 1), tell(20.1, 30), tell(20, 30)], [[], [20.1], [], [20]]);
});

test("a report of another reason makes what was reported young again", () => {
  const { tell } = aSensor({ maxAge: 60 * SECOND });
  assert.deepEqual([tell(21, 50), tell(21, 50), tell(21, 10)], [[21], [], [21]]);
});

test("where a server says when it wants reports, max_age has no say; pmin counts at any time", () => {
  for (const attributes of [{ pmax: 7200 }, { gt: 30 }, { st: 5 }]) {
    assert.deepEqual(aSensor({ maxAge: 60 * SECOND }, attributes).tell(20, HOUR / SECOND), []);
  }
  const { bench, tell } = aSensor({ maxAge: 60 * SECOND }, { pmin: 100 });
  assert.deepEqual(tell(20, 70), []);
  assert.equal(bench.until(100).length, 1);
});
