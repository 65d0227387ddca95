import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import type { ResourceDefinition } from "../../src/lwm2m/objects/definition.ts";
import type { ResourceType, Value } from "../../src/lwm2m/sample.ts";
import { checkValue } from "../../src/lwm2m/value-check.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";

const { model } = new FakeBacking("", { 3: { instances: { 0: { 0: "Acme" } } } });

function problem(value: Value, type: ResourceType | undefined, range?: string): string | undefined {
  const definition: ResourceDefinition = {
    id: 1,
    name: "Thing",
    operations: "RW",
    multiple: false,
    mandatory: false,
    type,
    ...(range === undefined ? {} : { range }),
  };
  try {
    checkValue({ path: at("/9/0/1"), value }, definition, model);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Lwm2mError && error.code === CODE.badRequest);
    return error.message;
  }
}

test("a value must be of the resource's type", () => {
  const good: [Value, ResourceType][] = [
    ["", "string"],
    ["</3/0>", "corelnk"],
    [-5, "integer"],
    [-(2n ** 63n), "integer"],
    [2n ** 64n - 1n, "unsigned"],
    [0, "unsigned"],
    [1.5, "float"],
    [true, "boolean"],
    [new Uint8Array(0), "opaque"],
    [1_700_000_000, "time"],
    [-1, "time"],
  ];
  for (const [value, type] of good) assert.equal(problem(value, type), undefined, type);
  const bad: [Value, ResourceType | undefined][] = [
    [1, "string"],
    [1.5, "integer"],
    [2n ** 63n, "integer"],
    [-1, "unsigned"],
    [2n ** 64n, "unsigned"],
    ["1", "float"],
    [Number.NaN, "float"],
    [Number.POSITIVE_INFINITY, "float"],
    [1, "boolean"],
    ["x", "opaque"],
    [0.5, "time"],
    ["3:0", "objlnk"],
    ["x", undefined],
  ];
  for (const [value, type] of bad) assert.match(problem(value, type) ?? "", /^\/9\/0\/1 \(Thing\): .* is no /, type);
});

test("a link must lead to an object or instance that is there, or nowhere", () => {
  assert.equal(problem({ object: 3, instance: 0 }, "objlnk"), undefined);
  assert.equal(problem({ object: 3, instance: 65535 }, "objlnk"), undefined);
  assert.equal(problem({ object: 65535, instance: 65535 }, "objlnk"), undefined);
  assert.match(problem({ object: 3, instance: 1 }, "objlnk") ?? "", /there is no 3:1/);
  assert.match(problem({ object: 4, instance: 65535 }, "objlnk") ?? "", /there is no 4:65535/);
  assert.match(problem({ object: 65535, instance: 0 }, "objlnk") ?? "", /there is no/);
});

test("a value must lie in the range of the definition", () => {
  assert.equal(problem(100, "integer", "0..100"), undefined);
  assert.match(problem(101n, "integer", "0..100") ?? "", /101 is outside 0\.\.100/);
  assert.match(problem("", "string", "1..4") ?? "", /"" is outside 1\.\.4/);
  assert.match(problem(new Uint8Array(3), "opaque", "4") ?? "", /a value of 3 bytes is outside 4/);
});
