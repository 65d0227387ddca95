import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Millis, SECOND } from "../../src/clock.ts";
import type { Attributes } from "../../src/lwm2m/attributes.ts";
import type { ObservationEffect } from "../../src/lwm2m/observations.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { at } from "../support/fake-backing.ts";
import { aThermometer, Bench, due, EPOCH, TEMPERATURE, timed, values } from "./observation-bench.ts";

test("without attributes every change is due at once, and the same value never", () => {
  const bench = aThermometer({});
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 21 })), [21]);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 21 })), []);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 20 })), [20]);
  assert.equal(bench.machine.deadline, undefined);
});

test("a change within pmin waits until pmin has passed, and then shows the value of that moment", () => {
  const bench = aThermometer({ pmin: 10 });
  bench.until(2);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 21 }), []);
  bench.until(5);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 22 }), []);
  assert.deepEqual(timed(bench.until(12)), [[10, 22]]);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 23 }), []);
  assert.deepEqual(timed(bench.until(30)), [[20, 23]]);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 24 })), [24]);
});

test("a change that went back before pmin had passed is not reported: the condition must be true then", () => {
  const bench = aThermometer({ pmin: 10 });
  bench.changed({ [TEMPERATURE]: 30 });
  bench.changed({ [TEMPERATURE]: 20 });
  assert.deepEqual(bench.until(60), []);
  const limited = aThermometer({ pmin: 10, gt: 30, pmax: 100 });
  limited.changed({ [TEMPERATURE]: 35 });
  limited.changed({ [TEMPERATURE]: 25 });
  assert.deepEqual(timed(limited.until(100)), [[100, 25]], "pmax does not ask why");
});

test("several conditions within pmin are one report, with the value of the moment when it leaves", () => {
  const bench = aThermometer({ pmin: 10, gt: 30, lt: 0, st: 5 });
  for (const value of [31, 24, -1, 35, 40]) bench.changed({ [TEMPERATURE]: value });
  assert.deepEqual(timed(bench.until(60)), [[10, 40]]);
});

test("an edge within pmin is reported at its end, unless the value has gone back by then", () => {
  const path = "/d01/3311/0/5850";
  const bench = aThermometer({ pmin: 10, edge: 1 }, true, path);
  bench.changed({ [path]: false });
  bench.changed({ [path]: true });
  assert.deepEqual(timed(bench.until(60)), [[10, true]], "there was one, though the last report says the same");
  bench.changed({ [path]: false });
  assert.deepEqual(timed(bench.until(120)), []);
  const pulse = aThermometer({ pmin: 10, edge: 1 }, false, path);
  pulse.changed({ [path]: true });
  pulse.changed({ [path]: false });
  assert.deepEqual(pulse.until(60), []);
});

test("an edge that a report of pmax has told already is not told again when epmin lets it be seen", () => {
  const path = "/d01/3311/0/5850";
  const bench = aThermometer({ pmax: 10, epmin: 15, edge: 1 }, false, path);
  bench.until(5);
  bench.changed({ [path]: true });
  assert.deepEqual(timed(bench.until(19)), [[10, true]]);
  assert.deepEqual(timed(bench.until(20)), [[20, true]], "this is pmax");
  bench.until(21);
  bench.changed({ [path]: false });
  bench.changed({ [path]: true });
  assert.equal(bench.machine.deadline, 30 * SECOND);
});

test("pmax repeats the last value, counted from the last report", () => {
  const bench = aThermometer({ pmin: 1, pmax: 60 });
  assert.deepEqual(timed(bench.until(130)), [
    [60, 20],
    [120, 20],
  ]);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 21 })), [21]);
  assert.deepEqual(timed(bench.until(200)), [[190, 21]]);
});

test("a report of pmax has no trigger and carries the time of the newest measurement", () => {
  const bench = aThermometer({ pmax: 60 });
  bench.until(50);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 20 }), []);
  const report = due(bench.until(60)[0]?.[1]);
  assert.deepEqual(report.triggered, []);
  assert.equal(report.samples[0]?.time, EPOCH + 50 * SECOND);
});

test("pmax of 0 or below pmin counts for nothing; equal to pmin it counts", () => {
  assert.deepEqual(aThermometer({ pmax: 0 }).until(9999), []);
  assert.deepEqual(aThermometer({ pmin: 10, pmax: 5 }).until(9999), []);
  assert.equal(aThermometer({ pmin: 10, pmax: 10 }).until(100).length, 10);
});

// Examples of Transport TS 1.2 §6.4.4, as facts.
const CROSSINGS: readonly [string, Attributes, Value, Value, boolean][] = [
  ["gt is crossed upwards", { gt: 45, st: 10 }, 45, 50, true],
  ["gt is crossed upwards and the step is reached", { gt: 45, st: 10 }, 38, 49, true],
  ["gt is crossed downwards", { gt: 45, st: 10 }, 48, 42, true],
  ["gt is not crossed and the step is not reached", { gt: 45, st: 10 }, 48, 55, false],
  ["the step alone is enough", { lt: 20, gt: 85, st: 10 }, 87, 99, true],
  ["nothing is crossed between the limits", { lt: 20, gt: 85 }, 30, 80, false],
  ["lt is crossed downwards", { lt: 20, gt: 85 }, 30, 19, true],
  ["lt is crossed upwards", { lt: 20, gt: 85 }, 19, 30, true],
  ["a limit that is reached is not crossed", { gt: 45 }, 40, 45, false],
  ["a limit that was reached is crossed by the next step", { gt: 45 }, 45, 46, true],
  ["a limit that was reached is crossed backwards too", { gt: 45 }, 45, 44, true],
  ["negative limits work", { lt: -20 }, -19, -21, true],
  ["a step is reached exactly", { st: 5 }, 10, 15, true],
  ["a step downwards counts", { st: 5 }, 10, 5, true],
  ["a step of 0 needs a change", { st: 0 }, 10, 10, false],
  ["64-bit integers are compared", { gt: 5 }, 2n ** 60n, 1, true],
  ["a step of 0.1 is reached, though doubles say less", { st: 0.1 }, 20.3, 20.4, true],
  ["a step of 0.1 is not reached by less", { st: 0.1 }, 20.3, 20.39999999, false],
  ["a step of 0.3 is reached downwards", { st: 0.3 }, 0.9, 0.6, true],
  ["64 bits: the limit is not crossed", { gt: 9007199254740993n }, 9007199254740992n, 9007199254740993n, false],
  ["64 bits: the limit is crossed by one", { gt: 9007199254740993n }, 9007199254740993n, 9007199254740994n, true],
  ["64 bits: the limit is crossed from a number", { lt: 9007199254740993n }, 5, 9007199254740994n, true],
  ["64 bits: negative limits", { lt: -9007199254740993n }, -9007199254740993n, -9007199254740994n, true],
  ["64 bits: a step of 2 is not reached by 1", { st: 2 }, 2n ** 63n - 2n, 2n ** 63n - 1n, false],
  ["64 bits: a step of 1 is reached", { st: 1 }, 2n ** 64n - 2n, 2n ** 64n - 1n, true],
  ["64 bits: a step of half is reached", { st: 0.5 }, 2n ** 60n, 2n ** 60n + 1n, true],
  ["64 bits: a step that a double cannot hold", { st: 9007199254740993n }, 0, 9007199254740992n, false],
  ["infinity is a number", { st: 5, gt: 10 }, Infinity, -Infinity, true],
  ["infinity crosses limits", { lt: 10 }, 5, Infinity, true],
  ["rising edge", { edge: 1 }, false, true, true],
  ["rising edge ignores falling", { edge: 1 }, true, false, false],
  ["falling edge", { edge: 0 }, true, false, true],
  ["falling edge ignores rising", { edge: 0 }, false, true, false],
  ["a value that stops being a number is a change", { gt: 5 }, 1, Number.NaN, true],
];

for (const [name, attributes, from, to, reported] of CROSSINGS) {
  test(`${name}: ${Object.entries(attributes).join(" ")}, ${from} to ${to}`, () => {
    assert.equal(aThermometer(attributes, from).changed({ [TEMPERATURE]: to }).length, reported ? 1 : 0);
  });
}

test("a crossing is judged against the last reported value, not the last one seen", () => {
  const bench = aThermometer({ gt: 30 });
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 25 }), []);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 30 }), []);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 31 })), [31]);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 40 }), []);
});

test("a report of pmax moves the value against which is judged", () => {
  const bench = aThermometer({ st: 5, pmax: 60 }, 20);
  bench.changed({ [TEMPERATURE]: 24 });
  assert.deepEqual(timed(bench.until(60)), [[60, 24]]);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 28 }), []);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 29 })), [29]);
});

test("an effective set that contradicts itself has no value conditions: any change counts", () => {
  const bench = aThermometer({ lt: 30, gt: 20, pmin: 10 });
  bench.until(20);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 20.5 })), [20.5]);
  assert.deepEqual(values(aThermometer({ lt: 10, gt: 20, st: 5 }).changed({ [TEMPERATURE]: 21 })), [21]);
});

test("the defaults of the Server object count where nothing is attached, and a change of them at once", () => {
  const bench = new Bench();
  bench.defaults = { pmin: 10, pmax: 60 };
  bench.observe(TEMPERATURE, { [TEMPERATURE]: 20 });
  assert.equal(bench.machine.deadline, 60 * SECOND);
  bench.defaults = { pmax: 30 };
  assert.deepEqual(bench.feed({ type: "attributesChanged" }), []);
  assert.equal(bench.machine.deadline, 30 * SECOND);
});

test("attributes written later count at once, and the newest value is judged by them", () => {
  const bench = aThermometer({ gt: 100 });
  bench.changed({ [TEMPERATURE]: 50 });
  bench.attributes.set(TEMPERATURE, { gt: 40 });
  assert.deepEqual(values(bench.feed({ type: "attributesChanged", path: at("/d01/3303") })), [50]);
  bench.attributes.set(TEMPERATURE, { pmin: 10 });
  assert.deepEqual(bench.feed({ type: "attributesChanged", path: at("/d02") }), []);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 39 })), [39], "of another path nothing is read again");
});

test("attributes in the request stand alone, with the defaults of the Server object below them", () => {
  const bench = new Bench();
  bench.attributes.set(TEMPERATURE, { gt: 100, pmin: 50 });
  bench.defaults = { pmin: 5, pmax: 60 };
  bench.observe(TEMPERATURE, { [TEMPERATURE]: 20 }, { pmax: 30 });
  bench.changed({ [TEMPERATURE]: 21 });
  assert.deepEqual(timed(bench.until(40)), [
    [5, 21],
    [35, 21],
  ]);
});

test("never two reports within pmin, never a gap above pmax, and the last value arrives", () => {
  const change = fc.record({ after: fc.nat(20_000), value: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.nat(15), fc.nat(30), (changes, pmin, pmax) => {
      const bench = aThermometer({ pmin, pmax }, -1);
      const reports: (readonly [Millis, Value])[] = [[0, -1]];
      const collect = (effects: readonly ObservationEffect[]): void => {
        for (const value of values(effects)) reports.push([bench.now, value]);
      };
      const run = (until: Millis): void => {
        for (let next = bench.machine.deadline; next !== undefined && next <= until; next = bench.machine.deadline) {
          bench.now = next;
          collect(bench.feed(TIMEOUT));
        }
        bench.now = until;
      };
      for (const { after, value } of changes) {
        run(bench.now + after);
        collect(bench.changed({ [TEMPERATURE]: value }));
      }
      run(bench.now + pmin * SECOND);
      const gaps = reports.slice(1).map(([time], i) => time - (reports[i]?.[0] ?? 0));
      for (const gap of gaps) assert.ok(gap >= pmin * SECOND, `gap ${gap}`);
      if (pmax > 0 && pmax >= pmin) for (const gap of gaps) assert.ok(gap <= pmax * SECOND, `gap ${gap}`);
      assert.equal(reports.at(-1)?.[1], changes.at(-1)?.value ?? -1);
    }),
  );
});
