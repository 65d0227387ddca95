import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceModel, errorCodePath, positionOf } from "../../src/devices/device-model.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { ResourceSource } from "../../src/mapping/plan-types.ts";
import { aPlan, constant, definitionOf, point } from "../support/device-plan.ts";

const model = (resources: Readonly<Record<string, ResourceSource>>) =>
  deviceModel(aPlan(resources), "meter-1", definitionOf(3));
const operations = (
  resources: Readonly<Record<string, ResourceSource>>,
  [o, i, r]: readonly [number, number, number],
) => model(resources).tree.get(o)?.instances.get(i)?.get(r)?.operations;

test("a device has its mapped objects and object 3, with version and instances", () => {
  const { tree } = model({ "3316/0/5700": point(), "3316/2/5700": point() });
  assert.deepEqual([...tree.keys()].sort(), [3, 3316]);
  assert.deepEqual([...(tree.get(3316)?.instances.keys() ?? [])], [0, 2]);
  assert.equal(tree.get(3316)?.definition.version, definitionOf(3316).version);
  assert.deepEqual([...(tree.get(3)?.instances.get(0)?.keys() ?? [])], [4, 11, 16]);
});

test("leaves come in document order, whatever the order of the mapping", () => {
  const { leaves } = model({ "3316/10/5700": point(), "3316/9/5701": constant("V"), "3316/9/5700": point() });
  assert.deepEqual(
    leaves.map(({ path }) => path).filter((path) => path.startsWith("/meter-1/3316/")),
    ["/meter-1/3316/9/5700", "/meter-1/3316/9/5701", "/meter-1/3316/10/5700"],
  );
});

test("what is possible is what both the object and the device allow", () => {
  const RW = [3306, 0, 5850] as const;
  assert.equal(operations({ "3306/0/5850": point({ writable: true }) }, RW), "RW");
  assert.equal(operations({ "3306/0/5850": point() }, RW), "R");
  assert.equal(operations({ "3306/0/5850": point({ readable: false, writable: true }) }, RW), "W");
  assert.equal(operations({ "3306/0/5850": constant(true) }, RW), "R");
  assert.equal(operations({ "3316/0/5700": point({ writable: true }) }, [3316, 0, 5700]), "R");
  assert.equal(operations({ "3316/0/5605": { kind: "execute", steps: () => [] } }, [3316, 0, 5605]), "E");
});

test("a multiple resource can what any of its instances can", () => {
  const resources = { "3/0/11/1": point(), "3/0/11/0": constant(0) };
  const errorCode = model(resources).tree.get(3)?.instances.get(0)?.get(11);
  assert.equal(errorCode?.operations, "R");
  assert.deepEqual(errorCode?.instances, [0, 1]);
});

test("reboot is there and cannot be executed, unless the mapping has it", () => {
  assert.equal(operations({}, [3, 0, 4]), "");
  assert.equal(operations({ "3/0/4": { kind: "execute", steps: () => [] } }, [3, 0, 4]), "E");
});

test("the path of the error code carries the prefix", () => {
  assert.equal(errorCodePath("meter-1"), "/meter-1/3/0/11/0");
});

test("a leaf is found by its path and by its point; a resource of several is none", () => {
  const found = model({
    "3/0/11/1": point(),
    "3/0/11/0": point(),
    "3316/0/5700": point(),
    "3316/0/5701": constant("V"),
  });
  const { leaves, positions } = found;
  for (const [at, { path }] of leaves.entries()) assert.equal(positionOf(found.tree, path), at);
  assert.equal(leaves[positions.get("3/0/11/1") ?? -1]?.path, "/meter-1/3/0/11/1");
  assert.equal(positions.get("3316/0/5701"), undefined);
  for (const path of ["/meter-1/3/0/11", "/meter-1/3/0/11/2", "/meter-1/3316/0/5700/0", "/meter-1/3316/1/5700"]) {
    assert.equal(positionOf(found.tree, parsePath(path)), undefined);
  }
});
