import assert from "node:assert/strict";
import { test } from "node:test";
import { Lwm2mError } from "../../src/errors.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { ObjectDefinition } from "../../src/lwm2m/objects/definition.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import type { Lwm2mVersion } from "../../src/lwm2m/objects/versions.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { accountOf } from "../../src/servers/account.ts";
import { ServerObject } from "../../src/servers/server-object.ts";

function aServerObject(version: Lwm2mVersion = "1.2") {
  const heard: string[] = [];
  const accounts = [
    accountOf({ id: 101, lifetime: 300_000, pmin: 1000 }, 0),
    accountOf({ id: 102, lifetime: 60_000 }, 1),
  ];
  const object = new ServerObject(
    { "1.0": definition("1.0"), "1.1": definition("1.1"), "1.2": definition("1.2") },
    accounts,
    {
      onWritten: ({ shortServerId }, samples, removed) => {
        for (const { path, value } of samples) heard.push(`${shortServerId} ${path}=${String(value)}`);
        for (const path of removed) heard.push(`${shortServerId} ${path} removed`);
      },
      onUpdateTrigger: (account) => heard.push(`${account.shortServerId} update`),
      onDisable: (account) => heard.push(`${account.shortServerId} disable ${account.disableTimeout}`),
    },
    () => 0,
  );
  for (const account of accounts) object.registered(account, version);
  const tree = new ModelTree(object);
  const values = async (path: string) =>
    Object.fromEntries((await tree.read(parsePath(path))).map((sample) => [sample.path, sample.value]));
  return { tree, object, accounts, heard, values };
}

function definition(version: Lwm2mVersion): ObjectDefinition {
  return catalogue.find(1, version) ?? assert.fail();
}

/** One resource, by PUT. */
async function put(tree: ModelTree, name: string, value: Value): Promise<void> {
  const path = parsePath(name);
  await tree.write(path, [{ path, value }], "replace");
}

/** An instance, by PUT or POST. */
async function writeInstance(
  tree: ModelTree,
  name: string,
  values: Readonly<Record<string, Value>>,
  mode: "replace" | "update",
): Promise<void> {
  const written = Object.entries(values).map(([id, value]) => ({ path: parsePath(`${name}/${id}`), value }));
  await tree.write(parsePath(name), written, mode);
}

const code = (expected: number) => (error: unknown) => error instanceof Lwm2mError && error.code === expected;

test("each server has an instance that shows its account; what was never written is left out", async () => {
  const { tree } = aServerObject();
  const samples = await tree.read(parsePath("/1/0"));
  assert.deepEqual(
    samples.map(({ path, value }) => [path, value]),
    [
      ["/1/0/0", 101],
      ["/1/0/1", 300],
      ["/1/0/2", 1],
      ["/1/0/5", 86400],
      ["/1/0/6", true],
      ["/1/0/7", "U"],
      ["/1/0/23", false],
    ],
  );
  assert.equal((await tree.read(parsePath("/1/1/1")))[0]?.value, 60);
  await assert.rejects(tree.read(parsePath("/1/0/17")), code(0x84));
});

test("a written lifetime holds and is told, and a negative one changes nothing", async () => {
  const { tree, heard } = aServerObject();
  const path = parsePath("/1/1/1");
  await tree.write(path, [{ path, value: 20 }], "replace");
  assert.equal((await tree.read(path))[0]?.value, 20);
  assert.deepEqual(heard, ["102 /1/1/1=20"]);
  await assert.rejects(tree.write(path, [{ path, value: -1 }], "replace"), code(0x80));
  assert.equal((await tree.read(path))[0]?.value, 20);
});

test("times that no calendar holds are refused, as numbers and as 64-bit integers", async () => {
  const { tree, heard } = aServerObject();
  for (const resource of [1, 2, 3, 5, 17, 18, 19, 20]) {
    const path = parsePath(`/1/1/${resource}`);
    for (const value of [0x1_0000_0000, 2n ** 63n - 1n]) {
      await assert.rejects(tree.write(path, [{ path, value }], "replace"), code(0x80), `${path}=${value}`);
    }
    await tree.write(path, [{ path, value: 0xffff_ffff }], "replace");
  }
  const path = parsePath("/1/1/1");
  await assert.rejects(tree.write(path, [{ path, value: -(2n ** 63n) }], "replace"), code(0x80));
  assert.equal(heard.length, 8);
});

test("a binding that the gateway does not have is refused; in 1.0 queue mode is one of its letters", async () => {
  const { tree, heard } = aServerObject();
  for (const value of ["T", "UQ", "UT", ""]) await assert.rejects(put(tree, "/1/0/7", value), code(0x80), value);
  await put(tree, "/1/0/7", "U");
  const old = aServerObject("1.0");
  await put(old.tree, "/1/0/7", "UQ");
  assert.deepEqual([old.accounts[0]?.queueMode, await old.values("/1/0/7")], [true, { "/1/0/7": "UQ" }]);
  await put(old.tree, "/1/0/7", "U");
  assert.equal(old.accounts[0]?.queueMode, false);
  assert.deepEqual([heard, old.heard], [["101 /1/0/7=U"], ["101 /1/0/7=UQ", "101 /1/0/7=U"]]);
});

test("Disable and Registration Update Trigger reach the account that they are executed on", async () => {
  const { tree, heard } = aServerObject();
  await tree.execute(parsePath("/1/1/8"), "");
  await tree.execute(parsePath("/1/0/4"), "");
  await assert.rejects(tree.execute(parsePath("/1/0/1"), ""), code(0x85));
  assert.deepEqual(heard, ["102 update", "101 disable 86400"]);
});

test("the Update Trigger takes our binding as its argument, and no other", async () => {
  const { tree, heard } = aServerObject();
  const path = parsePath("/1/0/8");
  await tree.execute(path, "0='U'");
  for (const args of ["0='T'", "0='UQ'", "0", "1='U'", "0='U',1"]) {
    await assert.rejects(tree.execute(path, args), code(0x80), args);
  }
  await assert.rejects(tree.execute(path, "0='T'"), /this server has the binding U only, not T/);
  assert.deepEqual(heard, ["101 update"]);
});

test("an instance has the resources of the version that its server has registered us with", async () => {
  const newest = [22, 23, 25, 26, 27];
  const { object, accounts, tree } = aServerObject();
  const [one = assert.fail()] = accounts;
  const writable = async (resource: number, value: Value) =>
    put(tree, `/1/0/${resource}`, value).then(
      () => true,
      () => false,
    );
  const listed = () => tree.discover(parsePath("/1/0")).map(({ path }) => path);
  const write = async () => [
    await writable(17, 3),
    await writable(22, "U"),
    await writable(23, true),
    await writable(26, 1),
    await writable(27, 1),
  ];
  object.registered(one, "1.0");
  assert.deepEqual(await write(), [false, false, false, false, false]);
  assert.deepEqual(listed(), ["/1/0", ...[0, 1, 2, 4, 5, 6, 7, 8].map((id) => `/1/0/${id}`)]);
  object.registered(one, "1.1");
  assert.deepEqual(await write(), [true, true, true, false, false]);
  object.registered(one, "1.2");
  assert.deepEqual(await write(), [true, true, true, true, true]);
  for (const id of newest) assert.equal(listed().includes(parsePath(`/1/0/${id}`)), id !== 25);
});

test("Preferred Transport is kept as a wish: any letter that Core knows", async () => {
  const { tree, values } = aServerObject();
  for (const letter of ["U", "M", "H", "T", "S", "N"]) await put(tree, "/1/0/22", letter);
  assert.deepEqual(await values("/1/0/22"), { "/1/0/22": "N" });
  for (const wrong of ["UQ", "", "X"]) await assert.rejects(put(tree, "/1/0/22", wrong), code(0x80));
});

test("Default Notification Mode is 0 or 1, Profile ID Hash Algorithm one byte", async () => {
  const { tree, accounts } = aServerObject();
  await put(tree, "/1/0/26", 0);
  await put(tree, "/1/0/27", 255);
  assert.deepEqual([accounts[0]?.notificationMode, accounts[0]?.profileHash], [0, 255]);
  for (const value of [2, -1]) await assert.rejects(put(tree, "/1/0/26", value), code(0x80));
  await assert.rejects(put(tree, "/1/0/27", 256), code(0x80));
});

test("Supported Server Versions: made, extended, replaced and taken away", async () => {
  const { tree, accounts, heard, values } = aServerObject();
  await writeInstance(tree, "/1/0/25", { 0: "1.1", 3: "1.2" }, "replace");
  await writeInstance(tree, "/1/0/25", { 1: "1.0" }, "update");
  assert.deepEqual(await values("/1/0"), {
    ...{ "/1/0/0": 101, "/1/0/1": 300, "/1/0/2": 1, "/1/0/5": 86400, "/1/0/6": true, "/1/0/7": "U", "/1/0/23": false },
    ...{ "/1/0/25/0": "1.1", "/1/0/25/1": "1.0", "/1/0/25/3": "1.2" },
  });
  await tree.delete(parsePath("/1/0/25/1"));
  await writeInstance(tree, "/1/0/25", { 0: "1.2.1" }, "replace");
  assert.deepEqual([...(accounts[0]?.supportedVersions ?? [])], [[0, "1.2.1"]]);
  assert.deepEqual(heard.slice(-2), ["101 /1/0/25/0=1.2.1", "101 /1/0/25/3 removed"]);
  await writeInstance(tree, "/1/0/25", {}, "replace");
  await assert.rejects(tree.read(parsePath("/1/0/25")), code(0x84));
  for (const wrong of ["", "1", "one.two", "1.1.1.1", "1.x"]) {
    await assert.rejects(writeInstance(tree, "/1/0/25", { 0: wrong }, "update"), code(0x80), wrong);
  }
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, "1.1"]));
  await assert.rejects(writeInstance(tree, "/1/0/25", many, "replace"), code(0x80));
  assert.equal(accounts[0]?.supportedVersions.size, 0, "all of it or nothing");
});

test("a replacing Write of the instance takes away what it does not name, an updating one does not", async () => {
  const { tree, heard, values } = aServerObject();
  const whole = { 1: 60, 6: false, 7: "U" };
  await writeInstance(tree, "/1/0", { 3: 20, 18: 5, 26: 0 }, "update");
  assert.deepEqual(await values("/1/0/2"), { "/1/0/2": 1 });
  heard.length = 0;
  await writeInstance(tree, "/1/0", whole, "replace");
  assert.deepEqual(await values("/1/0"), {
    ...{ "/1/0/0": 101, "/1/0/1": 60, "/1/0/5": 86400, "/1/0/6": false, "/1/0/7": "U", "/1/0/23": false },
  });
  const removed = heard.filter((line) => line.endsWith("removed"));
  assert.deepEqual(
    removed,
    [2, 3, 18, 26].map((id) => `101 /1/0/${id} removed`),
  );
  await assert.rejects(writeInstance(tree, "/1/0", { 1: 60, 6: false }, "replace"), code(0x80), "7 is mandatory");
  await assert.rejects(writeInstance(tree, "/1/0", { ...whole, 1: -1 }, "replace"), code(0x80));
  assert.deepEqual(await values("/1/0/1"), { "/1/0/1": 60 });
});

test("what only reads is refused, and the instances are the configuration's", async () => {
  const { tree, values } = aServerObject();
  await assert.rejects(put(tree, "/1/0/0", 7), code(0x85));
  await assert.rejects(writeInstance(tree, "/1/0", { 0: 7, 1: 60 }, "update"), code(0x85));
  assert.deepEqual(await values("/1/0/1"), { "/1/0/1": 300 });
  await assert.rejects(tree.delete(parsePath("/1/1")), code(0x85));
  await assert.rejects(async () => tree.freeInstance(parsePath("/1")), code(0x85));
  const whole = Object.entries({ 1: 60, 6: true, 7: "U" });
  const values5 = whole.map(([id, value]) => ({ path: parsePath(`/1/5/${id}`), value }));
  await assert.rejects(tree.create(parsePath("/1/5"), values5), code(0x85));
});
