import assert from "node:assert/strict";
import { test } from "node:test";
import { BYTES, COIL, conversion, good, hex, refusal, write } from "./specs.ts";

test("registers default to u16, coils to bool, and the length follows from the type", () => {
  assert.equal(good(conversion({}, "integer"), hex("0102")), 258);
  assert.equal(conversion({}, "integer").length, 2);
  assert.equal(conversion({ as: "f32" }, "float").length, 4);
  assert.equal(conversion({ as: "u8" }, "integer").length, 2);
  assert.equal(conversion({ as: "string", length: 16 }, "string").length, 16);
  assert.equal(good(conversion({ shape: COIL }, "boolean"), true), true);
  assert.equal(conversion({ shape: COIL }, "boolean").length, undefined);
  assert.match(refusal({ shape: BYTES }, "integer"), /^as: "as" is missing: bytes need a type/);
});

test("an unknown type is refused with the one that was meant", () => {
  for (const [as, meant] of [
    ["flaot32", "f32"],
    ["float", "f32"],
    ["int16", "s16"],
    ["uint32", "u32"],
    ["U16", "u16"],
    ["sting", "string"],
    ["double", "f64"],
  ]) {
    assert.equal(refusal({ as: as ?? "" }, "float"), `as: unknown type "${as}"; did you mean "${meant}"?`);
  }
  assert.match(refusal({ as: "qqq" }, "float"), /unknown type "qqq" \(have: u8, u16/);
});

test("le and be belong to plain bytes; in registers the order stands apart", () => {
  assert.equal(good(conversion({ shape: BYTES, as: "s16le" }, "integer"), hex("feff")), -2);
  assert.equal(good(conversion({ shape: BYTES, as: "u32be", order: "DCBA" }, "integer"), hex("00000001")), 1);
  assert.equal(
    refusal({ as: "u16le" }, "integer"),
    'as: "as: u16le": in registers the order stands apart, "as: u16, order: DCBA"',
  );
});

test("a unit is converted to that of the registry, and the note says how", () => {
  const power = conversion({ unit: "W" }, "float", { unit: "kW" });
  assert.equal(power.note, "W -> kW (x0.001)");
  assert.equal(good(power, hex("04d2")), 1.234);
  assert.deepEqual(write(power, 1.234), hex("04d2"));
  const percent = conversion({ unit: "%" }, "integer", { unit: "/100", range: "0..100" });
  assert.equal(percent.note, undefined);
  assert.equal(good(percent, hex("0032")), 50);
  const limited = conversion({ unit: "W", valid: [0, 10] }, "float", { unit: "kW" });
  assert.equal(limited.note, "W -> kW (x0.001); valid is in kW");
  assert.equal(conversion({ unit: "anything" }, "float").note, undefined);
});

test("a unit of another kind is refused", () => {
  assert.equal(refusal({ unit: "A" }, "float", { unit: "V" }), "unit: unit A cannot become V");
  assert.equal(refusal({ unit: "kw" }, "float", { unit: "kW" }), 'unit: unknown unit "kw"; did you mean "kW"?');
  assert.match(refusal({ shape: COIL, unit: "V" }, "boolean"), /^unit: unit V: a Boolean has no unit/);
});

test("a unit in the wrong case is a slip also where the registry has none", () => {
  assert.equal(refusal({ unit: "kw" }, "float"), 'unit: unknown unit "kw"; did you mean "kW"?');
  assert.equal(good(conversion({ unit: "furlong" }, "float"), hex("0007")), 7);
});
