import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { MergedBacking } from "../../src/lwm2m/merged-backing.ts";
import type { Edit, Editing } from "../../src/lwm2m/tree.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { aStoredBacking } from "../support/stored-backing.ts";

function twoBackings() {
  const device = new FakeBacking("", { 3: { instances: { 0: { 0: "Acme", 4: "execute", 14: "+01" } } } });
  const sensor = new FakeBacking("", { 3303: { instances: { 0: { 5700: 20 } } } });
  return { device, sensor, merged: new MergedBacking("", [device, sensor]) };
}

test("each object is served by the backing that has it, and outcomes keep their order", async () => {
  const { device, sensor, merged } = twoBackings();
  assert.deepEqual([...merged.model.keys()].sort(), [3, 3303]);
  const outcomes = await merged.read([at("/3/0/0"), at("/3303/0/5700"), at("/3/0/14"), at("/9/0/0")]);
  const seen = outcomes.map((outcome) => (outcome instanceof Lwm2mError ? outcome.code : outcome[0]?.value));
  assert.deepEqual(seen, ["Acme", 20, "+01", CODE.notFound]);
  assert.deepEqual(device.calls, ["read /3/0/0 /3/0/14"]);
  assert.deepEqual(sensor.calls, ["read /3303/0/5700"]);
  await merged.prepareWrite([{ path: at("/3/0/14"), value: "+02" }])();
  await merged.execute(at("/3/0/4"), "");
  assert.deepEqual(device.calls.slice(1), ["write /3/0/14=+02", "execute /3/0/4 "]);
});

test("of two backings with the same object the first serves it", async () => {
  const first = new FakeBacking("", { 3: { instances: { 0: { 0: "first" } } } });
  const second = new FakeBacking("", { 3: { instances: { 0: { 0: "second" }, 1: { 0: "x" } } } });
  const merged = new MergedBacking("", [first, second]);
  assert.equal(merged.model.get(3)?.instances.size, 1);
  const [outcome] = await merged.read([at("/3/0/0")]);
  assert.ok(outcome !== undefined && !(outcome instanceof Lwm2mError));
  assert.equal(outcome[0]?.value, "first");
});

test("a write to what no backing has any more is refused, and nothing is written", async () => {
  const { device, merged } = twoBackings();
  const values = [
    { path: at("/3/0/14"), value: "+02" },
    { path: at("/9/0/0"), value: "x" },
  ];
  assert.throws(() => merged.prepareWrite(values), Lwm2mError);
  await assert.rejects(merged.execute(at("/9/0/0"), ""), Lwm2mError);
  assert.deepEqual(device.calls, []);
});

test("the model is the same one until a backing has another", () => {
  const { sensor, merged } = twoBackings();
  const before = merged.model;
  assert.equal(merged.model, before);
  sensor.model = new Map();
  assert.deepEqual([...merged.model.keys()], [3]);
});

test("where one is away, that is the reason", () => {
  const { sensor, merged } = twoBackings();
  assert.equal(merged.absence([]), undefined);
  Object.assign(sensor, { absence: () => "it is away" });
  assert.equal(merged.absence([]), "it is away");
});

test("edits go to the backing whose objects they are; the one that may fail goes first, and then the other does nothing", async () => {
  const done: string[] = [];
  let fails = true;
  const disk = aStoredBacking({
    objects: [16],
    keep: async () => {
      if (fails) throw new Lwm2mError(CODE.internalServerError, "the disk is full");
      done.push("disk");
    },
  });
  const memory = new FakeBacking("", { 1: { version: "1.2", instances: { 0: { 1: 60 } } } });
  const certain: Editing = {
    objects: new Set([1]),
    certain: true,
    freeInstance: () => 7,
    prepare: (edits) => async () => {
      done.push(...edits.map(({ path }) => path));
    },
  };
  Object.assign(memory, { editing: certain });
  const { editing } = new MergedBacking("", [memory, disk.backing]);
  assert.deepEqual([...(editing?.objects ?? [])].sort(), [1, 16]);
  assert.deepEqual([editing?.freeInstance(16), editing?.freeInstance(1)], [0, 7]);
  const edits: readonly Edit[] = [
    { type: "set", path: at("/1/0/1"), value: 90 },
    { type: "create", path: at("/16/0") },
  ];
  await assert.rejects(async () => editing?.prepare(edits)(), /the disk is full/);
  assert.deepEqual(done, []);
  fails = false;
  await editing?.prepare(edits)();
  assert.deepEqual(done, ["disk", "/1/0/1"]);
  assert.throws(() => new MergedBacking("", [disk.backing, aStoredBacking({ objects: [19] }).backing]), RangeError);
});

test("backings of another prefix cannot be merged", () => {
  assert.throws(() => new MergedBacking("d01", [new FakeBacking("d02", {})]), RangeError);
});
