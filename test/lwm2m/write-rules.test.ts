/** The rules of Create, Write and Delete over objects that servers fill. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import type { CompositeRecord } from "../../src/lwm2m/formats/composite.ts";
import { MergedBacking } from "../../src/lwm2m/merged-backing.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { PathValue, Value } from "../../src/lwm2m/sample.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { refused } from "../support/refused.ts";
import { aStoredBacking, type StoredSetup } from "../support/stored-backing.ts";

/** Portfolio, the Test Object with a resource of each type, one object of a single instance, AT Command, a sensor. */
const OBJECTS = [16, 3303, 3442, 10250, 10251];

function aTree(setup: StoredSetup = {}) {
  const world = aStoredBacking({ objects: OBJECTS, ...setup });
  const tree = new ModelTree(world.backing);
  return {
    ...world,
    tree,
    create: (path: string, values: Record<string, Value> = {}) => tree.create(at(path), listed(values)),
    put: (path: string, values: Record<string, Value>) => tree.write(at(path), listed(values), "replace"),
    post: (path: string, values: Record<string, Value>) => tree.write(at(path), listed(values), "update"),
    remove: (path: string) => tree.delete(at(path)),
    change: async (...records: readonly CompositeRecord[]) => tree.prepareWrite(records)(),
    async values(path: string): Promise<Record<string, Value>> {
      const samples = await tree.read(at(path));
      return Object.fromEntries(samples.map((sample) => [sample.path, sample.value]));
    },
    links: (path: string, depth?: number) =>
      tree
        .discover(at(path), depth)
        .map((link) => link.path + (link.dimension === undefined ? "" : `;${link.dimension}`)),
  };
}

function listed(values: Record<string, Value>): PathValue[] {
  return Object.entries(values).map(([path, value]) => ({ path: at(path), value }));
}

const { badRequest, unauthorized, notFound, methodNotAllowed, internalServerError } = CODE;

test("an object without instances is there, and reads as nothing", async () => {
  const { values, links } = aTree();
  assert.deepEqual(await values("/16"), {});
  assert.deepEqual(links("/16"), ["/16"]);
});

test("a Create makes the instance with its values; Discover shows how many a resource has", async () => {
  const { create, values, links, tree } = aTree();
  await create("/16/7", { "/16/7/0/0": "a", "/16/7/0/3": "b" });
  assert.deepEqual(await values("/16/7"), { "/16/7/0/0": "a", "/16/7/0/3": "b" });
  assert.deepEqual(links("/16", 3), ["/16", "/16/7", "/16/7/0;2", "/16/7/0/0", "/16/7/0/3"]);
  assert.equal(tree.freeInstance(at("/16")), 0);
});

test("what is there already, or lacks what it must have, is not made", async () => {
  const { create, kept, links } = aTree();
  await create("/16/7", { "/16/7/0/0": "a" });
  await assert.rejects(create("/16/7", { "/16/7/0/0": "b" }), refused(badRequest, /\/16\/7 is there already/));
  await assert.rejects(create("/16/8"), refused(badRequest, /\/16\/8 must have a value of Identity \(0\)/));
  await assert.rejects(create("/16/8", { "/16/8/0/0": 5 }), refused(badRequest, /5 is no string/));
  await assert.rejects(create("/16/8", { "/16/8/0": "a" }), refused(badRequest, /must name one/));
  await assert.rejects(create("/16/8", { "/16/7/0/0": "a" }), refused(badRequest, /not below \/16\/8/));
  await assert.rejects(create("/17/0"), refused(notFound));
  assert.equal(kept.length, 1);
  assert.deepEqual(links("/16"), ["/16", "/16/7", "/16/7/0;1"]);
});

test("what only reads is left out of a Create without error, and so is what nobody knows", async () => {
  const { create, values } = aTree();
  const given = { "/16/0/0/0": "a", "/16/0/3": 1, "/16/0/2/0": new Uint8Array(2), "/16/0/77": "b" };
  await create("/16/0", given);
  assert.deepEqual(await values("/16/0"), { "/16/0/0/0": "a" });
});

test("an object of one instance has it once, as 0", async () => {
  const { create, tree, remove } = aTree();
  const data = (instance: number) => ({ [`/10250/${instance}/1`]: Uint8Array.of(1) });
  assert.equal(tree.freeInstance(at("/10250")), 0);
  await assert.rejects(create("/10250/1", data(1)), refused(badRequest, /one instance, which is 0/));
  await create("/10250/0", data(0));
  await assert.rejects(create("/10250/1", data(1)), refused(badRequest, /one instance, and it is there/));
  assert.throws(() => tree.freeInstance(at("/10250")), refused(badRequest, /one instance, and it is there/));
  await remove("/10250/0");
  assert.equal(tree.freeInstance(at("/10250")), 0);
});

test("PUT on an instance replaces it: what is not named goes, what it must have must be named", async () => {
  const { create, put, values, told } = aTree();
  await create("/3442/1", { "/3442/1/110": "a", "/3442/1/120": 5, "/3442/1/1110/0": "x", "/3442/1/1110/1": "y" });
  await put("/3442/1", { "/3442/1/110": "b", "/3442/1/1110/1": "z" });
  assert.deepEqual(await values("/3442/1"), { "/3442/1/110": "b", "/3442/1/1110/1": "z" });
  assert.deepEqual(told.at(-1)?.removed, ["/3442/1/120", "/3442/1/1110/0"]);
  assert.deepEqual(
    told.at(-1)?.samples.map(({ path }) => path),
    ["/3442/1/110", "/3442/1/1110/1"],
  );
  await create("/16/0", { "/16/0/0/0": "a" });
  await assert.rejects(put("/16/0", {}), refused(badRequest, /must have a value of Identity/));
  assert.deepEqual(await values("/16/0"), { "/16/0/0/0": "a" });
});

test("POST on an instance changes what it names, and makes optional resources that are not there", async () => {
  const { create, post, values } = aTree();
  await create("/3442/1", { "/3442/1/110": "a", "/3442/1/1110/0": "x" });
  await post("/3442/1", { "/3442/1/120": 7, "/3442/1/1110/1": "y" });
  const after = { "/3442/1/110": "a", "/3442/1/120": 7, "/3442/1/1110/0": "x", "/3442/1/1110/1": "y" };
  assert.deepEqual(await values("/3442/1"), after);
});

test("of a multiple resource PUT replaces the instances, POST adds to them (Core 1.2 §6.3.3, example)", async () => {
  const { create, put, post, values } = aTree();
  await create("/16/0", { "/16/0/0/0": "Red", "/16/0/0/1": "Green" });
  await post("/16/0/0", { "/16/0/0/1": "Yellow", "/16/0/0/3": "Blue" });
  assert.deepEqual(await values("/16/0"), { "/16/0/0/0": "Red", "/16/0/0/1": "Yellow", "/16/0/0/3": "Blue" });
  await put("/16/0/0", { "/16/0/0/1": "Yellow", "/16/0/0/3": "Blue" });
  assert.deepEqual(await values("/16/0"), { "/16/0/0/1": "Yellow", "/16/0/0/3": "Blue" });
});

test("a Write to a resource that the object has and the instance has not makes it; an instance of one must be there", async () => {
  const { create, put, values, tree } = aTree();
  await create("/3442/1");
  assert.throws(() => tree.check(at("/3442/1/110")), refused(notFound));
  tree.check(at("/3442/1/110"), "write");
  await put("/3442/1/110", { "/3442/1/110": "a" });
  await put("/3442/1/1110", { "/3442/1/1110/4": "b" });
  assert.deepEqual(await values("/3442/1"), { "/3442/1/110": "a", "/3442/1/1110/4": "b" });
  await assert.rejects(put("/3442/1/1110/5", { "/3442/1/1110/5": "c" }), refused(notFound));
  await assert.rejects(put("/3442/1/1120/5", { "/3442/1/1120/5": 1 }), refused(notFound));
  await assert.rejects(put("/3442/1/7777", { "/3442/1/7777": 1 }), refused(notFound));
  await put("/3442/1/1110/4", { "/3442/1/1110/4": "d" });
  assert.deepEqual(await values("/3442/1/1110"), { "/3442/1/1110/4": "d" });
});

test("a Write with one value that cannot be changes nothing", async () => {
  const { create, post, put, values } = aTree();
  await create("/3442/1", { "/3442/1/110": "a" });
  const link = (object: number, instance: number) => ({ "/3442/1/110": "b", "/3442/1/170": { object, instance } });
  await assert.rejects(post("/3442/1", link(3442, 2)), refused(badRequest, /there is no 3442:2 to link to/));
  await assert.rejects(post("/3442/1", link(9, 65535)), refused(badRequest));
  await create("/16/0", { "/16/0/0/0": "a" });
  const readOnly = { "/16/0/0/0": "b", "/16/0/3": 1 };
  await assert.rejects(post("/16/0", readOnly), refused(methodNotAllowed, /\/16\/0\/3 cannot be written/));
  await assert.rejects(put("/3442/1/1110/0", {}), refused(notFound));
  await assert.rejects(put("/3442/1/110", {}), refused(badRequest, /no value for/));
  await assert.rejects(put("/3442", {}), refused(methodNotAllowed));
  assert.deepEqual(await values("/3442/1"), { "/3442/1/110": "a" });
  await post("/3442/1", link(3442, 1));
  await post("/3442/1", link(3442, 65535));
  await post("/3442/1", link(65535, 65535));
  assert.deepEqual((await values("/3442/1"))["/3442/1/170"], { object: 65535, instance: 65535 });
});

test("a Delete takes an instance, or an instance of a resource; a mandatory resource stays without any", async () => {
  const { create, remove, values, links, told } = aTree();
  await create("/16/0", { "/16/0/0/0": "a", "/16/0/0/1": "b" });
  await remove("/16/0/0/0");
  assert.deepEqual(told.at(-1), { samples: [], removed: ["/16/0/0/0"], instances: false });
  assert.deepEqual(await values("/16/0"), { "/16/0/0/1": "b" });
  await remove("/16/0/0/1");
  assert.deepEqual(links("/16/0"), ["/16/0", "/16/0/0;0"]);
  await create("/3442/0", { "/3442/0/1110/0": "x" });
  await remove("/3442/0/1110/0");
  assert.deepEqual(told.at(-1)?.removed, ["/3442/0/1110"], "an optional one goes with its last instance");
  await assert.rejects(remove("/3442/0/1110/0"), refused(notFound));
  await remove("/16/0");
  assert.deepEqual(told.at(-1), { samples: [], removed: ["/16/0"], instances: true });
  await assert.rejects(remove("/16/0"), refused(notFound));
  assert.deepEqual(links("/16"), ["/16"]);
});

test("what cannot be written is there, and empty, where it must be; else it is not there", async () => {
  const { create, tree, links, values } = aTree();
  await create("/10251/0", { "/10251/0/0": "AT+CSQ" });
  await assert.rejects(tree.execute(at("/10251/0/4"), ""), refused(methodNotAllowed, /does nothing with it/));
  assert.deepEqual(links("/10251/0"), ["/10251/0", "/10251/0/0", "/10251/0/1;0", "/10251/0/2;0", "/10251/0/4"]);
  await create("/3303/0");
  await assert.rejects(tree.read(at("/3303/0/5700")), refused(internalServerError, /\/3303\/0\/5700 has no value/));
  assert.deepEqual(await values("/3303/0"), {});
  await create("/16/0", { "/16/0/0/0": "a" });
  await assert.rejects(tree.execute(at("/16/0/1"), ""), refused(notFound));
  await assert.rejects(tree.read(at("/16/0/2")), refused(notFound));
});

test("a Write-Composite makes, writes and removes, or does nothing at all", async () => {
  const { create, change, values } = aTree();
  await create("/16/0", { "/16/0/0/0": "a", "/16/0/0/1": "b" });
  await create("/3442/0");
  const set = (path: string, value: Value): CompositeRecord => ({ type: "value", path: at(path), value });
  const removal = (path: string): CompositeRecord => ({ type: "removal", path: at(path) });
  await change(set("/3442/0/110", "x"), removal("/16/0/0/0"), set("/16/0/0/5", "c"), set("/3442/0/1110/2", "y"));
  const after = { "/16/0/0/1": "b", "/16/0/0/5": "c" };
  assert.deepEqual(await values("/16/0"), after);
  assert.deepEqual(await values("/3442/0"), { "/3442/0/110": "x", "/3442/0/1110/2": "y" });
  await change(set("/16/0/0/6", "d"), removal("/16/0/0/6"));
  const wrong = [
    removal("/16/0/0/6"),
    removal("/16/1/0/0"),
    set("/16/1/0/0", "x"),
    set("/16/0/3", 1),
    set("/16/0/0", "x"),
  ];
  for (const record of wrong) {
    await assert.rejects(async () => change(set("/16/0/0/1", "z"), record), Lwm2mError, record.path);
  }
  assert.deepEqual(await values("/16/0"), after);
});

test("beside a device: what is the device's goes there, first; while it is away the rest still works", async () => {
  const device = new FakeBacking("d01", { 3306: { instances: { 0: { 5850: false } } } });
  const stored = aStoredBacking({ prefix: "d01" });
  const tree = new ModelTree(new MergedBacking("d01", [device, stored.backing]));
  await tree.create(at("/d01/16/0"), [{ path: at("/d01/16/0/0/0"), value: "a" }]);
  const records: CompositeRecord[] = [
    { type: "value", path: at("/d01/16/0/0/0"), value: "b" },
    { type: "value", path: at("/d01/3306/0/5850"), value: true },
  ];
  await tree.prepareWrite(records)();
  assert.equal(device.calls.at(-1), "write /d01/3306/0/5850=true");
  device.failure = new Lwm2mError(CODE.internalServerError, "it did not answer");
  await assert.rejects(tree.prepareWrite([{ ...records[0], value: "c" } as CompositeRecord, ...records.slice(1)])());
  const [sample] = await tree.read(at("/d01/16/0/0"));
  assert.equal(sample?.value, "b", "nothing was kept where the device failed");
  Object.assign(device, { absence: () => "it is away" });
  await tree.prepareWrite(records.slice(0, 1))();
  assert.throws(() => tree.prepareWrite(records), /it is away/);
  await assert.rejects(tree.create(at("/d01/3306/1"), []), refused(methodNotAllowed, /made by the gateway/));
  await assert.rejects(tree.delete(at("/d01/3306/0")), refused(methodNotAllowed, /made by the gateway/));
  assert.throws(() => tree.freeInstance(at("/d01/3306")), refused(methodNotAllowed));
});

test("an instance of a resource of the gateway's own cannot be deleted: 4.01", async () => {
  const device = new FakeBacking("", { 3: { instances: { 0: { 11: { several: { 0: 0 } } } } } });
  const tree = new ModelTree(device);
  await assert.rejects(tree.delete(at("/3/0/11/0")), refused(unauthorized));
});
