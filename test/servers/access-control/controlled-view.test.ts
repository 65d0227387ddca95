import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../../src/coap/codes.ts";
import { MergedBacking } from "../../../src/lwm2m/merged-backing.ts";
import { ModelTree } from "../../../src/lwm2m/model-tree.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import type { Value } from "../../../src/lwm2m/sample.ts";
import type { ObjectTree } from "../../../src/lwm2m/tree.ts";
import { AccessTable } from "../../../src/servers/access-control/access-table.ts";
import { controlledView } from "../../../src/servers/access-control/controlled-view.ts";
import type { Sight } from "../../../src/servers/sight.ts";
import { gatewayView } from "../../../src/servers/view.ts";
import { at, FakeBacking } from "../../support/fake-backing.ts";
import { refused } from "../../support/refused.ts";
import { aStoredBacking } from "../../support/stored-backing.ts";

/** Servers 101, who owns, and 102, who reads by the configuration; /16/0 is there. Instances: 0 and 1 accounts, 2 device, 3 who creates, 4 /16/0. */
function aWorld() {
  const own = new FakeBacking("", {
    1: { instances: { 0: { 1: 300, 8: "execute" }, 1: { 1: 60, 8: "execute" } } },
    3: { instances: { 0: { 0: "Acme", 4: "execute" } } },
  });
  const pump = { resource: 0, resourceInstance: 0, value: "pump", time: 0 };
  const stored = aStoredBacking({ objects: [16], stored: [{ object: 16, instance: 0, values: [pump] }] });
  const gateway = new ModelTree(new MergedBacking("", [own, stored.backing]));
  const device = new FakeBacking("valve", { 3306: { instances: { 0: { 5850: false } } } });
  const valve = new ModelTree(device);
  const sight: Sight = {
    of: (prefix) => (prefix === "" ? gateway : prefix === "valve" ? valve : undefined),
    prefixes: ["", "valve"],
    latest: () => undefined,
  };
  const servers = [
    { id: 101, account: 0, rights: () => 31 },
    { id: 102, account: 1, rights: () => 1 },
  ];
  const table = new AccessTable(servers, () => {});
  const definition = catalogue.find(2, "1.1") ?? assert.fail();
  const made = () => new Set([16]);
  const view = (server: number) =>
    controlledView(gatewayView(sight), { definition, table, server, made, wall: () => 1_700_000_000_000 });
  const [first, second] = [view(101), view(102)];
  first.news();
  second.news();
  return { own, table, first, second, valve };
}

async function valuesOf(tree: ObjectTree, path: string): Promise<Record<string, Value>> {
  return Object.fromEntries((await tree.read(at(path))).map(({ path, value }) => [path, value]));
}

const written = (path: string, value: Value) => ({ path: at(path), value });

test("object 2 has an instance for each instance, and one for each object whose instances servers make", async () => {
  const { first } = aWorld();
  assert.deepEqual(await valuesOf(first.root, "/2"), {
    ...{ "/2/0/0": 1, "/2/0/1": 0, "/2/0/3": 101 },
    ...{ "/2/1/0": 1, "/2/1/1": 1, "/2/1/3": 102 },
    ...{ "/2/2/0": 3, "/2/2/1": 0, "/2/2/2/102": 1, "/2/2/3": 101 },
    ...{ "/2/3/0": 16, "/2/3/1": 65535, "/2/3/2/101": 16, "/2/3/3": 65535 },
    ...{ "/2/4/0": 16, "/2/4/1": 0, "/2/4/2/102": 1, "/2/4/3": 101 },
  });
  assert.deepEqual(
    first.root.discover(at("/"), 2).map(({ path }) => path),
    ["/1", "/1/0", "/1/1", "/2", "/2/0", "/2/1", "/2/2", "/2/3", "/2/4", "/3", "/3/0", "/16", "/16/0"],
  );
  assert.deepEqual(first.root.typeOf(at("/2/0/2/102"))?.type, "integer");
});

test("each operation needs its right, and what may not be done is done nowhere", async () => {
  const { own, second, table } = aWorld();
  const { root } = second;
  const denied = (operation: string) =>
    refused(
      CODE.unauthorized,
      new RegExp(`^server 102 has no right to ${operation} .*: see /2/[0-9]+, which is server 101's$`),
    );
  await assert.rejects(root.read(at("/1/0/1")), denied("read"));
  assert.throws(() => root.check(at("/16/0/0/0"), "write"), denied("write"));
  await assert.rejects(root.write(at("/16/0/0/0"), [written("/16/0/0/0", "x")], "replace"), denied("write"));
  await assert.rejects(root.execute(at("/3/0/4"), ""), denied("execute"));
  await assert.rejects(root.delete(at("/16/0")), denied("delete"));
  assert.throws(() => root.check(at("/1/0"), "report"), denied("read"));
  assert.throws(() => root.check(at("/16"), "create"), refused(CODE.unauthorized, /to create \/16: see \/2\/3$/));
  await assert.rejects(root.create(at("/16/1"), []), refused(CODE.unauthorized));
  assert.throws(() => root.prepareWrite([{ type: "value", ...written("/16/0/0/0", "x") }]), denied("write"));
  assert.deepEqual(own.calls, []);
  table.write(at("/3/0"), { owner: 101, acl: new Map([[0, 4]]) });
  await root.execute(at("/3/0/4"), "");
  assert.deepEqual(own.calls, ["execute /3/0/4 "]);
});

test("no right is needed for a Discover, for attributes of an object, and for what has a prefix", async () => {
  const { second, table, valve } = aWorld();
  table.write(at("/3/0"), { owner: 101, acl: new Map() });
  assert.equal(second.root.discover(at("/3/0")).length, 3);
  second.root.check(at("/3"), "report");
  assert.equal(second.treeOf("valve"), valve);
  assert.equal(second.mayRead?.(at("/valve/3306/0/5850")), true);
  assert.equal(second.mayRead?.(at("/3/0/0")), false);
  assert.equal(second.mayRead?.(at("/2/0/0")), true);
});

test("of an object that is read what may be read is there; where that is nothing it is refused", async () => {
  const { first, second, own } = aWorld();
  assert.deepEqual(await valuesOf(second.root, "/1"), { "/1/1/1": 60 });
  assert.deepEqual(own.calls, ["read /1/1/1"], "the rest is not even asked for");
  assert.deepEqual(await valuesOf(first.root, "/1"), { "/1/0/1": 300 });
  assert.deepEqual(await valuesOf(first.root, "/3"), { "/3/0/0": "Acme" });
  const samples = await second.root.readComposite(["/1", "/16/0", "/3/0/0"].map(at));
  assert.deepEqual(
    samples.map(({ path }) => path),
    ["/1/1/1", "/16/0/0/0", "/3/0/0"],
  );
  assert.deepEqual(await second.root.readComposite([at("/1/0")]), []);
  const all = await second.root.readComposite([at("/")]);
  assert.deepEqual(
    all.map(({ path }) => path).filter((path) => !path.startsWith("/2/")),
    ["/1/1/1", "/3/0/0", "/16/0/0/0"],
  );
});

test("only the owner writes to an instance of object 2, and only what makes sense there", async () => {
  const { first, second, table } = aWorld();
  const write = (tree: ObjectTree, path: string, value: Value) =>
    tree.write(at(path), [written(path, value)], "replace");
  assert.throws(
    () => second.root.check(at("/2/2/2/102"), "write"),
    refused(CODE.unauthorized, /its owner is server 101$/),
  );
  await assert.rejects(write(second.root, "/2/2/2/102", 31), refused(CODE.unauthorized));
  await assert.rejects(write(first.root, "/2/1/3", 101), refused(CODE.unauthorized, /its owner is server 102$/));
  await assert.rejects(write(first.root, "/2/3/3", 101), refused(CODE.unauthorized, /configuration/));
  await assert.rejects(write(first.root, "/2/2/2/102", 32), refused(CODE.badRequest));
  await assert.rejects(write(first.root, "/2/2/3", 109), refused(CODE.badRequest, /there are 101, 102$/));
  await assert.rejects(write(first.root, "/2/2/0", 5), refused(CODE.methodNotAllowed));
  const stranger = [written("/2/2/2/109", 1)];
  await assert.rejects(first.root.write(at("/2/2/2"), stranger, "update"), refused(CODE.badRequest, /no server 109/));
  await assert.rejects(first.root.create(at("/2/9"), []), refused(CODE.methodNotAllowed));
  await assert.rejects(first.root.delete(at("/2/2")), refused(CODE.methodNotAllowed));
  assert.deepEqual(table.entryOf(at("/3/0")), { owner: 101, acl: new Map([[102, 1]]) });
  await first.root.write(at("/2/2/2"), [written("/2/2/2/0", 5)], "replace");
  assert.deepEqual(table.entryOf(at("/3/0")), { owner: 101, acl: new Map([[0, 5]]) });
  await first.root.delete(at("/2/2/2/0"));
  await write(first.root, "/2/2/3", 102);
  assert.deepEqual(table.entryOf(at("/3/0")), { owner: 102, acl: new Map() });
  await assert.rejects(first.root.read(at("/3/0/0")), refused(CODE.unauthorized));
});

test("an instance of object 2 is written as a whole, or with other things, or not at all", async () => {
  const { first, table } = aWorld();
  await first.root.write(at("/2/4"), [written("/2/4/2/102", 3), written("/2/4/3", 101)], "replace");
  assert.deepEqual(table.entryOf(at("/16/0")).acl, new Map([[102, 3]]));
  await assert.rejects(first.root.write(at("/2/4"), [written("/2/4/2/102", 3)], "replace"), refused(CODE.badRequest));
  const records = [written("/16/0/0/0", "fan"), written("/2/4/2/102", 1)].map((record) => ({
    type: "value" as const,
    ...record,
  }));
  await first.root.prepareWrite(records)();
  assert.deepEqual(await valuesOf(first.root, "/16/0"), { "/16/0/0/0": "fan" });
  assert.equal(table.rightsOf(at("/16/0"), 102), 1);
  assert.throws(() => first.root.prepareWrite([...records, { type: "value", ...written("/2/1/3", 101) }]));
});

test("what came, went and was written is news once, for each server", async () => {
  const { first, second, table } = aWorld();
  let told = 0;
  second.onWritten(() => told++);
  assert.deepEqual(second.news(), { samples: [], gone: [] });
  await first.root.create(at("/16/5"), [written("/16/5/0/0", "fan")]);
  const paths = (news: ReturnType<typeof second.news>) => [news.samples.map(({ path }) => path), news.gone];
  assert.deepEqual(paths(second.news()), [["/2/5/0", "/2/5/1", "/2/5/3"], []]);
  assert.deepEqual(paths(second.news()), [[], []]);
  table.write(at("/3/0"), { owner: 101, acl: new Map([[0, 1]]) });
  assert.equal(told, 1);
  assert.deepEqual(paths(second.news()), [["/2/2/0", "/2/2/1", "/2/2/2/0", "/2/2/3"], ["/2/2/2/102"]]);
  await first.root.delete(at("/16/5"));
  table.gone(at("/16/5"));
  assert.deepEqual(paths(second.news()), [[], ["/2/5"]]);
});

test("of what could not be created nobody is the owner", async () => {
  const { first, second, table } = aWorld();
  await assert.rejects(first.root.create(at("/16/5"), []), refused(CODE.badRequest));
  assert.equal(table.serialize()?.includes("/16/5"), false);
  table.write(at("/16"), { owner: 65535, acl: new Map([[0, 16]]) });
  await assert.rejects(second.root.create(at("/16/0"), [written("/16/0/0/0", "mine")]), refused(CODE.badRequest));
  assert.equal(table.entryOf(at("/16/0")).owner, 101, "it is there already, and whose it was");
});
