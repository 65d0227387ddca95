import assert from "node:assert/strict";
import { test } from "node:test";
import { type Millis, SECOND } from "../../src/clock.ts";
import type { Attributes } from "../../src/lwm2m/attributes.ts";
import { observationId } from "../../src/lwm2m/observation-id.ts";
import { type Path, prefixOf } from "../../src/lwm2m/path.ts";
import { at } from "../support/fake-backing.ts";
import { aThermometer, Bench, due, EPOCH, TEMPERATURE, timed } from "./observation-bench.ts";

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
        urgent: false,
        keep: 7,
        confirmable: true,
      },
    ],
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

test("con=0 wants reports that are not confirmable", () => {
  assert.equal(due(aThermometer({ con: 0 }).changed({ [TEMPERATURE]: 21 })[0]).confirmable, false);
  assert.equal(due(aThermometer({}).changed({ [TEMPERATURE]: 21 })[0]).confirmable, true);
});

test("every edge of one direction is told, also where nothing of the other is", () => {
  const bench = new Bench();
  bench.attributes.set("/3311/0/5850", { edge: 1 });
  bench.observe("/3311/0/5850", { "/3311/0/5850": false });
  const told = [true, false, false, true, true, false, true].map(
    (value) => bench.changed({ "/3311/0/5850": value }).length,
  );
  assert.deepEqual(told, [1, 0, 0, 1, 0, 0, 1]);
});

test("an edge that is wanted no more leaves every change, from what was reported last", () => {
  const bench = new Bench();
  bench.attributes.set("/3311/0/5850", { edge: 1 });
  bench.observe(["/3311/0/5850", "/3311/0"], { "/3311/0/5850": false });
  const lamp = (value: boolean) => bench.changed({ "/3311/0/5850": value }).length;
  assert.deepEqual([lamp(true), lamp(false), lamp(true)], [1, 1, 1], "the instance has no edge");
  bench.observe("/3311/0/5850", { "/3311/0/5850": true });
  assert.equal(bench.changed({ "/3311/0/5850": false }).length, 1, "the composite one alone");
  bench.attributes.set("/3311/0/5850", {});
  assert.equal(bench.feed({ type: "attributesChanged", path: at("/3311/0/5850") }).length, 1);
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

test("epmax asks for a fresh value of the gateway's own when none has come", () => {
  const bench = aThermometer({ epmax: 60 }, 20, "/3/0/13");
  bench.until(30);
  bench.changed({ "/3/0/13": 21 });
  const id = observationId(1, [at("/3/0/13")]);
  assert.deepEqual(bench.until(160), [
    [90, { type: "refresh", id, paths: ["/3/0/13"] }],
    [150, { type: "refresh", id, paths: ["/3/0/13"] }],
  ]);
  const [[wish] = []] = bench.evaluations.values();
  assert.equal(wish?.epmax, 60_000, "what lies behind a wire is polled so often");
});

test("what an observation wants the polls to be follows its attributes and ends with it", () => {
  const bench = new Bench();
  const id = observationId(1, [at(TEMPERATURE)]);
  bench.observe(TEMPERATURE, { [TEMPERATURE]: 20 });
  const wanted = (epmin: Millis, epmax: Millis) => [{ path: TEMPERATURE, epmin, epmax }];
  assert.deepEqual(bench.evaluations.get(id), wanted(0, Infinity));
  const write = (attributes: Attributes) => {
    bench.evaluations.clear();
    bench.attributes.set(TEMPERATURE, attributes);
    bench.feed({ type: "attributesChanged", path: at(TEMPERATURE) });
    return bench.evaluations.get(id);
  };
  assert.deepEqual(write({ epmin: 5, epmax: 60 }), wanted(5000, 60_000));
  assert.equal(write({ epmin: 5, epmax: 60, pmin: 1 }), undefined, "not said again");
  assert.deepEqual(write({ epmin: 60, epmax: 60 }), wanted(60_000, Infinity), "levels that contradict each other");
  assert.equal(bench.machine.deadline, undefined, "the polls see to it");
  bench.feed({ type: "cancel", id });
  assert.deepEqual(bench.evaluations.get(id), []);
});

test("attributes in the request decide what the polls shall be, of each path of a composite one alike", () => {
  const bench = new Bench();
  bench.attributes.set(TEMPERATURE, { epmax: 9 });
  bench.attributes.set("/d02/3303/0/5700", { epmin: 3 });
  bench.observe([TEMPERATURE, "/d02/3303/0/5700", "/3/0/13"], {}, { epmax: 60 });
  const [evaluations = []] = bench.evaluations.values();
  assert.deepEqual(
    evaluations.map(({ path, epmin, epmax }) => [path, epmin, epmax]),
    [
      [TEMPERATURE, 0, 60_000],
      ["/d02/3303/0/5700", 0, 60_000],
      ["/3/0/13", 0, 60_000],
    ],
  );
});

test("of the gateway's own a value must be no older than the report that pmax makes due", () => {
  const bench = new Bench();
  bench.observe("/3/0/13", { "/3/0/13": 1 }, { pmax: 30 });
  const wishes = () => [...bench.evaluations.values()].flat().map(({ epmin, epmax }) => [epmin, epmax]);
  assert.deepEqual(wishes(), [[0, 30_000]]);
  bench.observe("/3/0/13", { "/3/0/13": 1 }, { pmax: 5, epmin: 60 });
  assert.deepEqual(wishes(), [[60_000, 60_000]], "the device is spared first of all");
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

test("what is written at or removed from one of ten thousand devices costs no more than of a few", () => {
  const bench = new Bench();
  const paths: Path[] = Array.from({ length: 10_000 }, (_, i) => at(`/d${i}/3303/0/5700`));
  for (const path of paths) bench.observe(path, { [path]: 0 });
  const before = process.cpuUsage();
  for (const path of paths) {
    bench.attributes.set(path, { pmin: 5 });
    bench.feed({ type: "attributesChanged", path });
  }
  for (const path of paths) assert.equal(bench.feed({ type: "removed", path: at(`/${prefixOf(path)}`) }).length, 1);
  const { user } = process.cpuUsage(before);
  assert.ok(user < 1_000_000, `${user} µs for 20,000 events`);
  assert.equal(bench.machine.size, 0);
});
