import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { Edit } from "../../src/lwm2m/tree.ts";
import { at } from "../support/fake-backing.ts";
import { refused } from "../support/refused.ts";
import { aStoredBacking } from "../support/stored-backing.ts";

const create = (path: string, identity: string): readonly Edit[] => [
  { type: "create", path: at(path) },
  set(path, identity),
];

function set(path: string, value: string): Edit {
  return { type: "set", path: at(`${path}/0/0`), value };
}

/** A disk that says yes, or no, when the test does. */
function aSlowDisk() {
  const waiting: { readonly yes: () => void; readonly no: (error: Error) => void }[] = [];
  const keep = (): Promise<void> => new Promise((yes, no) => waiting.push({ yes, no }));
  const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { keep, waiting, turn };
}

const FULL = new Lwm2mError(CODE.internalServerError, "the disk is full");

test("nothing is there, and nobody hears of it, before it lies on the disk", async () => {
  const { keep, waiting, turn } = aSlowDisk();
  const { backing, told } = aStoredBacking({ keep });
  const done = backing.editing.prepare(create("/16/0", "a"))();
  await turn();
  assert.equal(backing.model.get(16)?.instances.size, 0);
  assert.equal(told.length, 0);
  waiting[0]?.yes();
  await done;
  assert.equal(backing.model.get(16)?.instances.size, 1);
  assert.deepEqual(
    told.map(({ samples, instances }) => [samples.map(({ path }) => path), instances]),
    [[["/16/0/0/0"], true]],
  );
});

test("two Creates at once get two instances", async () => {
  const { keep, waiting, turn } = aSlowDisk();
  const { backing } = aStoredBacking({ keep });
  const tree = new ModelTree(backing);
  const make = async (): Promise<number> => {
    const instance = tree.freeInstance(at("/16"));
    await tree.create(at(`/16/${instance}`), [{ path: at(`/16/${instance}/0/0`), value: "x" }]);
    return instance;
  };
  const made = [make(), make()];
  for (let i = 0; i < 2; i++) {
    await turn();
    waiting[i]?.yes();
  }
  assert.deepEqual(await Promise.all(made), [0, 1]);
});

test("each change is checked against what the one before it left", async () => {
  const { keep, waiting, turn } = aSlowDisk();
  const { backing } = aStoredBacking({ keep });
  const changes = [create("/16/0", "a"), create("/16/0", "b")].map((edits) => backing.editing.prepare(edits)());
  const [, second] = changes.map((change) => change.catch((error: unknown) => error));
  await turn();
  waiting[0]?.yes();
  await changes[0];
  assert.ok(refused(CODE.badRequest, /is there already/)(await second));
  const removal = backing.editing.prepare([{ type: "remove", path: at("/16/0") }])();
  const late = backing.editing
    .prepare([set("/16/0", "c")])()
    .catch((error: unknown) => error);
  await turn();
  waiting[1]?.yes();
  await removal;
  assert.ok(refused(CODE.notFound)(await late));
  assert.equal(waiting.length, 2, "what cannot be done is not brought to the disk");
});

test("a disk that refuses changes nothing, and the next one is asked as ever", async () => {
  let failure: Error | undefined = FULL;
  const keep = async (): Promise<void> => {
    if (failure !== undefined) throw failure;
  };
  const { backing, told, kept } = aStoredBacking({ keep });
  await assert.rejects(backing.editing.prepare(create("/16/0", "a"))(), refused(CODE.internalServerError, /full/));
  assert.equal(backing.model.get(16)?.instances.size, 0);
  assert.equal(backing.editing.freeInstance(16), 0, "the ID is free again");
  failure = undefined;
  await backing.editing.prepare(create("/16/0", "b"))();
  assert.deepEqual([told.length, kept.length], [1, 1]);
});

test("an object takes so many instances, a value so many bytes, and no more", async () => {
  const { backing, kept } = aStoredBacking({ limits: { instances: 2, valueBytes: 8 } });
  await backing.editing.prepare(create("/16/0", "ä".repeat(4)))();
  await backing.editing.prepare(create("/16/9", "b"))();
  assert.throws(
    () => backing.editing.freeInstance(16),
    refused(CODE.internalServerError, /2 instances of an object at most/),
  );
  assert.throws(() => backing.editing.prepare(create("/16/5", "c")), refused(CODE.internalServerError, /no room/));
  assert.throws(
    () => backing.editing.prepare([set("/16/0", "ä".repeat(5))]),
    refused(CODE.badRequest, /\/16\/0\/0\/0: a value of 10 bytes; this gateway keeps 8 at most/),
  );
  assert.equal(kept.length, 2);
});

test("where more instances are there than may be, they can still be written and removed", async () => {
  const stored = [0, 1, 2].map((instance) => ({
    ...{ object: 16, instance, values: [{ resource: 0, resourceInstance: 0, value: "a", time: 5 }] },
  }));
  const { backing } = aStoredBacking({ stored, limits: { instances: 1 } });
  await backing.editing.prepare([set("/16/0", "b")])();
  await backing.editing.prepare([{ type: "remove", path: at("/16/1") }])();
  assert.deepEqual([...(backing.model.get(16)?.instances.keys() ?? [])], [0, 2]);
});

test("each value has the time at which it was written", async () => {
  const stored = [{ object: 16, instance: 0, values: [{ resource: 0, resourceInstance: 1, value: "a", time: 5 }] }];
  const world = aStoredBacking({ stored });
  world.time = 77;
  await world.backing.editing.prepare([set("/16/0", "b")])();
  assert.deepEqual(await world.backing.read([at("/16/0/0")]), [
    [
      { path: "/16/0/0/0", value: "b", time: 77 },
      { path: "/16/0/0/1", value: "a", time: 5 },
    ],
  ]);
});

test("a closed one has finished what was asked before, and takes nothing more", async () => {
  const { keep, waiting, turn } = aSlowDisk();
  const { backing, told } = aStoredBacking({ keep });
  const first = backing.editing.prepare(create("/16/0", "a"))();
  await turn();
  const closed = backing.close();
  const late = assert.rejects(backing.editing.prepare(create("/16/1", "b"))(), refused(CODE.internalServerError));
  waiting[0]?.yes();
  await Promise.all([first, closed, late]);
  assert.equal(told.length, 1);
});
