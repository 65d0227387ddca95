import assert from "node:assert/strict";
import { test } from "node:test";
import { Lwm2mError } from "../../src/errors.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { accountOf } from "../../src/servers/account.ts";
import { ServerObject } from "../../src/servers/server-object.ts";

function aServerObject() {
  const heard: string[] = [];
  const definition = catalogue.find(1, "1.2");
  assert.ok(definition);
  const accounts = [
    accountOf({ id: 101, lifetime: 300_000, pmin: 1000 }, 0),
    accountOf({ id: 102, lifetime: 60_000 }, 1),
  ];
  const object = new ServerObject(
    definition,
    accounts,
    {
      onWritten: (account, { path, value }) => heard.push(`${account.shortServerId} ${path}=${String(value)}`),
      onUpdateTrigger: (account) => heard.push(`${account.shortServerId} update`),
      onDisable: (account) => heard.push(`${account.shortServerId} disable ${account.disableTimeout}`),
    },
    () => 0,
  );
  return { tree: new ModelTree(object), heard };
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

test("a binding that the gateway does not have is refused", async () => {
  const { tree } = aServerObject();
  const path = parsePath("/1/0/7");
  await assert.rejects(tree.write(path, [{ path, value: "T" }], "replace"), code(0x80));
  await tree.write(path, [{ path, value: "U" }], "replace");
});

test("Disable and Registration Update Trigger reach the account that they are executed on", async () => {
  const { tree, heard } = aServerObject();
  await tree.execute(parsePath("/1/1/8"), "");
  await tree.execute(parsePath("/1/0/4"), "");
  await assert.rejects(tree.execute(parsePath("/1/0/1"), ""), code(0x85));
  assert.deepEqual(heard, ["102 update", "101 disable 86400"]);
});
