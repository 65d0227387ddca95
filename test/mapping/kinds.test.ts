import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceType } from "../../src/lwm2m/sample.ts";
import { bad, COIL, conversion, good, hex, refusal, SCALAR, type Spec, write, writeRefusal } from "./specs.ts";

test("what a type cannot become is said at the key", () => {
  const cases: readonly (readonly [Spec, ResourceType, RegExp])[] = [
    [{ as: "string", length: 4 }, "float", /^as: "as: string" needs an enum for a Float resource/],
    [{}, "boolean", /^as: "as: u16" needs "as: bool", one bit/],
    [{ as: "f32" }, "time", /^as: "as: f32" is not precise enough for a Time resource/],
    [{}, "opaque", /^as: .*for an Opaque resource/],
    [{ as: "bytes", length: 4 }, "string", /^as: "as: bytes"/],
    [{ shape: COIL }, "string", /^as: "as: bool" needs an enum for a String resource/],
    [{ shape: COIL, as: "u16" }, "boolean", /^as: "as: u16" is for bytes; this source is true or false/],
    [
      { shape: SCALAR, as: "u16" },
      "integer",
      /^as: "as: u16" is for bytes; this source is one of number, string, bool/,
    ],
    [{ as: "string", length: 2, scale: 2 }, "string", /^scale: "scale" needs a number; string is none/],
    [{ scale: 0 }, "float", /^scale: scale: 0 would make every value the same/],
    [{ scale: Number.NaN }, "float", /^scale:/],
    [{ offset: Number.POSITIVE_INFINITY }, "float", /^offset:/],
  ];
  for (const [spec, type, message] of cases) assert.match(refusal(spec, type), message);
});

test("a serial number may come as an integer", () => {
  const serial = conversion({ as: "u32" }, "string");
  assert.equal(good(serial, hex("01312d02")), "20000002");
  assert.deepEqual(write(serial, "20000002"), hex("01312d02"));
  assert.match(writeRefusal(serial, "SN-1"), /"SN-1" is no number/);
  assert.equal(good(conversion({ as: "f32" }, "string"), hex("3f9d70a4")), "1.23");
});

test("a coil counts as 0 or 1 where a number is wanted", () => {
  const counter = conversion({ shape: COIL }, "integer");
  assert.equal(good(counter, true), 1);
  assert.equal(write(counter, 0), false);
  assert.match(writeRefusal(counter, 2), /2 is neither 0 nor 1/);
});

test("scalars are read as the resource wants them", () => {
  const number = conversion({ shape: SCALAR, scale: 0.1 }, "float");
  assert.equal(good(number, "215"), 21.5);
  assert.equal(good(number, 215), 21.5);
  assert.equal(
    good(conversion({ shape: SCALAR }, "integer"), "12345678901234567890123".slice(0, 18)),
    123456789012345678n,
  );
  assert.equal(bad(number, "n/a"), 'expected a number, got "n/a"');
  assert.equal(bad(number, true), "expected a number, got true");
  assert.equal(write(number, 21.5), 215);
  assert.equal(good(conversion({ shape: SCALAR }, "boolean"), "true"), true);
  assert.equal(good(conversion({ shape: SCALAR }, "string"), 7), "7");
  const state = conversion(
    {
      shape: SCALAR,
      enum: new Map([
        ["ON", "true"],
        ["OFF", "false"],
      ]),
    },
    "boolean",
  );
  assert.equal(good(state, "ON"), true);
  assert.equal(write(state, false), "OFF");
});

test("links come from text", () => {
  const link = conversion({ as: "string", length: 8 }, "objlnk");
  assert.deepEqual(good(link, hex("333330333a300000")), { object: 3303, instance: 0 });
  assert.deepEqual(write(link, { object: 3303, instance: 0 }), hex("333330333a300000"));
  assert.match(bad(link, hex("3939393939393a30")), /expected a link/);
});

test("time is whole seconds", () => {
  assert.equal(good(conversion({ as: "time32" }, "time"), hex("6955b900")), 1767225600);
  const milliseconds = hex((1767225600000).toString(16).padStart(16, "0"));
  assert.equal(good(conversion({ as: "u64", unit: "ms" }, "time"), milliseconds), 1767225600);
});
