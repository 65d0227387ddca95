/** A floor under every pmin: what a budget makes of attributes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import type { Attributes } from "../../src/lwm2m/attributes.ts";
import { makePath } from "../../src/lwm2m/path.ts";
import { effectiveAttributes } from "../../src/lwm2m/report-rules.ts";

const PATH = makePath({ prefix: "d01", object: 3303, instance: 0, resource: 5700 });

function under(floor: number, requested?: Attributes, composite = false): Attributes {
  const store = new AttributeStore(() => ({ pmin: 5 }));
  const source = {
    effective: () => store.effective(PATH),
    defaults: () => store.defaults(),
    floor: () => floor,
  };
  return effectiveAttributes(PATH, requested, composite, source);
}

test("no pmin is below it, wherever that comes from, and one above it stays", () => {
  assert.deepEqual(under(60), { pmin: 60 });
  assert.deepEqual(under(60, { pmin: 1 }), { pmin: 60 });
  assert.deepEqual(under(60, { pmin: 1 }, true), { pmin: 60 });
  assert.deepEqual(under(60, { pmin: 90 }), { pmin: 90 });
  assert.deepEqual(under(0, { pmin: 1 }), { pmin: 1 });
});

test("a pmax that counts goes up with it; one that is ignored, or says never, stays what it was", () => {
  assert.deepEqual(under(60, { pmax: 30 }), { pmin: 60, pmax: 60 });
  assert.deepEqual(under(60, { pmax: 300 }), { pmin: 60, pmax: 300 });
  assert.deepEqual(under(60, { pmin: 50, pmax: 30 }), { pmin: 60, pmax: 30 });
  assert.deepEqual(under(60, { pmax: 0 }), { pmin: 60, pmax: 0 });
});

test("what watches a limit is told at once; with a step it is held like any other", () => {
  assert.deepEqual(under(60, { gt: 50 }), { pmin: 5, gt: 50 });
  assert.deepEqual(under(60, { edge: 1, pmax: 10 }), { pmin: 5, edge: 1, pmax: 60 });
  assert.deepEqual(under(60, { lt: 5, st: 1 }), { pmin: 60, lt: 5, st: 1 });
});
