import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE } from "../../../src/clock.ts";
import { CODE } from "../../../src/coap/codes.ts";
import { ModelTree } from "../../../src/lwm2m/model-tree.ts";
import { parsePattern } from "../../../src/lwm2m/path-pattern.ts";
import { type Guard, guarded } from "../../../src/servers/access/guarded.ts";
import type { WritePolicy } from "../../../src/servers/access/policy.ts";
import { writeComposite } from "../../../src/servers/composite.ts";
import type { Sight } from "../../../src/servers/sight.ts";
import { at, FakeBacking } from "../../support/fake-backing.ts";
import { refused } from "../../support/refused.ts";
import { aStoredBacking } from "../../support/stored-backing.ts";

/** The gateway with two accounts and two devices, `valve` and `meter`, which servers may call by stored objects. */
function aSight() {
  const journal: string[] = [];
  const own = new FakeBacking("", {
    1: { instances: { 0: { 1: 300, 8: "execute" }, 1: { 1: 60 } } },
    3: { instances: { 0: { 0: "Acme", 4: "execute" } } },
    25: { instances: { 3: { 1: "valve" }, 4: { 1: "meter" } } },
  });
  const device = (prefix: string) =>
    new FakeBacking(prefix, { 3306: { instances: { 0: { 5850: false, 5851: 10 }, 1: { 5850: true } } } });
  const backings = [own, device("valve"), device("meter")];
  for (const backing of backings) backing.calls.push = (...calls) => journal.push(...calls);
  const trees = new Map(backings.map((backing) => [backing.prefix, new ModelTree(backing)]));
  const sight: Sight = {
    of: (prefix) => trees.get(prefix),
    get prefixes() {
      return [...trees.keys()];
    },
    latest: (path) => ({ path, value: 1, time: 0 }),
  };
  return { sight, trees, journal, backings };
}

const EVERYTHING: WritePolicy = { server: 102, account: 1, write: "all", writable: [] };

function seenWith(policy: Partial<WritePolicy>, rest: Partial<Guard> = {}) {
  const world = aSight();
  const seen = guarded(world.sight, { policy: { ...EVERYTHING, ...policy }, now: () => 0, ...rest });
  const tree = (prefix: string) => seen.of(prefix) ?? assert.fail(`no ${prefix}`);
  return { ...world, seen, tree };
}

const listed = (...paths: readonly string[]) => ({ write: "listed" as const, writable: paths.map(parsePattern) });
const hiding = { visible: { prefix: (prefix: string) => prefix !== "meter", instance: (id: number) => id !== 4 } };
const BYTES = Uint8Array.of(1);
const value = (path: string, value: number | boolean) => ({ path: at(path), value });

test("who sees all and may do all has the sight itself", () => {
  const { sight, seen } = seenWith({});
  assert.equal(seen, sight);
});

test("a device that is hidden is not there: no tree, no value, no instance of object 25", async () => {
  const { seen, tree, journal } = seenWith({}, hiding);
  assert.equal(seen.of("meter"), undefined);
  assert.deepEqual(seen.prefixes, ["", "valve"]);
  assert.equal(seen.latest(at("/meter/3306/0/5851")), undefined);
  assert.equal(seen.latest(at("/25/4/1")), undefined);
  assert.equal(seen.latest(at("/valve/3306/0/5851"))?.value, 1);
  assert.deepEqual(
    (await tree("").read(at("/25"))).map(({ path }) => path),
    ["/25/3/1"],
  );
  assert.throws(() => tree("").check(at("/25/4")), refused(CODE.notFound));
  assert.deepEqual(journal, ["read /25/3/1"]);
});

test("the same tree stands for as long as the same is behind it", () => {
  const { seen, trees } = seenWith({ write: "none" });
  const first = seen.of("valve");
  assert.equal(seen.of("valve"), first);
  trees.set("valve", new ModelTree(new FakeBacking("valve", { 3303: { instances: { 0: { 5700: 1 } } } })));
  assert.notEqual(seen.of("valve"), first);
});

test("who may write nothing reads all, and is told what the configuration says", async () => {
  const { tree, journal } = seenWith({ write: "none" });
  const { length } = await tree("valve").read(at("/valve/3306"));
  assert.equal(length, 3);
  journal.length = 0;
  const sentence =
    /^server 102 may not write \/valve\/3306\/0\/5850: in the gateway's configuration access\.write is none$/;
  assert.throws(() => tree("valve").check(at("/valve/3306/0/5850"), "write"), refused(CODE.unauthorized, sentence));
  const write = tree("valve").write(at("/valve/3306/0"), [value("/valve/3306/0/5850", true)], "update");
  await assert.rejects(write, refused(CODE.unauthorized, sentence));
  await assert.rejects(tree("").execute(at("/3/0/4"), ""), refused(CODE.unauthorized, /may not execute \/3\/0\/4/));
  assert.deepEqual(journal, []);
});

test("its own account is its own whatever the configuration says, that of another is not", async () => {
  const { tree, journal } = seenWith({ write: "none" });
  await tree("").write(at("/1/1/1"), [value("/1/1/1", 120)], "replace");
  assert.throws(() => tree("").check(at("/1/0/1"), "write"), refused(CODE.unauthorized));
  await assert.rejects(tree("").execute(at("/1/0/8"), ""), refused(CODE.unauthorized));
  assert.deepEqual(journal, ["write /1/1/1=120"]);
});

test("what is listed may be written, and what stands beside it in the same instance may not", async () => {
  const { tree, journal } = seenWith(listed("/v*/3306/*/5851", "/meter/3306/1"));
  await tree("valve").write(at("/valve/3306/0"), [value("/valve/3306/0/5851", 20)], "update");
  const both = [value("/valve/3306/0/5851", 30), value("/valve/3306/0/5850", true)];
  await assert.rejects(
    tree("valve").write(at("/valve/3306/0"), both, "update"),
    refused(CODE.unauthorized, /may not write \/valve\/3306\/0\/5850: .* not under access\.writable$/),
  );
  assert.throws(() => tree("valve").check(at("/valve/3306/1/5850"), "write"), refused(CODE.unauthorized));
  await tree("meter").write(at("/meter/3306/1/5850"), [value("/meter/3306/1/5850", false)], "replace");
  assert.throws(() => tree("meter").check(at("/meter/3306/0"), "write"), refused(CODE.unauthorized));
  assert.deepEqual(journal, ["write /valve/3306/0/5851=20", "write /meter/3306/1/5850=false"]);
});

test("a Write-Composite of which one part may not be written changes nothing", async () => {
  const { seen, journal } = seenWith(listed("/valve/3306"));
  const records = ["/valve/3306/0/5851", "/meter/3306/0/5851"].map((path) => ({
    type: "value" as const,
    ...value(path, 50),
  }));
  await assert.rejects(
    writeComposite((prefix) => seen.of(prefix), records),
    refused(CODE.unauthorized, /\/meter\/3306\/0\/5851/),
  );
  assert.deepEqual(journal, []);
});

test("instances that servers make are made and removed by who has their object listed", async () => {
  const stored = aStoredBacking({ objects: [16, 19] });
  const trees = new Map([["", new ModelTree(stored.backing)]]);
  const sight: Sight = { of: (prefix) => trees.get(prefix), prefixes: [""], latest: () => undefined };
  const policy = { ...EVERYTHING, ...listed("/16", "/19/1", "/19/*/0") };
  const tree = guarded(sight, { policy, now: () => 0 }).of("") ?? assert.fail();
  tree.check(at("/16"), "create");
  const data = (path: string) => ({ path: at(`${path}/0/0`), value: path.startsWith("/19") ? BYTES : "pump" });
  await tree.create(at("/16/0"), [data("/16/0")]);
  await tree.delete(at("/16/0"));
  await assert.rejects(tree.create(at("/19/0"), [data("/19/0")]), refused(CODE.unauthorized, /may not create \/19\/0/));
  await tree.create(at("/19/1"), [data("/19/1")]);
  assert.equal(stored.told.length, 3);
});

test("a server that writes too often is told when it may again, by a code that servers know", async () => {
  let now = 0;
  const { tree, journal } = seenWith({ limit: { writes: 2, per: MINUTE } }, { now: () => now });
  const write = (path: string) => tree("valve").write(at(path), [value(path, true)], "replace");
  await write("/valve/3306/0/5850");
  await write("/valve/3306/1/5850");
  const sentence =
    /^server 102 may change \/valve 2 times in 1m \(access\.limit\): nothing is changed; try again in 30 s$/;
  await assert.rejects(write("/valve/3306/0/5850"), refused(CODE.internalServerError, sentence));
  await tree("meter").write(at("/meter/3306/0/5850"), [value("/meter/3306/0/5850", true)], "replace");
  now = 30_000;
  await write("/valve/3306/0/5850");
  assert.equal(journal.length, 4);
  const three = [value("/meter/3306/0/5850", true), value("/meter/3306/0/5851", 1), value("/meter/3306/1/5850", true)];
  assert.throws(
    () => tree("meter").prepareWrite(three.map((record) => ({ type: "value", ...record }))),
    refused(CODE.unauthorized, /more at once$/),
  );
});

test("an execute counts, a write that fails counts, the account of the server does not", async () => {
  const { tree, backings } = seenWith({ limit: { writes: 2, per: MINUTE } });
  await tree("").write(at("/1/1/1"), [value("/1/1/1", 120)], "replace");
  await tree("").execute(at("/3/0/4"), "");
  const [own] = backings;
  assert.ok(own !== undefined);
  own.failure = new Error("broken");
  await assert.rejects(tree("").execute(at("/3/0/4"), ""), /broken/);
  own.failure = undefined;
  await assert.rejects(
    tree("").execute(at("/3/0/4"), ""),
    refused(CODE.internalServerError, /the gateway itself 2 times/),
  );
  await tree("").write(at("/1/1/1"), [value("/1/1/1", 60)], "replace");
});

test("a replacing Write of what the gateway keeps is as many changes as it has values", async () => {
  const stored = aStoredBacking({ objects: [16], stored: [{ object: 16, instance: 0, values: [] }] });
  const all = new ModelTree(stored.backing);
  const sight: Sight = { of: () => all, prefixes: [""], latest: () => undefined };
  const policy = { ...EVERYTHING, limit: { writes: 2, per: MINUTE } };
  const tree = guarded(sight, { policy, now: () => 0 }).of("") ?? assert.fail();
  const name = (instance: number) => ({ path: at(`/16/0/0/${instance}`), value: "pump" });
  await tree.write(at("/16/0"), [name(0), name(1)], "replace");
  await assert.rejects(tree.write(at("/16/0"), [name(0)], "replace"), refused(CODE.internalServerError));
});
