/** Observations that outlive the process: lwm2m Core 1.2 §6.4, after a restart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../src/clock.ts";
import type { Attributes } from "../../src/lwm2m/attributes.ts";
import { observationId } from "../../src/lwm2m/observation-id.ts";
import type { ObservationEffect } from "../../src/lwm2m/observations.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { at } from "../support/fake-backing.ts";
import { Bench, due, TEMPERATURE } from "./observation-bench.ts";

const HUMIDITY = "/d01/3304/0/5700";

function restored(paths: readonly string[], attributes?: Attributes, composite = paths.length > 1): Bench {
  const bench = new Bench();
  restore(bench, paths, attributes, composite);
  return bench;
}

function restore(bench: Bench, paths: readonly string[], attributes?: Attributes, composite = false): void {
  const list = paths.map(at);
  const asked = attributes === undefined ? {} : { attributes };
  bench.feed({ type: "restore", id: observationId(1, list, composite), paths: list, composite, ...asked });
}

function read(bench: Bench, values: Readonly<Record<string, Value>>, paths = Object.keys(values)): ObservationEffect[] {
  const samples = Object.entries(values).map(([path, value]) => bench.sample(path, value));
  return bench.feed({ type: "read", paths: paths.map(at), samples });
}

test("nothing is due before a value is known, not even by pmax", () => {
  assert.deepEqual(restored([TEMPERATURE], { pmax: 10 }).until(1000), []);
});

test("the first values are due as a change, once they were read as a whole, and pmin after the start", () => {
  const bench = restored([TEMPERATURE]);
  assert.deepEqual(due(read(bench, { [TEMPERATURE]: 20 })[0]).triggered, [TEMPERATURE]);
  const slow = restored([TEMPERATURE], { pmin: 20, gt: 50 });
  slow.until(3);
  assert.deepEqual(read(slow, { [TEMPERATURE]: 20 }), []);
  const [[time, report] = []] = slow.until(25);
  assert.equal(time, 20);
  assert.equal(due(report).samples[0]?.time, slow.sample(TEMPERATURE, 0).time - 22 * SECOND, "when it was measured");
  slow.changed({ [TEMPERATURE]: 40 });
  assert.deepEqual(slow.until(100), [], "then by its attributes");
});

test("a poll that brings a part waits for the rest, and no longer than half a minute", () => {
  const bench = restored(["/d01/3303"]);
  bench.until(2);
  assert.deepEqual(bench.changed({ "/d01/3303/0/5700": 20 }), []);
  const report = due(read(bench, { "/d01/3303/0/5700": 20, "/d01/3303/0/5701": "Cel" }, ["/d01/3303"])[0]);
  assert.equal(report.samples.length, 2);
  const never = restored(["/d01/3303"]);
  never.changed({ "/d01/3303/0/5700": 20 });
  assert.deepEqual(
    never.until(100).map(([time]) => time),
    [30],
  );
});

test("a list waits for each of its devices that comes within half a minute, then tells what there is", () => {
  const bench = restored([TEMPERATURE, HUMIDITY, "/d02/3303/0/5700"]);
  bench.until(1);
  assert.deepEqual(read(bench, { [TEMPERATURE]: 20, [HUMIDITY]: 50 }), []);
  const whole = restored([TEMPERATURE, HUMIDITY]);
  assert.deepEqual(read(whole, { [TEMPERATURE]: 20 }), []);
  assert.equal(due(read(whole, { [HUMIDITY]: 50 })[0]).samples.length, 2);
  const [[time, report] = []] = bench.until(60);
  assert.deepEqual([time, due(report).samples.length], [30, 2]);
  assert.equal(due(read(bench, { "/d02/3303/0/5700": 5 })[0]).samples.length, 3);
});

test("a list of the gateway's own objects that are all gone says so once they were known", () => {
  const bench = restored(["/25/1/0", "/25/2/0"]);
  assert.deepEqual(bench.until(100), []);
  read(bench, { "/25/1/0": "a" });
  const [report] = bench.feed({ type: "removed", path: at("/25/1") });
  assert.deepEqual(due(report).samples, []);
});

test("its polls are wished for at once; what the server observes anew in the meantime stands", () => {
  const bench = restored([TEMPERATURE], { epmax: 60 });
  assert.equal(bench.evaluations.get(observationId(1, [at(TEMPERATURE)]))?.[0]?.epmax, 60 * SECOND);
  const observed = new Bench();
  observed.observe(TEMPERATURE, { [TEMPERATURE]: 20 });
  restore(observed, [TEMPERATURE]);
  assert.deepEqual(read(observed, { [TEMPERATURE]: 20 }), []);
});

test("what ends an observation ends a restored one", () => {
  const id = observationId(1, [at(TEMPERATURE)]);
  const gone = restored([TEMPERATURE]);
  assert.deepEqual(gone.feed({ type: "removed", path: at("/d01") }), [{ type: "ended", id }]);
  const cleared = restored([TEMPERATURE], { pmax: 5 });
  cleared.feed({ type: "clear" });
  assert.deepEqual(read(cleared, { [TEMPERATURE]: 20 }), []);
  assert.equal(cleared.machine.deadline, undefined);
});

test("whatever comes in whichever order: the newest values are reported in the end, and never an empty list", () => {
  const paths = [TEMPERATURE, HUMIDITY];
  const step = fc.record({
    kind: fc.constantFrom("changed", "read"),
    path: fc.constantFrom(...paths),
    value: fc.nat(3),
    wait: fc.nat(40),
  });
  const rules = fc.record({ pmin: fc.nat(20), pmax: fc.nat(60) }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), rules, (steps, attributes) => {
      const bench = restored(paths, attributes);
      const last = new Map<string, number>();
      const told = new Map<string, Value>();
      const hear = (effects: readonly ObservationEffect[]): void => {
        for (const effect of effects) {
          assert.ok(due(effect).samples.length > 0);
          for (const { path, value } of due(effect).samples) told.set(path, value);
        }
      };
      for (const { kind, path, value, wait } of steps) {
        last.set(path, value);
        hear(kind === "read" ? read(bench, { [path]: value }) : bench.changed({ [path]: value }));
        hear(bench.until(bench.now / SECOND + wait).map(([, effect]) => effect));
      }
      hear(bench.until(bench.now / SECOND + 100).map(([, effect]) => effect));
      assert.deepEqual(told, last);
    }),
  );
});
