/** Stored objects over the real store: what is there after a restart, and what a bad disk does. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Sqlite from "better-sqlite3";
import { CODE } from "../../../src/coap/codes.ts";
import { Lwm2mError } from "../../../src/errors.ts";
import type { StoredOwner } from "../../../src/gateway/state/stored-objects.ts";
import type { ModelTree } from "../../../src/lwm2m/model-tree.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { Value } from "../../../src/lwm2m/sample.ts";
import { type DeviceClaim, StoreError } from "../../../src/store/store.ts";
import {
  type InstanceStore,
  inStore,
  OWN,
  PORTFOLIO,
  type StoreSetup,
  type StoreWorld,
  TEST_OBJECT,
  valuesOf,
} from "../../support/in-store.ts";
import { refused } from "../../support/refused.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const label = (tree: ModelTree, path: string, text: string): Promise<void> =>
  tree.create(parsePath(path), [{ path: parsePath(`${path}/0/0`), value: text }]);

test("a value of each type is the same after a restart, to the last digit", async (t) => {
  const directory = temporaryDirectory(t);
  const values: Record<string, Value> = {
    "/3442/0/110": 'a "quoted"\u0000 text, ü',
    "/3442/0/120": -(2n ** 63n),
    "/3442/0/125": 2n ** 64n - 1n,
    "/3442/0/130": 0.1 + 0.2,
    "/3442/0/140": true,
    "/3442/0/150": Uint8Array.of(0, 255, 128),
    "/3442/0/160": 1_700_000_000,
    "/3442/0/170": { object: 3442, instance: 0 },
    "/3442/0/180": "</3/0>",
    "/3442/0/1110/65534": "",
  };
  const listed = Object.entries(values).map(([path, value]) => ({ path: parsePath(path), value }));
  const { "/3442/0/170": _link, ...first } = values;
  await inStore(directory, async ({ tree }) => {
    const linkless = listed.filter(({ path }) => path in first);
    await tree().create(parsePath("/3442/0"), linkless);
    await tree().write(parsePath("/3442/0"), listed, "update");
  });
  assert.deepEqual(await inStore(directory, ({ tree }) => valuesOf(tree(), "/3442")), values);
});

test("what a device has goes with its id, comes back with it, and is gone when it is forgotten", async (t) => {
  const directory = temporaryDirectory(t);
  const owner = (device: string, prefix: string): StoredOwner => ({ device, prefix, objects: [PORTFOLIO] });
  const as = (device: string, prefix: string, claim: DeviceClaim): StoreSetup => ({
    claims: [claim],
    owners: [owner(device, prefix)],
  });
  await inStore(directory, ({ tree }) => label(tree("a"), "/a/16/0", "pump"), as("a", "a", { id: "a" }));
  await inStore(directory, async () => {}, { owners: [OWN] });
  const renamed = as("b", "room", { id: "b", was: "a", prefix: "room" });
  await inStore(
    directory,
    async ({ tree, forget }) => {
      assert.deepEqual(await valuesOf(tree("room"), "/room/16"), { "/room/16/0/0/0": "pump" });
      forget("b");
    },
    renamed,
  );
  assert.deepEqual(await inStore(directory, ({ tree }) => valuesOf(tree("room"), "/room/16"), renamed), {});
});

test("owners that stay are left alone; those that change have what was stored", async (t) => {
  await inStore(temporaryDirectory(t), async ({ stored, tree }) => {
    await label(tree(), "/16/0", "a");
    const before = stored.backingOf("");
    assert.equal(await stored.adopt([{ ...OWN, objects: [PORTFOLIO, TEST_OBJECT] }]), false);
    assert.equal(stored.backingOf(""), before);
    assert.equal(await stored.adopt([{ ...OWN, objects: [TEST_OBJECT] }]), true);
    await assert.rejects(valuesOf(tree(), "/16"), Lwm2mError);
    await stored.adopt([OWN]);
    assert.deepEqual(await valuesOf(tree(), "/16"), { "/16/0/0/0": "a" });
    assert.equal(await stored.adopt([]), true);
    assert.equal(stored.backingOf(""), undefined);
  });
});

test("a damaged row is told once and left out, and so is a value that does not fit; the rest is there", async (t) => {
  const directory = temporaryDirectory(t);
  await inStore(directory, async ({ tree }) => {
    await label(tree(), "/16/0", "a");
    await label(tree(), "/16/1", "b");
    await tree().create(parsePath("/3442/0"), [
      { path: parsePath("/3442/0/110"), value: "text" },
      { path: parsePath("/3442/0/120"), value: 5 },
    ]);
  });
  edit(directory, "UPDATE instances SET content = '[[' WHERE object = 16 AND instance = 0");
  edit(directory, `UPDATE instances SET content = replace(content, ',5]', ',"five"]') WHERE object = 3442`);
  await inStore(directory, async ({ tree, stored, lines }) => {
    assert.deepEqual(await valuesOf(tree(), "/16", "/3442"), { "/16/1/0/0": "b", "/3442/0/110": "text" });
    await stored.adopt([]);
    await stored.adopt([OWN]);
    const told = lines.map(({ level, fields: { path }, message }) => `${level} ${path} ${message.slice(0, 36)}`);
    assert.deepEqual(told, [
      "error /16/0 what was stored cannot be read and i",
      "error /3442/0/120 what was stored does not fit the obj",
    ]);
    await label(tree(), "/16/0", "new");
  });
  const after = await inStore(directory, ({ tree }) => valuesOf(tree(), "/16"));
  assert.deepEqual(after, { "/16/0/0/0": "new", "/16/1/0/0": "b" });
});

test("a full disk: 5.00 with a reason, nothing is changed, told once, and it goes on", async (t) => {
  const directory = temporaryDirectory(t);
  const long = "x".repeat(60_000);
  await inStore(directory, async ({ tree, lines, leaveRoom }) => {
    await label(tree(), "/16/0", "a");
    leaveRoom(0);
    const full = refused(CODE.internalServerError, /could not write it to its disk \(unwritable\): nothing is changed/);
    await assert.rejects(label(tree(), "/16/1", long), full);
    await assert.rejects(label(tree(), "/16/2", long), full);
    assert.deepEqual(await valuesOf(tree(), "/16"), { "/16/0/0/0": "a" });
    leaveRoom(undefined);
    await label(tree(), "/16/1", "c");
    assert.deepEqual(
      lines.map(({ level, message }) => `${level} ${message}`),
      ["error stored objects cannot be written: servers are refused", "info stored objects can be written again"],
    );
  });
  const after = await inStore(directory, ({ tree }) => valuesOf(tree(), "/16"));
  assert.deepEqual(after, { "/16/0/0/0": "a", "/16/1/0/0": "c" });
});

test("a store that fails is an answer too: 5.00, and nothing is changed", async (t) => {
  const store = ({ loadInstances }: InstanceStore): InstanceStore => ({
    loadInstances,
    saveInstances: () => Promise.reject(new StoreError("failed", "the store's thread died")),
  });
  const fails = async ({ tree }: StoreWorld): Promise<void> => {
    await assert.rejects(label(tree(), "/16/0", "a"), refused(CODE.internalServerError, /\(failed\)/));
    assert.deepEqual(await valuesOf(tree(), "/16"), {});
  };
  await inStore(temporaryDirectory(t), fails, { store });
});

test("all of it together has an end; what shrinks is always taken", async (t) => {
  const limits = { instances: 100, valueBytes: 1000, bytes: 2000 };
  const directory = temporaryDirectory(t);
  const fill = async ({ tree }: StoreWorld): Promise<void> => {
    const full = refused(CODE.internalServerError, /2000 bytes at most/);
    await assert.rejects(label(tree(), "/16/9", "x".repeat(900)), full);
    await tree().delete(parsePath("/16/1"));
    await label(tree(), "/16/9", "x".repeat(800));
    await assert.rejects(label(tree(), "/16/10", "x".repeat(900)), full);
    await tree().delete(parsePath("/16/9"));
    await label(tree(), "/16/1", "x".repeat(900));
  };
  await inStore(
    directory,
    async (world) => {
      await label(world.tree(), "/16/0", "x".repeat(600));
      await label(world.tree(), "/16/1", "x".repeat(900));
      await fill(world);
    },
    { limits },
  );
  await inStore(directory, fill, { limits });
});

function edit(directory: string, sql: string): void {
  const db = new Sqlite(join(directory, "gateway.db"));
  db.exec(sql);
  db.close();
}
