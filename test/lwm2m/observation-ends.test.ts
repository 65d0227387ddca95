/** What ends an observation, and what of it remains. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { observationId } from "../../src/lwm2m/observation-id.ts";
import type { ObservationEvent } from "../../src/lwm2m/observations.ts";
import { at } from "../support/fake-backing.ts";
import { aThermometer, Bench, due, TEMPERATURE, timed, values } from "./observation-bench.ts";

test("however an observation ends, its wishes for the polls end too", () => {
  const id = observationId(1, [at(TEMPERATURE)]);
  const ends: readonly ObservationEvent[] = [
    { type: "cancel", id },
    { type: "removed", path: at("/d01") },
    { type: "clear" },
  ];
  for (const end of ends) {
    const bench = aThermometer({ epmax: 5 });
    bench.feed(end);
    assert.deepEqual(bench.evaluations.get(id), [], end.type);
  }
});

test("what comes and goes within pmin, or goes and comes back the same, is no news", () => {
  const bench = new Bench();
  bench.attributes.set("/d01/3303", { pmin: 10 });
  bench.observe("/d01/3303", { [TEMPERATURE]: 20 });
  bench.changed({ "/d01/3303/1/5700": 5 });
  bench.feed({ type: "removed", path: at("/d01/3303/1") });
  bench.feed({ type: "removed", path: at("/d01/3303/0") });
  bench.until(5);
  bench.changed({ [TEMPERATURE]: 20 });
  assert.deepEqual(bench.until(60), []);
  assert.deepEqual(due(bench.feed({ type: "removed", path: at("/d01/3303/0") })[0]).samples, []);
  bench.changed({ [TEMPERATURE]: 20 });
  assert.deepEqual(timed(bench.until(70)), [[70, 20]]);
});

test("what is observed and removed has ended; what is removed below is a change", () => {
  const bench = new Bench();
  bench.observe("/d01/3303", { [TEMPERATURE]: 20, "/d01/3303/1/5700": 5 });
  bench.observe("/d01/3303/1/5700", { "/d01/3303/1/5700": 5 });
  bench.observe("/3303", { "/3303/0/5700": 1 });
  const effects = bench.feed({ type: "removed", path: at("/d01/3303/1") });
  assert.deepEqual(effects[0], { type: "ended", id: observationId(1, [at("/d01/3303/1/5700")]) });
  assert.deepEqual(values(effects.slice(1)), [20]);
  assert.deepEqual(bench.feed({ type: "removed", path: at("/d01") }), [
    { type: "ended", id: observationId(1, [at("/d01/3303")]) },
  ]);
  assert.equal(bench.machine.size, 1);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 7 }), []);
});

test("a composite observation lives as long as one of its paths", () => {
  const bench = new Bench();
  bench.observe([TEMPERATURE, "/d02/3303/0/5700"], { [TEMPERATURE]: 20, "/d02/3303/0/5700": 5 });
  assert.deepEqual(values(bench.feed({ type: "removed", path: at("/d02") })), [20]);
  assert.equal(bench.machine.size, 1);
});

test("a composite observation outlives the attributes of a path that is gone", () => {
  const bench = new Bench();
  bench.attributes.set(TEMPERATURE, { pmin: 100, hqmax: 0, epmax: 5 });
  bench.observe([TEMPERATURE, "/d02/3303/0/5700"], { [TEMPERATURE]: 20, "/d02/3303/0/5700": 5 });
  bench.attributes.delete(TEMPERATURE);
  const report = due(bench.feed({ type: "removed", path: at("/d01") })[0]);
  assert.equal(report.keep, undefined);
  const [evaluations = []] = bench.evaluations.values();
  assert.deepEqual(
    evaluations.map(({ epmax }) => epmax),
    [Infinity, Infinity],
  );
});

test("an instance that goes and comes back as it was last told has no edge", () => {
  const bench = new Bench();
  bench.attributes.set("/d01/3338/0/1", { edge: 1, pmin: 10 });
  const [first, second] = ["/d01/3338/0/1/0", "/d01/3338/0/1/1"];
  bench.observe("/d01/3338/0/1", { [first]: true, [second]: false });
  bench.feed({ type: "removed", path: at(first) });
  bench.changed({ [first]: true });
  assert.deepEqual(bench.until(60), []);
});

test("cancel, clear and a second Observe of the same id leave nothing behind", () => {
  const bench = aThermometer({ pmax: 60 });
  bench.until(30);
  bench.observe(TEMPERATURE, { [TEMPERATURE]: 25 });
  assert.equal(bench.machine.deadline, 90 * SECOND);
  assert.equal(bench.machine.size, 1);
  bench.feed({ type: "cancel", id: observationId(1, [at(TEMPERATURE)]) });
  assert.deepEqual([bench.machine.size, bench.machine.deadline], [0, undefined]);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 99 }), []);
  bench.observe(TEMPERATURE, { [TEMPERATURE]: 25 });
  bench.feed({ type: "clear" });
  assert.deepEqual([bench.machine.size, bench.machine.deadline], [0, undefined]);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 99 }), []);
});
