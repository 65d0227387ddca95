import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";

const tree = new ModelTree(
  new FakeBacking("d01", {
    16: { instances: { 0: { 0: { several: { 0: "host", 1: "maker" } }, 1: "execute" } } },
    3303: { version: "1.1", instances: { 0: { 5700: 22.5 } } },
  }),
);

test("discover follows the depth table of Core 1.2 §6.3.2", () => {
  const paths = (path: string, depth?: number) =>
    tree.discover(at(path), depth).map((link) => link.path.replace("/d01", ""));
  const resources = ["/16/0/0", "/16/0/1"];
  const instances = ["/16/0/0/0", "/16/0/0/1"];
  assert.deepEqual(paths("/d01/16", 0), ["/16"]);
  assert.deepEqual(paths("/d01/16", 1), ["/16", "/16/0"]);
  assert.deepEqual(paths("/d01/16", 2), ["/16", "/16/0", ...resources]);
  assert.deepEqual(paths("/d01/16"), ["/16", "/16/0", ...resources]);
  assert.deepEqual(paths("/d01/16", 3), ["/16", "/16/0", "/16/0/0", ...instances, "/16/0/1"]);
  assert.deepEqual(paths("/d01/16/0", 0), ["/16/0"]);
  assert.deepEqual(paths("/d01/16/0"), ["/16/0", ...resources]);
  assert.deepEqual(paths("/d01/16/0", 2), ["/16/0", "/16/0/0", ...instances, "/16/0/1"]);
  assert.deepEqual(paths("/d01/16/0", 3), paths("/d01/16/0", 2));
  assert.deepEqual(paths("/d01/16/0/0", 0), ["/16/0/0"]);
  assert.deepEqual(paths("/d01/16/0/0"), ["/16/0/0", ...instances]);
  assert.deepEqual(paths("/d01/16/0/0", 3), ["/16/0/0", ...instances]);
  assert.throws(() => tree.discover(at("/d01/16/0/0/0")), { name: "Lwm2mError", code: CODE.methodNotAllowed });
  assert.throws(() => tree.discover(at("/d01/17")), { name: "Lwm2mError", code: CODE.notFound });
});

test("discover names the version of an object and the number of resource instances", () => {
  assert.deepEqual(tree.discover(at("/d01/3303"), 0), [{ path: "/d01/3303", version: "1.1" }]);
  assert.deepEqual(tree.discover(at("/d01/16/0/0"), 0), [{ path: "/d01/16/0/0", dimension: 2 }]);
});
