import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { Lwm2mError } from "../../../src/errors.ts";
import { fromValueJson, toValueJson } from "../../../src/gateway/operator/value-json.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { ResourceType, Value } from "../../../src/lwm2m/sample.ts";

const PATH = parsePath("/meter-1/3303/0/5700");
const TYPES: readonly ResourceType[] = [
  ...(["string", "integer", "unsigned", "float", "boolean", "opaque", "time", "objlnk", "corelnk"] as const),
];

const from = (given: unknown, type: ResourceType): Value => fromValueJson(given, type, PATH);

test("a value is shown as JSON has it, and read again as what it was", () => {
  const rows: readonly (readonly [ResourceType, Value, unknown])[] = [
    ["string", "21", "21"],
    ["integer", -5, -5],
    ["integer", -(2n ** 63n), "-9223372036854775808"],
    ["unsigned", 2n ** 64n - 1n, "18446744073709551615"],
    ["float", 21.5, 21.5],
    ["boolean", true, true],
    ["opaque", Uint8Array.of(1, 255), "hex:01ff"],
    ["opaque", Uint8Array.of(), "hex:"],
    ["time", 1_767_225_600, "2026-01-01T00:00:00Z"],
    ["objlnk", { object: 3303, instance: 0 }, "3303:0"],
    ["corelnk", "</3>", "</3>"],
  ];
  for (const [type, value, shown] of rows) {
    assert.deepEqual(toValueJson(value, type), shown);
    assert.deepEqual(from(shown, type), value);
  }
});

test("what is typed may be text for any type", () => {
  assert.deepEqual(from("21", "string"), "21");
  assert.deepEqual(from(" 21.5 ", "float"), 21.5);
  assert.deepEqual(from("-1e3", "float"), -1000);
  assert.deepEqual(from("+7", "integer"), 7);
  assert.deepEqual(from("1", "boolean"), true);
  assert.deepEqual(from("FALSE", "boolean"), false);
  assert.deepEqual(from("base64:Af8=", "opaque"), Uint8Array.of(1, 255));
  assert.deepEqual(from("1767225600", "time"), 1_767_225_600);
  assert.deepEqual(from("2026-01-01T01:00:00+01:00", "time"), 1_767_225_600);
  assert.deepEqual(from("2026-01-01", "time"), 1_767_225_600);
});

test("what is none of the type is told with what was expected", () => {
  const rows: readonly (readonly [unknown, ResourceType, RegExp])[] = [
    ["maybe", "boolean", /expected a boolean, got "maybe"; write true or false$/],
    ["01ff", "opaque", /expected bytes, got "01ff"; write bytes as "hex:01ff" or "base64:Af8="$/],
    ["hex:1", "opaque", /expected bytes/],
    ["2026-01-01T01:00", "time", /expected whole seconds since 1970, got .*; write a time as "2026-01-31T12:00:00Z"/],
    ["1.5", "integer", /expected a 64-bit integer, got "1\.5"$/],
    ["-1", "unsigned", /expected an unsigned 64-bit integer/],
    ["18446744073709551616", "unsigned", /expected an unsigned 64-bit integer/],
    ["NaN", "float", /expected a finite number, got "NaN"$/],
    [true, "float", /got true$/],
    [null, "string", /expected text, got null$/],
    [[1], "float", /got \[1\]$/],
    [{ value: 1 }, "float", /got \{"value":1\}$/],
    ["3303", "objlnk", /expected an object link/],
    [21, "string", /expected text, got 21$/],
  ];
  for (const [given, type, message] of rows) {
    assert.throws(
      () => from(given, type),
      (error) => error instanceof Lwm2mError && message.test(error.message),
      String(given),
    );
  }
});

test("a number that is none has a word, and no time is beyond the calendar", () => {
  assert.equal(toValueJson(Number.NaN, "float"), "NaN");
  assert.equal(toValueJson(8.7e15, "time"), 8.7e15);
  assert.equal(toValueJson(2n ** 60n, "time"), "1152921504606846976");
});

test("whatever is given, it is a value or a sentence", () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" })), fc.constantFrom(...TYPES), (given, type) => {
      try {
        const value = from(given, type);
        assert.deepEqual(from(toValueJson(value, type), type), value);
      } catch (error) {
        assert.ok(error instanceof Lwm2mError, String(error));
      }
    }),
  );
});
