import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ModelTree } from "../../../src/lwm2m/model-tree.ts";
import { type Path, prefixOf } from "../../../src/lwm2m/path.ts";
import { notDone } from "../../../src/lwm2m/refusals.ts";
import type { BackedTree, Backing, Editing } from "../../../src/lwm2m/tree.ts";
import type { InstanceNumbers } from "../../../src/servers/layouts/folding.ts";
import { InstancesView } from "../../../src/servers/layouts/instances-view.ts";
import type { Sight } from "../../../src/servers/sight.ts";
import { numberInstances } from "../../../src/store/instance-numbers.ts";
import { at, FakeBacking, type FakeObject } from "../../support/fake-backing.ts";

type Objects = Readonly<Record<number, FakeObject>>;

const GATEWAY: Objects = { 3: { instances: { 0: { 0: "Acme", 11: { several: { 0: 0 } } } } } };
const ROOM: Objects = {
  3: { instances: { 0: { 0: "Sensor", 11: { several: { 0: 0 } } } } },
  3303: { instances: { 0: { 5700: 20, 5701: "Cel" }, 4: { 5700: 21, 5750: "Roof" } } },
};

/** Devices by prefix; their ids are the prefixes, numbers are given in their order. */
class World implements Sight, InstanceNumbers {
  readonly backings = new Map<string, FakeBacking>();
  private readonly trees = new Map<string, BackedTree>();
  private known: ReturnType<typeof numberInstances>["numbered"] = [];

  constructor(devices: Readonly<Record<string, Objects>>, gateway: Objects = GATEWAY) {
    this.put("", gateway);
    for (const [prefix, objects] of Object.entries(devices)) this.put(prefix, objects);
  }

  put(prefix: string, objects: Objects, parts: Partial<Backing> = {}): FakeBacking {
    const backing = Object.assign(new FakeBacking(prefix, objects), parts);
    this.backings.set(prefix, backing);
    this.trees.set(prefix, new ModelTree(backing));
    const wanted = [...backing.model].flatMap(([object, { instances }]) =>
      [...instances.keys()].map((instance) => ({ device: prefix, object, instance })),
    );
    if (prefix !== "") this.known = [...this.known, ...numberInstances(this.known, wanted).added];
    return backing;
  }

  drop(prefix: string): void {
    this.trees.delete(prefix);
  }

  view(): InstancesView {
    return new InstancesView({ sight: this, numbers: this, now: () => 5 });
  }

  of(prefix: string): BackedTree | undefined;
  of(prefix: string, object: number, instance: number): number | undefined;
  of(prefix: string, object?: number, instance?: number): BackedTree | number | undefined {
    if (object === undefined) return this.trees.get(prefix);
    const isIt = (one: (typeof this.known)[number]): boolean =>
      one.device === prefix && one.object === object && one.instance === instance;
    return this.known.find(isIt)?.number;
  }

  get prefixes(): readonly string[] {
    return [...this.trees.keys()];
  }

  latest(path: Path) {
    return path.endsWith("/5700") ? { path, value: 20, time: 1 } : undefined;
  }

  deviceOf(prefix: string): string {
    return `id-${prefix}`;
  }
}

test("a path of a device is that of an instance, both ways; what is the gateway's own stays", () => {
  const { paths } = new World({ a: ROOM, b: ROOM }).view();
  const pairs = {
    "/a/3303/0/5700": "/3303/0/5700",
    "/a/3303/4": "/3303/1",
    "/b/3303/0/5700": "/3303/2/5700",
    "/3/0/11/0": "/3/0/11/0",
    "/3": "/3",
  };
  for (const [own, shown] of Object.entries(pairs)) {
    assert.equal(paths.shown(at(own)), shown);
    assert.equal(paths.own(at(shown)), own);
  }
  for (const own of ["/a", "/a/3303", "/a/3/0/0", "/a/3303/1", "/c/3303/0", "/"])
    assert.equal(paths.shown(at(own)), undefined);
  for (const shown of ["/", "/3303", "/3303/9/5700", "/a/3303/0"]) assert.equal(paths.own(at(shown)), undefined);
  assert.deepEqual(paths.shownWithin(at("/b")), ["/3303/2", "/3303/3"]);
  assert.deepEqual(paths.shownWithin(at("/b/3303")), ["/3303/2", "/3303/3"]);
  assert.deepEqual(paths.shownWithin(at("/b/3")), []);
  assert.deepEqual(paths.ownWithin(at("/3303")), ["/a/3303/0", "/a/3303/4", "/b/3303/0", "/b/3303/4"]);
  assert.deepEqual(paths.ownWithin(at("/")), ["/3", ...paths.ownWithin(at("/3303"))]);
});

test("whatever devices there are, no two own paths have one shown path, and each comes back from it", () => {
  const sensor = { 5700: 1 };
  const objects = fc.record({
    3303: fc.uniqueArray(fc.nat(9), { maxLength: 4 }),
    3304: fc.uniqueArray(fc.nat(9), { maxLength: 4 }),
    3: fc.constant([0]),
  });
  fc.assert(
    fc.property(fc.array(objects, { maxLength: 6 }), (devices) => {
      const world = new World(
        Object.fromEntries(
          devices.map((device, i) => [
            `d${i}`,
            Object.fromEntries(
              Object.entries(device).map(([id, instances]) => [
                id,
                { instances: Object.fromEntries(instances.map((n) => [n, id === "3" ? { 0: "x" } : sensor])) },
              ]),
            ),
          ]),
        ),
      );
      const { paths } = world.view();
      const all = world.prefixes.flatMap(
        (prefix) => world.of(prefix)?.discover(at(prefix === "" ? "/" : `/${prefix}`), 4) ?? [],
      );
      const shown = all.flatMap(({ path }) => {
        const here = paths.shown(path);
        if (here === undefined) return [];
        assert.equal(paths.own(here), path);
        assert.equal(prefixOf(here), "");
        return [here];
      });
      assert.equal(new Set(shown).size, shown.length);
    }),
  );
});

test("a read of the object asks each device once, and tells all in shown paths", async () => {
  const world = new World({ a: ROOM, b: ROOM });
  const samples = await world.view().root.read(at("/3303"));
  assert.deepEqual(
    samples.map(({ path, value }) => `${path}=${String(value)}`),
    [
      ...["/3303/0/5700=20", "/3303/0/5701=Cel", "/3303/0/5750=id-a", "/3303/1/5700=21", "/3303/1/5750=Roof"],
      ...["/3303/2/5700=20", "/3303/2/5701=Cel", "/3303/2/5750=id-b", "/3303/3/5700=21", "/3303/3/5750=Roof"],
    ],
  );
  assert.deepEqual(world.backings.get("b")?.calls, [
    "read /b/3303/0/5700 /b/3303/0/5701 /b/3303/4/5700 /b/3303/4/5750",
  ]);
});

test("an instance of which nothing can be read is 5.00, and the reason speaks of the path that was asked for", async () => {
  const world = new World({ a: ROOM });
  const away = notDone((as) => `${as("/b/3303/0/5700")} could not be read: no answer`);
  world.put("b", { 3303: { instances: { 0: { 5700: away } } } });
  const { root, treeOf } = world.view();
  await assert.rejects(root.read(at("/3303/2")), /^Lwm2mError: .*\/3303\/2\/5700 could not be read: no answer$/);
  assert.equal((await root.read(at("/3303/2/5750")))[0]?.value, "id-b", "asked for alone it is told");
  assert.equal(treeOf("b"), undefined);
});

test("a composite write is all or nothing where a device is away; what was done before a failure is named", async () => {
  const dimmer: Objects = { 3311: { instances: { 0: { 5850: false, 5851: 0 } } } };
  const world = new World({ a: dimmer, b: dimmer });
  const { root } = world.view();
  const records = [0, 1].map((n) => ({ type: "value", path: at(`/3311/${n}/5851`), value: 10 }) as const);
  world.put("b", dimmer, { absence: () => "b is offline" });
  assert.throws(() => world.view().root.prepareWrite(records), /b is offline/);
  assert.deepEqual(world.backings.get("a")?.calls, []);
  const b = world.put("b", dimmer);
  b.failure = notDone((as) => `${as("/b/3311/0/5851")} was not written: no answer; not tried: ${as("/b/3311/9/5851")}`);
  await assert.rejects(
    world.view().root.prepareWrite(records)(),
    / \/3311\/1\/5851 was not written: no answer; not tried: \/b\/3311\/9\/5851; written: all of \/a$/,
  );
  assert.deepEqual(world.backings.get("a")?.calls, ["write /a/3311/0/5851=10"]);
  assert.ok(root.discover(at("/3311")).length > 0);
});

test("what cannot be folded is hidden, with the reason: one of a kind, the gateway's own, filled by servers, another definition", () => {
  const editing: Editing = { objects: new Set([3306]), freeInstance: () => 1, prepare: () => async () => {} };
  const world = new World({ a: ROOM }, { ...GATEWAY, 3304: { instances: { 0: { 5700: 1 } } } });
  world.put("b", { 3304: { instances: { 0: { 5700: 1 } } }, 3306: { instances: { 0: { 5850: true } } } }, { editing });
  const strange = world.put("c", { 3303: { instances: { 0: { 5700: 7 } } } });
  const model = strange.model.get(3303) ?? assert.fail();
  const float = model.definition.resources.get(5700) ?? assert.fail();
  const resources = new Map([[5700, { ...float, type: "string" } as const]]);
  strange.model = new Map([[3303, { ...model, definition: { ...model.definition, version: "0.9", resources } }]]);
  const view = world.view();
  assert.deepEqual(
    view.hidden.map(({ object, reason, devices }) => [object, reason, ...devices]),
    [
      [3, "single", "id-a"],
      [3303, "definition", "id-c"],
      [3304, "gateway", "id-b"],
      [3306, "stored", "id-b"],
    ],
  );
  assert.equal(view.paths.shown(at("/c/3303/0/5700")), undefined);
  assert.equal(view.paths.shown(at("/b/3304/0/5700")), undefined);
});

test("of an object in several versions the newest is told, with what only an older one has", () => {
  const world = new World({ a: { 3303: { version: "1.0", instances: { 0: { 5700: 1 } } } } });
  world.put("b", { 3303: { version: "1.1", instances: { 0: { 5700: 2 } } } });
  const [object] = world.view().root.discover(at("/3303"), 0);
  assert.equal(object?.version, "1.1");
});

test("when devices come and go, what is gone is told by its topmost path, and the rest stays what it was", () => {
  const world = new World({ a: ROOM, b: { ...ROOM, 3304: { instances: { 0: { 5700: 1 } } } } });
  const view = world.view();
  world.drop("b");
  assert.deepEqual(view.paths.shownWithin(at("/b")), ["/3303/2", "/3303/3", "/3304/0"], "it went just now");
  assert.deepEqual(view.refresh(), ["/3303/2", "/3303/3", "/3304"]);
  assert.deepEqual(view.refresh(), []);
  assert.equal(view.paths.own(at("/3303/2/5700")), undefined);
  world.put("c", ROOM);
  view.refresh();
  assert.equal(view.paths.shown(at("/c/3303/0")), "/3303/4");
  assert.equal(view.latest(at("/3303/4/5700"))?.path, "/3303/4/5700");
  assert.deepEqual(view.latest(at("/3303/4/5750")), { path: "/3303/4/5750", value: "id-c", time: 5 });
});

test("report entries see a device under its own paths, without what is not shown", () => {
  const { own } = new World({ a: ROOM, b: { 3: { instances: { 0: { 0: "x" } } } } }).view();
  assert.deepEqual(own.prefixes(), ["", "a"]);
  const objects = own.treeOf("a")?.discover(at("/a"), 1);
  assert.deepEqual(
    objects?.map(({ path }) => path),
    ["/a/3303"],
  );
  assert.equal(own.treeOf("a"), own.treeOf("a"));
});
