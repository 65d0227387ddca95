/** "Not implemented" values: SunSpec Device Information Model Specification V1.1 §4.3. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeScale,
  decodeValue,
  encodeValue,
  NoValue,
  NUMBER_TYPES,
  type PointType,
  rangeOf,
  registersOf,
  scaled,
} from "../../../../adapters/modbus/sunspec/types.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

test("each type has its own way to say that there is no value", () => {
  const missing: [PointType, string][] = [
    ["int16", "8000"],
    ["uint16", "FFFF"],
    ["acc16", "0000"],
    ["enum16", "FFFF"],
    ["bitfield16", "FFFF"],
    ["int32", "80000000"],
    ["uint32", "FFFFFFFF"],
    ["acc32", "00000000"],
    ["enum32", "FFFFFFFF"],
    ["bitfield32", "80000001"],
    ["int64", "8000000000000000"],
    ["uint64", "FFFFFFFFFFFFFFFF"],
    ["acc64", "0000000000000000"],
    ["float32", "7FC00000"],
    ["float32", "FFC00000"],
    ["float64", "7FF8000000000000"],
    ["sunssf", "8000"],
    ["string", "0000 0000"],
  ];
  for (const [type, bytes] of missing) assert.throws(() => decodeValue(type, hex(bytes)), NoValue, type);
  assert.equal(decodeValue("uint16", hex("8000")), 32_768);
  assert.equal(decodeValue("int16", hex("FFFF")), -1);
  assert.equal(decodeValue("acc32", hex("FFFFFFFF")), 4_294_967_295);
  assert.equal(decodeValue("bitfield32", hex("00000005")), 5);
  assert.equal(decodeValue("uint64", hex("FFFFFFFFFFFFFFFE")), 0xffff_ffff_ffff_fffen);
  assert.equal(decodeValue("float32", hex("43668000")), 230.5);
  assert.equal(decodeValue("float32", hex("43661999")), 230.09999);
  assert.equal(decodeValue("string", hex("4672 6F6E 6975 7300 4142")), "Fronius");
});

test("a scale factor is an exponent from -10 to 10, and leaves no digits that nobody measured", () => {
  assert.equal(scaled(2345, decodeScale(hex("FFFF"))), 234.5);
  assert.equal(scaled(4998, decodeScale(hex("FFFE"))), 49.98);
  assert.equal(scaled(17, decodeScale(hex("0003"))), 17_000);
  assert.equal(scaled(0xffff_ffff_ffff_fffen, 0), 0xffff_ffff_ffff_fffen);
  assert.throws(() => decodeScale(hex("8000")), /scale factor is not implemented/);
  assert.throws(() => decodeScale(hex("000B")), /its scale factor is 11, which is none/);
});

test("what is encoded is decoded again, for every type", () => {
  for (const type of NUMBER_TYPES) {
    const [low, high] = type === "float32" || type === "float64" ? [-1e6, 1e6] : rangeOf(type);
    const top = type.startsWith("bitfield") ? high / 2 - 1 : high;
    const values = fc.integer({ min: Math.max(low, -(2 ** 53)) + 1, max: Math.min(top, 2 ** 53) - 1 });
    fc.assert(
      fc.property(values, (value) => {
        if (value === 0 && type.startsWith("acc")) return;
        const bytes = encodeValue(type, value, registersOf(type));
        const back = Number(decodeValue(type, bytes));
        assert.ok(type === "float32" ? Math.abs(back - value) <= 1 : back === value, `${type} ${value} ${back}`);
      }),
      { numRuns: 50 },
    );
    assert.throws(() => decodeValue(type, encodeValue(type, undefined, registersOf(type))), NoValue, type);
  }
});
