import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceModel } from "../../src/devices/device-model.ts";
import { SharedTrees } from "../../src/devices/shared-trees.ts";
import { aPlan, constant, definitionOf, point } from "../support/device-plan.ts";

const DEVICE = definitionOf(3);

function treeOf(trees: SharedTrees, prefix: string, plan: ReturnType<typeof aPlan>, device = DEVICE) {
  return deviceModel(plan, prefix, device, trees).tree;
}

test("devices with the same objects share one tree, whatever their values and prefixes", () => {
  const trees = new SharedTrees();
  const one = treeOf(trees, "meter-1", aPlan({ "3316/0/5700": point(), "3316/0/5701": constant("V") }));
  const other = treeOf(trees, "meter-2", aPlan({ "3316/0/5700": point(), "3316/0/5701": constant("mV") }));
  assert.equal(one, other);
});

test("another poll makes another tree", () => {
  const trees = new SharedTrees();
  const plain = treeOf(trees, "meter-1", aPlan({ "3316/0/5700": point() }));
  assert.notEqual(treeOf(trees, "meter-2", aPlan({ "3316/0/5700": point({ poll: "never" }) })), plain);
  assert.notEqual(treeOf(trees, "meter-3", aPlan({ "3316/0/5700": point({ poll: { every: 1 } }) })), plain);
  assert.notEqual(treeOf(trees, "meter-4", aPlan({ "3316/0/5700": constant(1) })), plain);
});

test("another resource, another operation or another definition makes another tree", () => {
  const trees = new SharedTrees();
  const plain = treeOf(trees, "meter-1", aPlan({ "3316/0/5700": point() }));
  assert.notEqual(treeOf(trees, "meter-2", aPlan({ "3316/1/5700": point() })), plain);
  assert.notEqual(treeOf(trees, "meter-3", aPlan({ "3316/0/5700": point(), "3316/0/5701": constant("V") })), plain);
  assert.notEqual(treeOf(trees, "meter-4", aPlan({ "3316/0/5700": point() }), { ...DEVICE }), plain);
});
