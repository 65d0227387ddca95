import assert from "node:assert/strict";
import { test } from "node:test";
import { bad, conversion, good, hex, refusal, write, writeRefusal } from "./specs.ts";

const MODES = new Map([
  ["0", "manual"],
  ["0x01", "auto"],
]);

test("an enum gives text, numbers and booleans, and takes them back", () => {
  const mode = conversion({ bits: [4, 7], enum: MODES }, "string");
  assert.equal(good(mode, hex("0010")), "auto");
  assert.deepEqual(mode.toRaw?.("auto"), { raw: hex("0010"), mask: hex("00f0") });
  assert.equal(bad(mode, hex("0070")), "7 is not in the enum (0, 0x01)");
  assert.equal(writeRefusal(mode, "off"), '"off" is not one of manual, auto');
  const alert = new Map([
    ["0", "false"],
    ["2", "true"],
  ]);
  const buzzer = conversion({ enum: alert }, "boolean");
  assert.equal(good(buzzer, hex("0002")), true);
  assert.deepEqual(write(buzzer, true), hex("0002"));
  const code = conversion(
    {
      enum: new Map([
        ["0", "0"],
        ["1", "6"],
      ]),
    },
    "integer",
  );
  assert.equal(good(code, hex("0001")), 6);
  assert.deepEqual(write(code, 6), hex("0001"));
});

test("numbers of an enum are in the device's unit, its keys are scaled raw values", () => {
  const stage = conversion(
    {
      scale: 0.1,
      unit: "W",
      enum: new Map([
        ["0.1", "1200"],
        ["0.2", "2400"],
      ]),
    },
    "float",
    { unit: "kW" },
  );
  assert.equal(good(stage, hex("0002")), 2.4);
  assert.deepEqual(write(stage, 1.2), hex("0001"));
  assert.deepEqual(write(stage, Math.fround(1.2)), hex("0001"));
});

test("an enum that cannot be is refused", () => {
  assert.equal(refusal({ enum: new Map([["0", "x"]]) }, "integer"), 'enum: enum: "x" is no Integer');
  assert.equal(refusal({ enum: new Map([["a", "1"]]) }, "integer"), 'enum: enum: "a" is no u16');
  assert.match(
    refusal(
      {
        enum: new Map([
          ["1", "a"],
          ["0x1", "b"],
        ]),
      },
      "string",
    ),
    /the raw value 0x1 stands twice/,
  );
  const twice = new Map([
    ["1", "on"],
    ["2", "on"],
  ]);
  assert.equal(refusal({ enum: twice }, "string"), 'enum: enum: two raw values mean "on": which one is to be written?');
  assert.equal(good(conversion({ writable: false, enum: twice }, "string"), hex("0002")), "on");
});
