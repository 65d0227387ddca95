import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import type { Attributes } from "../../src/lwm2m/attributes.ts";
import { type ObservationId, reportId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { ReportEntry, ReportTrigger } from "../../src/lwm2m/report-entry.ts";
import { settle } from "../support/fake-clock.ts";
import { entry, every, ReportedWorld, ROOM, SAMPLE } from "../support/reported-world.ts";

const change = (attributes: Attributes = {}): ReportTrigger => ({ type: "change", attributes });
const A = "/room-a/3303/0/5700";
const B = "/room-b/3303/0/5700";

/** Two rooms. */
function rooms(...entries: readonly ReportEntry[]): ReportedWorld {
  const world = new ReportedWorld(...entries);
  world.device("room-a");
  world.device("room-b");
  world.reports.start();
  return world;
}

test("what is due of several devices comes in one call, a queue for each entry and device", () => {
  const world = rooms(entry("heat", ["/*/3303/*/5700"], every(10 * SECOND), 7));
  world.measure({ [A]: 20, "/room-a/3303/1/5700": 21 });
  world.seconds(3);
  world.measure({ [B]: 22 });
  world.seconds(7);
  assert.deepEqual(world.turns, [
    {
      at: 10 * SECOND,
      reports: {
        [reportId(1, "heat", "room-a")]: [
          [A, 20, 0],
          ["/room-a/3303/1/5700", 21, 0],
        ],
        [reportId(1, "heat", "room-b")]: [[B, 22, 3000]],
      },
    },
  ]);
  assert.deepEqual(world.keeps, [7, 7]);
});

test("an interval tells the newest of several measurements, and no measurement twice", () => {
  const world = rooms(entry("heat", [A], every(10 * SECOND)));
  world.measure({ [A]: 20 });
  world.seconds(5);
  world.measure({ [A]: 21 });
  world.seconds(20);
  world.measure({ [A]: 21 });
  world.seconds(10);
  assert.deepEqual(world.told(A), [
    [21, 5000],
    [21, 25_000],
  ]);
});

test("a measurement that was told without a date is not told again when it has one", () => {
  const world = rooms(entry("heat", [A], every(10 * SECOND)));
  const started = world.clock.epoch;
  world.clock.epoch = 0;
  world.measure({ [A]: 20 });
  world.seconds(10);
  world.date(started);
  world.measure({ [B]: 20 });
  world.seconds(30);
  assert.equal(world.told(A).length, 1);
});

test("sample tells each measurement at once, and only what is wanted each time comes up unchanged", () => {
  const world = rooms(entry("all", ["/room-a"], SAMPLE));
  for (const value of [20, 20, 21, 21]) {
    world.measure({ [A]: value, [B]: value });
    world.seconds(1);
  }
  assert.deepEqual(world.told(A), [
    [20, 0],
    [20, 1000],
    [21, 2000],
    [21, 3000],
  ]);
  assert.deepEqual(world.told(B), []);
  assert.ok(world.wantsEach(parsePath(A)));
  assert.ok(!world.wantsEach(parsePath(B)));
});

test("change judges each value by itself: one that is told takes no other along", () => {
  const world = rooms(entry("steps", ["/room-a"], change({ st: 2 })));
  world.measure({ [A]: 20, "/room-a/3303/1/5700": 20 });
  for (const step of [1, 2, 3, 4]) {
    world.seconds(1);
    world.measure({ [A]: 20 + 2 * step, "/room-a/3303/1/5700": 20 + step / 2 });
  }
  assert.deepEqual(
    world.told(A).map(([value]) => value),
    [20, 22, 24, 26, 28],
  );
  assert.deepEqual(
    world.told("/room-a/3303/1/5700").map(([value]) => value),
    [20, 22],
    "not 20.5, though A was told",
  );
});

test("what pmin held back of several devices becomes due together", () => {
  const world = rooms(entry("slow", ["/*/3303/0/5700"], change({ pmin: 10 })));
  world.seconds(20);
  world.measure({ [A]: 1 });
  world.measure({ [B]: 1 });
  assert.equal(world.turns.length, 2);
  world.seconds(1);
  world.measure({ [A]: 2 });
  world.seconds(1);
  world.measure({ [B]: 2 });
  world.seconds(20);
  assert.deepEqual(
    world.turns.slice(2).map(({ at, reports }) => [at, Object.keys(reports).length]),
    [[30 * SECOND, 2]],
  );
});

test("a value that has been measured again since it changed is told with its youngest time", () => {
  const world = rooms(entry("slow", [A], change({ pmin: 10 })));
  world.seconds(1);
  world.measure({ [A]: 5 });
  world.seconds(8);
  world.measure({ [A]: 5 });
  world.seconds(5);
  assert.deepEqual(world.told(A), [[5, 9000]]);
});

test("what is known when a path comes is its first change, and its first measurement", () => {
  for (const when of [SAMPLE, change()]) {
    const world = new ReportedWorld(entry("first", ["/*/3303"], when));
    world.device("room-a");
    world.measure({ [A]: 20 });
    world.reports.start();
    assert.deepEqual(world.told(A), [[20, 0]]);
    world.device("room-b");
    world.measure({ [B]: 21 });
    assert.deepEqual(world.told(B), [[21, 0]]);
    world.device("room-a", { 3303: { instances: { 0: { 5700: 0, 5601: 0 } } } });
    assert.equal(world.told(A).length, 1, "it was there before");
  }
});

test("what is gone is told no more, wished no more, and begins anew when it is back", () => {
  for (const when of [SAMPLE, change(), every(SECOND)]) {
    const world = rooms(entry("e", ["/*/3303/0/5700"], when));
    const id = reportId(1, "e", "room-a");
    world.measure({ [A]: 20 });
    world.seconds(1);
    world.remove("room-a");
    assert.deepEqual(world.wishes.get(id), []);
    world.measure({ [A]: 25 });
    world.seconds(5);
    assert.equal(world.told(A).length, 1, when.type);
    world.remove("room-a");
    world.device("room-a");
    world.measure({ [A]: 20 });
    world.seconds(1);
    assert.equal(world.told(A).length, 2, when.type);
  }
});

test("wishes are for each leaf: an interval for as many measurements, sample for each", () => {
  const world = rooms(entry("fast", [A], every(2 * SECOND)), entry("all", [A], SAMPLE), entry("some", [A], change()));
  const wish = (name: string) => world.wishes.get(reportId(1, name, "room-a"));
  assert.deepEqual(wish("fast"), [{ path: A, epmin: 0, epmax: 2 * SECOND }]);
  assert.deepEqual(wish("all"), [{ path: A, epmin: 0, epmax: Infinity, each: true }]);
  assert.deepEqual(wish("some"), [{ path: A, epmin: 0, epmax: Infinity }]);
  assert.equal(world.wishes.get(reportId(1, "fast", "room-b")), undefined);
});

test("what cannot be read, and what only holds instances, is no value to report", () => {
  const world = new ReportedWorld(entry("all", ["/pump"], every(SECOND)));
  world.device("pump", { 3: { instances: { 0: { 4: "execute", 11: { several: { 0: 0, 2: 1 } } } } } });
  world.reports.start();
  const id = reportId(1, "all", "pump");
  assert.deepEqual(
    world.wishes.get(id)?.map(({ path }) => path),
    ["/pump/3/0/11/0", "/pump/3/0/11/2"],
  );
  assert.deepEqual(world.reports.status(), [{ name: "all", devices: 1, values: 2 }]);
});

test("the gateway's own objects are read when they are due, and nobody is asked to poll them", async () => {
  const world = new ReportedWorld(
    entry("own", ["/3/0/0", "/*/3303/0/5700"], every(SECOND)),
    entry("first", ["/3"], SAMPLE),
  );
  world.device("", { 3: { instances: { 0: { 0: "Acme", 4: "execute" } } } });
  world.device("room-a");
  world.reports.start();
  world.measure({ [A]: 20 });
  await world.clock.advance(SECOND);
  assert.deepEqual(
    world.told("/3/0/0", "first").map(([value]) => value),
    ["Acme"],
  );
  assert.deepEqual(
    world.turns.filter(({ at }) => at === SECOND).map(({ reports }) => Object.keys(reports)),
    [[reportId(1, "own", ""), reportId(1, "own", "room-a")]],
  );
  assert.deepEqual(world.wishes.get(reportId(1, "own", "")), []);
});

test("a turn of many thousand values leaves room for others, and misses none", async () => {
  const world = new ReportedWorld(entry("many", ["/*/3303/0/5700"], every(10 * SECOND)));
  const prefixes = Array.from({ length: 4500 }, (_, i) => `room-${i}`);
  for (const prefix of prefixes) world.device(prefix, { 3303: { instances: { 0: { 5700: 0 } } } });
  world.reports.start();
  world.measure(Object.fromEntries(prefixes.map((prefix) => [`/${prefix}/3303/0/5700`, 1])));
  world.seconds(10);
  assert.deepEqual(
    world.turns.map(({ at, reports }) => [at, Object.keys(reports).length]),
    [
      [10_000, 2000],
      [10_000, 2000],
      [10_000, 500],
    ],
  );
});

test("nothing is told before the start, nor after the stop", async () => {
  const world = new ReportedWorld(
    entry("a", ["/*"], SAMPLE),
    entry("b", ["/*"], every(SECOND)),
    entry("c", ["/*"], change({ pmax: 1 })),
  );
  world.device("room-a");
  world.measure({ [A]: 1 });
  world.seconds(5);
  assert.deepEqual(world.turns, []);
  world.reports.start();
  world.reports.stop();
  const before = world.turns.length;
  world.measure({ [A]: 2 });
  world.seconds(5);
  await settle();
  assert.equal(world.turns.length, before);
  assert.equal(world.clock.next, undefined);
});

test("without entries nothing is looked at, and nothing waits", () => {
  const world = rooms();
  world.measure({ [A]: 1 });
  assert.deepEqual([world.turns, world.wishes.size, world.clock.next], [[], 0, undefined]);
});

test("ids of parts are those of the entry and the device", () => {
  const ids = new Set<ObservationId>();
  const world = rooms(entry("x", ["/*"], SAMPLE), entry("y", ["/room-b"], SAMPLE));
  for (const id of world.wishes.keys()) ids.add(id);
  assert.deepEqual([...ids].sort(), ["1 report [x] /room-a", "1 report [x] /room-b", "1 report [y] /room-b"]);
  assert.equal(ROOM[3303]?.instances[0]?.[5701], "Cel");
});
