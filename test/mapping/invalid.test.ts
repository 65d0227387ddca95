import assert from "node:assert/strict";
import { test } from "node:test";
import { bad, conversion, good, hex, refusal, writeRefusal } from "./specs.ts";

test("an invalid raw value is checked before scale and valid could make it look good", () => {
  const power = conversion({ as: "s32", invalid: [0x80000000], scale: 0.1, valid: [-1e9, 1e9] }, "float");
  assert.equal(bad(power, hex("80000000")), "-2147483648 is how the device says that it has no value");
  assert.equal(good(power, hex("00000001")), 0.1);
  const lowest = conversion({ as: "f32", invalid: [-3.4028235e38] }, "float");
  assert.match(bad(lowest, hex("ff7fffff")), /has no value/);
  assert.match(
    writeRefusal(conversion({ invalid: [65535] }, "integer"), 65535),
    /65535 means "no value" to the device/,
  );
  assert.match(refusal({ invalid: [65536] }, "integer"), /^invalid: 65536 does not fit u16/);
});

test("SunSpec's not-implemented values are known by type", () => {
  for (const [as, bytes] of [
    ["u16", "ffff"],
    ["s16", "8000"],
    ["u32", "ffffffff"],
    ["s32", "80000000"],
    ["u64", "ffffffffffffffff"],
    ["s64", "8000000000000000"],
    ["f32", "7fc00000"],
  ] as const) {
    assert.match(bad(conversion({ as, invalid: "sunspec" }, "float"), hex(bytes)), /no value/, as);
  }
  assert.match(bad(conversion({ as: "string", length: 4, invalid: "sunspec" }, "string"), hex("00000000")), /no value/);
  const bit = conversion({ bits: [0, 0], invalid: "sunspec" }, "boolean");
  assert.match(bad(bit, hex("ffff")), /no value/);
  assert.equal(good(bit, hex("0001")), true);
});

test("not-a-number is never good, with or without invalid", () => {
  for (const spec of [{ as: "f32" }, { as: "f32", invalid: "nan" }] as const) {
    for (const bytes of ["7fc00000", "7f800000", "ff800000"]) bad(conversion(spec, "float"), hex(bytes));
  }
  assert.match(refusal({ invalid: "nan" }, "integer"), /^invalid: "invalid: nan" is for floats/);
});
