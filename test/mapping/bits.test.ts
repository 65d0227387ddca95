import assert from "node:assert/strict";
import { test } from "node:test";
import { conversion, good, hex, refusal, writeRefusal } from "./specs.ts";

test("bits are taken out of a register and written alone", () => {
  const field = conversion({ bits: [4, 7] }, "integer");
  assert.equal(good(field, hex("ffa5")), 10);
  assert.deepEqual(field.toRaw?.(3), { raw: hex("0030"), mask: hex("00f0") });
  assert.match(writeRefusal(field, 16), /16 does not fit the bits 0xf0/);
  const swapped = conversion({ bits: [8, 8], order: "DCBA" }, "boolean");
  assert.equal(good(swapped, hex("0001")), true);
  assert.deepEqual(swapped.toRaw?.(true), { raw: hex("0001"), mask: hex("0001") });
  const wide = conversion({ as: "u64", bits: [32, 63] }, "unsigned");
  assert.equal(good(wide, hex("fffffffe00000001")), 4294967294);
  const top = conversion({ as: "u32", bits: [31, 31] }, "boolean");
  assert.equal(good(top, hex("80000000")), true);
});

test("a mask keeps its bits where they are", () => {
  const masked = conversion({ mask: 0x0ff0 }, "integer");
  assert.equal(good(masked, hex("ffff")), 0x0ff0);
  assert.deepEqual(masked.toRaw?.(0x120), { raw: hex("0120"), mask: hex("0ff0") });
  assert.match(writeRefusal(masked, 1), /does not fit the bits/);
});

test("bits that are not there are refused", () => {
  assert.equal(refusal({ bits: [4, 16] }, "integer"), "bits: bits 4..16 are not in u16, which has bits 0..15");
  assert.match(refusal({ as: "s16", bits: [0, 0] }, "boolean"), /^bits: "bits" needs an unsigned integer/);
  assert.match(refusal({ mask: 0x10000 }, "integer"), /^mask: mask must have bits of u16/);
  assert.match(refusal({ mask: 1, bits: [0, 0] }, "integer"), /^mask: "bits" and "mask" stand together/);
});
