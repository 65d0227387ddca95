import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, type Millis, SECOND } from "../../src/clock.ts";
import type { AttributeSource } from "../../src/lwm2m/attribute-store.ts";
import type { Attributes } from "../../src/lwm2m/attributes.ts";
import {
  type ObservationEffect,
  type ObservationEvent,
  Observations,
  observationId,
} from "../../src/lwm2m/observations.ts";
import type { Path } from "../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { at } from "../support/fake-backing.ts";

const TEMPERATURE = "/d01/3303/0/5700";
/** Samples are stamped by a clock of their own, so that a report shows when its values were measured. */
const EPOCH = 1_700_000_000_000;

type Due = ObservationEffect & { readonly type: "due" };

/** Observations whose attributes a test sets by path, and a clock that it moves. Times are seconds. */
class Bench {
  readonly attributes = new Map<string, Attributes>();
  defaults: Attributes = {};
  now: Millis = 0;
  readonly machine: Observations;

  constructor() {
    const source: AttributeSource = {
      effective: (path) => ({ ...this.defaults, ...this.attributes.get(path) }),
      defaults: () => this.defaults,
    };
    this.machine = new Observations(source);
  }

  sample(path: string, value: Value): Sample {
    return { path: at(path), value, time: EPOCH + this.now };
  }

  feed(event: ObservationEvent): ObservationEffect[] {
    return this.machine.handle(event, this.now);
  }

  observe(paths: string | readonly string[], values: Record<string, Value>, attributes?: Attributes): void {
    const list = [paths].flat().map(at);
    const effects = this.feed({
      type: "observe",
      id: observationId(1, list),
      paths: list,
      ...(attributes === undefined ? {} : { attributes }),
      samples: Object.entries(values).map(([path, value]) => this.sample(path, value)),
    });
    assert.deepEqual(effects, []);
  }

  changed(values: Record<string, Value>): ObservationEffect[] {
    return this.feed({
      type: "changed",
      samples: Object.entries(values).map(([path, value]) => this.sample(path, value)),
    });
  }

  /** Runs the machine's own deadlines until that second; what they caused, each with its second. */
  until(second: number): (readonly [number, ObservationEffect])[] {
    const caused: (readonly [number, ObservationEffect])[] = [];
    for (
      let next = this.machine.deadline;
      next !== undefined && next <= second * SECOND;
      next = this.machine.deadline
    ) {
      this.now = Math.max(this.now, next);
      for (const effect of this.machine.handle(TIMEOUT, this.now)) caused.push([this.now / SECOND, effect]);
    }
    this.now = second * SECOND;
    return caused;
  }
}

/** One observed temperature with these attributes. */
function aThermometer(attributes: Attributes, value: Value = 20, path = TEMPERATURE): Bench {
  const bench = new Bench();
  bench.attributes.set(path, attributes);
  bench.observe(path, { [path]: value });
  return bench;
}

function values(effects: readonly ObservationEffect[]): Value[] {
  return effects.map((effect) => {
    assert.ok(effect.type === "due");
    assert.equal(effect.samples.length, 1);
    return effect.samples[0]?.value ?? "";
  });
}

function timed(caused: readonly (readonly [number, ObservationEffect])[]): (readonly [number, Value])[] {
  return caused.map(([second, effect]) => [second, values([effect])[0] ?? ""]);
}

function due(effect: ObservationEffect | undefined): Due {
  assert.ok(effect?.type === "due");
  return effect;
}

test("without attributes every change is due at once, and the same value never", () => {
  const bench = aThermometer({});
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 21 })), [21]);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 21 })), []);
  assert.deepEqual(values(bench.changed({ [TEMPERATURE]: 20 })), [20]);
  assert.equal(bench.machine.deadline, undefined);
});

test("what is observed elsewhere changes nothing here", () => {
  const bench = aThermometer({});
  assert.deepEqual(bench.changed({ "/3303/0/5700": 1, "/d02/3303/0/5700": 1, "/d01/3303/0/5701": "Cel" }), []);
});

test("a due report names its observation, the time of measurement, and what triggered it", () => {
  const bench = aThermometer({ pmin: 10, hqmax: 7 });
  bench.until(3);
  bench.changed({ [TEMPERATURE]: 21 });
  assert.deepEqual(bench.until(60), [
    [
      10,
      {
        type: "due",
        id: observationId(1, [at(TEMPERATURE)]),
        paths: [TEMPERATURE],
        samples: [{ path: TEMPERATURE, value: 21, time: EPOCH + 3 * SECOND }],
        triggered: [TEMPERATURE],
        keep: 7,
        confirmable: true,
      },
    ],
  ]);
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

test("a change that went back within pmin is reported still: the server was owed it", () => {
  const bench = aThermometer({ pmin: 10 });
  bench.changed({ [TEMPERATURE]: 30 });
  bench.changed({ [TEMPERATURE]: 20 });
  assert.deepEqual(timed(bench.until(60)), [[10, 20]]);
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
  ["rising edge", { edge: 1 }, false, true, true],
  ["rising edge ignores falling", { edge: 1 }, true, false, false],
  ["falling edge", { edge: 0 }, true, false, true],
  ["falling edge ignores rising", { edge: 0 }, false, true, false],
  ["a value that stops being a number is a change", { gt: 5 }, 1, Number.NaN, true],
];

for (const [name, attributes, from, to, reported] of CROSSINGS) {
  test(`${name}: ${JSON.stringify(attributes)}, ${from} to ${to}`, () => {
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

test("an observed instance reports all of its resources, each with its own time", () => {
  const bench = new Bench();
  bench.observe("/d01/3303/0", { [TEMPERATURE]: 20, "/d01/3303/0/5601": 18 });
  bench.until(5);
  const report = due(bench.changed({ [TEMPERATURE]: 21 })[0]);
  assert.deepEqual(report.samples, [
    { path: TEMPERATURE, value: 21, time: EPOCH + 5 * SECOND },
    { path: "/d01/3303/0/5601", value: 18, time: EPOCH },
  ]);
  assert.deepEqual(report.triggered, [TEMPERATURE]);
});

test("several samples at once are one report, and a new resource is a change", () => {
  const bench = new Bench();
  bench.observe("/d01/3303", { [TEMPERATURE]: 20 });
  const effects = bench.changed({ [TEMPERATURE]: 21, "/d01/3303/1/5700": 5, "/d01/3303/1/5701": "Cel" });
  assert.equal(effects.length, 1);
  assert.deepEqual(due(effects[0]).triggered, [TEMPERATURE, "/d01/3303/1/5700", "/d01/3303/1/5701"]);
  assert.equal(due(effects[0]).samples.length, 3);
});

test("a sample reaches observations of its resource, instance, object and resource instances", () => {
  const bench = new Bench();
  for (const path of ["/16", "/16/0", "/16/0/0", "/16/0/0/1"]) bench.observe(path, { "/16/0/0/1": "a" });
  const ids = bench.changed({ "/16/0/0/1": "b" }).map((effect) => effect.type === "due" && effect.paths[0]);
  assert.deepEqual(new Set(ids), new Set(["/16", "/16/0", "/16/0/0", "/16/0/0/1"]));
  assert.equal(bench.changed({ "/16/0/0/2": "c" }).length, 3);
});

test("a composite observation reports all its paths when one has a reason, by the pmin of that one", () => {
  const bench = new Bench();
  const other = "/3/0/9";
  bench.attributes.set(TEMPERATURE, { pmin: 10, hqmax: 3 });
  bench.attributes.set(other, { gt: 50, pmax: 100, con: 0, hqmax: 9 });
  bench.observe([TEMPERATURE, other], { [TEMPERATURE]: 20, [other]: 40 });
  assert.deepEqual(bench.changed({ [other]: 45 }), []);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 21 }), []);
  const [[second, effect] = []] = bench.until(10);
  assert.equal(second, 10);
  assert.deepEqual(
    due(effect).samples.map(({ value }) => value),
    [21, 45],
  );
  assert.deepEqual([due(effect).triggered, due(effect).keep, due(effect).confirmable], [[TEMPERATURE], 9, true]);
  assert.equal(bench.machine.deadline, 110 * SECOND);
  assert.equal(bench.changed({ [other]: 60 }).length, 1);
});

test("attributes of a composite request replace the times and leave the value conditions", () => {
  const bench = new Bench();
  bench.attributes.set(TEMPERATURE, { pmin: 100, gt: 30 });
  bench.observe([TEMPERATURE, "/3/0/9"], { [TEMPERATURE]: 20, "/3/0/9": 1 }, { pmin: 1 });
  bench.until(2);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 25 }), []);
  assert.equal(bench.changed({ [TEMPERATURE]: 31 }).length, 1);
});

test("con=0 makes notifications non-confirmable, but every 17th and one a day", () => {
  const bench = aThermometer({ con: 0, pmax: 60 });
  const many = bench.until(40 * 60).map(([, effect]) => due(effect).confirmable);
  assert.deepEqual(
    many.flatMap((confirmable, i) => (confirmable ? [i] : [])),
    [16, 33],
  );
  const seldom = aThermometer({ con: 0, pmax: 10 * 3600 });
  assert.deepEqual(
    seldom.until((60 * HOUR) / SECOND).map(([second, effect]) => [second / 3600, due(effect).confirmable]),
    [
      [10, false],
      [20, false],
      [30, true],
      [40, false],
      [50, false],
      [60, true],
    ],
  );
});

test("epmin holds the evaluation back; what came meanwhile is judged by its newest value", () => {
  const bench = aThermometer({ epmin: 10, gt: 30 });
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 35 }), []);
  bench.until(5);
  assert.deepEqual(bench.changed({ [TEMPERATURE]: 25 }), []);
  assert.deepEqual(bench.until(10), []);
  bench.changed({ [TEMPERATURE]: 36 });
  assert.deepEqual(timed(bench.until(30)), [[20, 36]]);
});

test("epmax asks for a fresh value when none has come", () => {
  const bench = aThermometer({ epmax: 60 });
  bench.until(30);
  bench.changed({ [TEMPERATURE]: 21 });
  const id = observationId(1, [at(TEMPERATURE)]);
  assert.deepEqual(bench.until(160), [
    [90, { type: "refresh", id, paths: [TEMPERATURE] }],
    [150, { type: "refresh", id, paths: [TEMPERATURE] }],
  ]);
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
          collect(bench.machine.handle(TIMEOUT, next));
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

test("ten thousand observations cost a change no more than a few", () => {
  const bench = new Bench();
  bench.defaults = { pmin: 1, pmax: 3600 };
  const paths: Path[] = Array.from({ length: 10_000 }, (_, i) => at(`/d${i}/3303/0/5700`));
  for (const path of paths) bench.observe(path, { [path]: 0 });
  const before = process.cpuUsage();
  for (let round = 1; round <= 5; round++) {
    bench.now += 2 * SECOND;
    for (const path of paths) assert.equal(bench.changed({ [path]: round }).length, 1);
  }
  const { user } = process.cpuUsage(before);
  assert.ok(user < 2_000_000, `${user} µs for 50,000 changes`);
});
