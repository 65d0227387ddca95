import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { MergedBacking } from "../../src/lwm2m/merged-backing.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { Path } from "../../src/lwm2m/path.ts";
import { RebasedBacking } from "../../src/lwm2m/rebased-backing.ts";
import type { Act, Backing } from "../../src/lwm2m/tree.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { refused } from "../support/refused.ts";
import { aStoredBacking } from "../support/stored-backing.ts";

/** Permits nothing, and remembers what it was asked. */
function forbidding<T extends Backing>(backing: T): { readonly backing: T; readonly asked: string[] } {
  const asked: string[] = [];
  const permit = (path: Path, act: Act): void => {
    asked.push(`${act} ${path}`);
    throw new Lwm2mError(CODE.unauthorized, (as) => `${as(path)} is not yours`);
  };
  return { backing: Object.assign(backing, { permit }), asked };
}

function aValve() {
  return forbidding(new FakeBacking("valve", { 3306: { instances: { 0: { 5850: false } } }, 3: { instances: {} } }));
}

test("who may not write is told so before values are looked at, and what is not there is told first", () => {
  const { backing, asked } = aValve();
  const tree = new ModelTree(backing);
  assert.throws(() => tree.check(at("/valve/3306/0/5850"), "write"), refused(CODE.unauthorized, /not yours/));
  assert.throws(() => tree.check(at("/valve/3306/7"), "write"), refused(CODE.notFound));
  tree.check(at("/valve/3306/0/5850"));
  tree.check(at("/valve/3306/0/5850"), "report");
  assert.deepEqual(asked, ["write /valve/3306/0/5850"]);
});

test("an execute is refused before its arguments are looked at", async () => {
  const { backing, asked } = forbidding(new FakeBacking("", { 3: { instances: { 0: { 4: "execute" } } } }));
  const tree = new ModelTree(backing);
  await assert.rejects(tree.execute(at("/3/0/4"), "no arguments"), refused(CODE.unauthorized));
  assert.deepEqual(asked, ["execute /3/0/4"]);
  assert.deepEqual(backing.calls, []);
});

test("an instance is neither made nor removed by who may not", async () => {
  const stored = [{ object: 16, instance: 0, values: [] }];
  const { backing, asked } = forbidding(aStoredBacking({ stored }).backing);
  const tree = new ModelTree(backing);
  assert.throws(() => tree.check(at("/16"), "create"), refused(CODE.unauthorized));
  await assert.rejects(tree.create(at("/16/1"), []), refused(CODE.unauthorized));
  await assert.rejects(tree.delete(at("/16/0")), refused(CODE.unauthorized));
  assert.deepEqual(asked, ["create /16", "create /16", "delete /16/0"]);
});

test("a backing made of several asks the one that has the object, and one without prefix the one behind it", () => {
  const own = new FakeBacking("valve", { 3: { instances: { 0: { 14: "+01" } } } });
  const { backing } = aValve();
  const merged = new MergedBacking("valve", [own, backing]);
  merged.permit(at("/valve/3/0/14"), "write");
  assert.throws(() => merged.permit(at("/valve/3306/0"), "write"), refused(CODE.unauthorized));
  assert.throws(
    () => new RebasedBacking(merged).permit(at("/3306/0/5850"), "write"),
    refused(CODE.unauthorized, /^\/3306\/0\/5850 is not yours$/),
  );
});
