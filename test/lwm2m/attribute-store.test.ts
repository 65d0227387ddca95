import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { type Attributes, parseAttributes } from "../../src/lwm2m/attributes.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";

const objects = {
  3: { instances: { 0: { 0: "Acme", 4: "execute", 7: { several: { 0: 3300, 1: 5000 } } } } },
  3303: { instances: { 0: { 5700: 20, 5601: 1 } } },
  5: { instances: { 0: { 0: new Uint8Array(), 3: 0 } } },
} as const;
const own = new ModelTree(new FakeBacking("", objects));
const device = new ModelTree(new FakeBacking("d01", objects));

function aStore(defaults: Attributes = {}) {
  const store = new AttributeStore(() => defaults);
  const set = (path: string, query: string): void =>
    store.set(at(path), parseAttributes(query.split("&")), path.startsWith("/d01") ? device : own);
  return { store, set };
}

test("each attribute counts from the lowest level that has it, else from the Server object", () => {
  const { store, set } = aStore({ pmin: 1, pmax: 600 });
  assert.deepEqual(store.effective(at("/3303/0/5700")), { pmin: 1, pmax: 600 });
  set("/3303", "pmin=10&con=0");
  set("/3303/0", "pmin=5&pmax=60");
  set("/3303/0/5700", "gt=30&pmax=20");
  assert.deepEqual(store.effective(at("/3303/0/5700")), { pmin: 5, pmax: 20, con: 0, gt: 30 });
  assert.deepEqual(store.effective(at("/3303/0")), { pmin: 5, pmax: 60, con: 0 });
  assert.deepEqual(store.effective(at("/3303")), { pmin: 10, pmax: 600, con: 0 });
});

test("a resource instance inherits from its resource", () => {
  const { store, set } = aStore();
  set("/3/0/7", "gt=10");
  set("/3/0/7/1", "gt=20");
  assert.deepEqual(store.effective(at("/3/0/7/0")), { gt: 10 });
  assert.deepEqual(store.effective(at("/3/0/7/1")), { gt: 20 });
});

test("prefixes do not see each other, and all have the defaults of the gateway's Server object", () => {
  const { store, set } = aStore({ pmin: 7 });
  set("/3303/0/5700", "gt=30");
  set("/d01/3303", "pmax=9");
  assert.deepEqual(store.effective(at("/d01/3303/0/5700")), { pmin: 7, pmax: 9 });
  assert.deepEqual(store.effective(at("/3303/0/5700")), { pmin: 7, gt: 30 });
  assert.deepEqual(store.effective(at("/d02/3303/0/5700")), { pmin: 7 });
});

test("a bare name unsets at exactly that level", () => {
  const { store, set } = aStore();
  set("/3303", "pmin=10");
  set("/3303/0", "pmin=5");
  set("/3303/0", "pmin");
  assert.deepEqual(store.effective(at("/3303/0")), { pmin: 10 });
});

test("one Write-Attributes is all or nothing, judged by what would result", () => {
  const { store, set } = aStore();
  set("/3303/0/5700", "lt=10");
  assert.throws(() => set("/3303/0/5700", "pmin=5&gt=10"), Lwm2mError);
  assert.deepEqual(store.effective(at("/3303/0/5700")), { lt: 10 });
  set("/3303/0/5700", "lt&gt=10");
  assert.deepEqual(store.effective(at("/3303/0/5700")), { gt: 10 });
});

test("paths that are not there and resources without a value are refused", () => {
  const { set } = aStore();
  const code = (expected: number) => (error: unknown) => error instanceof Lwm2mError && error.code === expected;
  assert.throws(() => set("/3303/1", "pmin=1"), code(CODE.notFound));
  assert.throws(() => set("/3303/0/5700/0", "pmin=1"), code(CODE.methodNotAllowed));
  assert.throws(() => set("/3/0/4", "pmin=1"), code(CODE.methodNotAllowed));
  assert.throws(() => set("/5/0/0", "pmin=1"), code(CODE.methodNotAllowed), "it can only be written");
  set("/5/0", "pmin=1");
  assert.throws(() => set("/0/0", "pmin=1"), code(CODE.unauthorized));
});

test("Discover shows what is inherited on the target only, and never the defaults of the Server object", () => {
  const { store, set } = aStore({ pmin: 1 });
  set("/3", "pmin=10");
  set("/3/0", "pmax=60");
  set("/3/0/7", "gt=10");
  assert.deepEqual(store.forDiscover(at("/3/0/7"), at("/3/0/7")), { pmin: 10, pmax: 60, gt: 10 });
  assert.deepEqual(store.forDiscover(at("/3/0/7"), at("/3/0")), { gt: 10 });
  assert.deepEqual(store.forDiscover(at("/3/0"), at("/3")), { pmax: 60 });
  assert.deepEqual(store.forDiscover(at("/3/0/0"), at("/3/0")), {});
});

test("what is removed takes its attributes with it", () => {
  const { store, set } = aStore();
  set("/d01/3303/0/5700", "pmin=1");
  set("/3303", "pmin=2");
  store.remove(at("/d01"));
  assert.deepEqual(store.effective(at("/d01/3303/0/5700")), {});
  assert.deepEqual(store.effective(at("/3303")), { pmin: 2 });
});

test("attributes survive being written down", () => {
  const { store, set } = aStore();
  set("/d01/3303/0/5700", "pmin=1&gt=-1e-9&lt=-5");
  set("/3303", "con=0");
  set("/3303/0/5601", "gt=9007199254740993");
  const { store: other } = aStore();
  other.restore(store.serialize());
  assert.deepEqual(other.effective(at("/d01/3303/0/5700")), { pmin: 1, gt: -1e-9, lt: -5 });
  assert.equal(other.effective(at("/3303/0/5601")).gt, 9007199254740993n);
  assert.equal(other.serialize(), store.serialize());
  for (const text of ["", "{}", "[1]", '[["/3303","pmin=x"]]', '[["nothing","pmin=1"]]']) {
    assert.throws(() => other.restore(text), Error);
  }
  assert.equal(other.serialize(), store.serialize());
});
