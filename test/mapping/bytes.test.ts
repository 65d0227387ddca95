import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PointShape } from "../../src/adapter.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { bytesStage } from "../../src/mapping/bytes.ts";
import { type ByteOrder, ConversionError } from "../../src/mapping/conversion-types.ts";
import { findRawType } from "../../src/mapping/raw-types.ts";
import { Bad } from "../../src/mapping/stage.ts";
import { BYTES, hex, REGISTERS } from "./specs.ts";

function read(type: string, bytes: string, order: ByteOrder = "ABCD", shape: PointShape = BYTES): Value | Bad {
  return bytesStage(findRawType(type), { shape, order }).read(hex(bytes));
}

function write(type: string, value: Value, order: ByteOrder = "ABCD", shape: PointShape = BYTES): string {
  return Buffer.from(bytesStage(findRawType(type), { shape, order }).write(value, "exact")).toString("hex");
}

/** RFC 8949 Appendix A: the same IEEE 754 and integer bytes behind CBOR's first byte. */
const VECTORS: readonly (readonly [type: string, bytes: string, value: number | bigint])[] = [
  ["f16", "3c00", 1],
  ["f16", "3e00", 1.5],
  ["f16", "7bff", 65504],
  ["f16", "0001", 2 ** -24],
  ["f16", "0400", 0.00006103515625],
  ["f16", "c400", -4],
  ["f32", "47c35000", 100000],
  ["f32", "7f7fffff", 3.4028234663852886e38],
  ["f64", "3ff199999999999a", 1.1],
  ["f64", "7e37e43c8800759c", 1e300],
  ["f64", "c010666666666666", -4.1],
  ["u8", "64", 100],
  ["u16", "03e8", 1000],
  ["u32", "000f4240", 1000000],
  ["u64", "000000e8d4a51000", 1000000000000],
  ["u64", "ffffffffffffffff", 18446744073709551615n],
  // Two's complement and BCD by hand.
  ["s8", "80", -128],
  ["s16", "fffe", -2],
  ["u24", "010203", 66051],
  ["s24", "ffffff", -1],
  ["s32", "80000000", -2147483648],
  ["u48", "ffffffffffff", 281474976710655],
  ["s64", "8000000000000000", -9223372036854775808n],
  ["s64", "fffffffffffffffb", -5],
  ["bcd16", "1234", 1234],
  ["bcd32", "00990001", 990001],
  // 2026-01-01T00:00:00Z
  ["time32", "6955b900", 1767225600],
];

test("the bytes of the standards' examples give their values and come back", () => {
  for (const [type, bytes, value] of VECTORS) {
    assert.equal(read(type, bytes), value, `${type} ${bytes}`);
    assert.equal(write(type, value), bytes, `${type} ${value}`);
  }
});

test("letters say where each byte of a number stands", () => {
  for (const [order, bytes] of [
    ["ABCD", "11223344"],
    ["CDAB", "33441122"],
    ["BADC", "22114433"],
    ["DCBA", "44332211"],
  ] as const) {
    assert.equal(read("u32", bytes, order), 0x11223344, order);
    assert.equal(write("u32", 0x11223344, order), bytes, order);
  }
});

test("four letters hold for every length: words, and the bytes within them", () => {
  assert.equal(read("u16", "1122", "CDAB"), 0x1122);
  assert.equal(read("u16", "2211", "BADC"), 0x1122);
  assert.equal(read("u48", "556633441122", "CDAB"), 0x112233445566);
  assert.equal(read("u64", "778855663344 1122", "CDAB"), 0x1122334455667788n);
  assert.equal(read("u64", "8877665544332211", "DCBA"), 0x1122334455667788n);
  assert.equal(read("u64", "7788556633441122", { words: "little", bytes: "big" }), 0x1122334455667788n);
});

test("eight letters place any order of 64 bits", () => {
  assert.equal(read("u64", "5566778811223344", "EFGHABCD"), 0x1122334455667788n);
  assert.equal(write("u64", 0x1122334455667788n, "EFGHABCD"), "5566778811223344");
});

test("an order that cannot be is refused with the ones that can", () => {
  const order = (text: string, type: string): void => void read(type, "00", text);
  assert.throws(() => order("ABDC", "u32"), /unknown order "ABDC": expected one of ABCD, CDAB, BADC, DCBA/);
  assert.throws(() => order("HGFEDCBA", "u32"), /eight letters is for 64 bits; u32 has 32/);
  assert.throws(() => order("CDAB", "u24"), /u24 is not made of whole words/);
});

test("every type in every order reads back what it wrote, and writes back what it read", () => {
  const orders: ByteOrder[] = ["ABCD", "CDAB", "BADC", "DCBA", { words: "little", bytes: "big" }];
  const types = ["u8", "s8", "u16", "s16", "u32", "s32", "u48", "u64", "s64", "f16", "f32", "f64", "time32"];
  for (const name of types) {
    for (const order of name.endsWith("64") ? [...orders, "GHEFCDAB", "EFGHABCD"] : orders) {
      for (const shape of [BYTES, REGISTERS]) roundTrip(name, order, shape);
    }
  }
  for (const order of ["ABCD", "DCBA"]) for (const name of ["u24", "s24"]) roundTrip(name, order, BYTES);
});

function roundTrip(name: string, order: ByteOrder, shape: PointShape): void {
  const type = findRawType(name);
  const stage = bytesStage(type, { shape, order });
  const size = "bytes" in type ? type.bytes : 0;
  const whole = size === stage.length;
  fc.assert(
    fc.property(fc.uint8Array({ minLength: stage.length ?? 0, maxLength: stage.length ?? 0 }), (bytes) => {
      const value = stage.read(bytes);
      if (value instanceof Bad) return;
      const written = stage.write(value, "exact");
      if (whole) assert.deepEqual(written, bytes, `${name} ${JSON.stringify(order)}`);
      assert.deepEqual(stage.read(written), value);
    }),
    { numRuns: 40 },
  );
}

test("a type smaller than its registers stands in their low bytes, its sign in the rest", () => {
  assert.equal(read("u8", "0007", "ABCD", REGISTERS), 7);
  assert.equal(write("u8", 7, "ABCD", REGISTERS), "0007");
  assert.equal(write("s8", -2, "ABCD", REGISTERS), "fffe");
  assert.equal(write("u24", 0x010203, "CDAB", REGISTERS), "02030001");
  assert.equal(read("u24", "02030001", "CDAB", REGISTERS), 0x010203);
});

test("infinities and not-a-number are never good values", () => {
  for (const [type, bytes] of [
    ["f16", "7c00"],
    ["f16", "7e00"],
    ["f32", "7fc00000"],
    ["f32", "ff800000"],
    ["f64", "7ff0000000000000"],
    ["f64", "7ff8000000000000"],
  ] as const) {
    const value = read(type, bytes);
    assert.ok(value instanceof Bad, `${type} ${bytes}`);
    assert.match(value.bad, /the device sent -?(Infinity|NaN), which is no value/);
  }
});

test("f16 is rounded to the nearest, ties to even", () => {
  assert.equal(write("f16", 1 + 2 ** -11), "3c00");
  assert.equal(write("f16", 1 + 3 * 2 ** -11), "3c02");
  assert.equal(write("f16", 2 - 2 ** -12), "4000");
  assert.equal(write("f16", 65519), "7bff");
  assert.throws(() => write("f16", 65520), /65520 does not fit f16/);
  assert.equal(write("f16", 2 ** -14 - 2 ** -26), "0400");
});

test("what does not fit its type is refused", () => {
  assert.throws(() => write("u8", 256), /256 does not fit u8 \(0\.\.255\)/);
  assert.throws(() => write("s16", -32769), /does not fit s16 \(-32768\.\.32767\)/);
  assert.throws(() => write("u64", 18446744073709551616n), /does not fit u64/);
  assert.throws(() => write("u16", 1.5), /1\.5 is no whole number, which u16 needs/);
  assert.throws(() => write("bcd16", 10000), /does not fit bcd16/);
  assert.throws(() => write("f32", 1e39), /1e\+39 does not fit f32/);
  assert.throws(() => write("u16", "7"), /expected a number, got "7"/);
});

test("a BCD digit above nine is bad", () => {
  const value = read("bcd16", "12a4");
  assert.ok(value instanceof Bad);
  assert.equal(value.bad, "0x12a4 is no bcd16: a digit is above 9");
});

test("bool is true for all but zero and writes one", () => {
  assert.equal(read("bool", "0000", "ABCD", REGISTERS), false);
  assert.equal(read("bool", "ff00", "ABCD", REGISTERS), true);
  assert.equal(write("bool", true, "ABCD", REGISTERS), "0001");
  assert.equal(write("bool", true, "DCBA", REGISTERS), "0100");
  assert.equal(write("bool", false), "00");
});

function text(length: number | undefined, order: ByteOrder = "ABCD", shape = BYTES): ReturnType<typeof bytesStage> {
  return bytesStage(findRawType("string"), { shape, order, ...(length === undefined ? {} : { length }) });
}

test("text ends at the first NUL and without trailing spaces; it is padded with NUL", () => {
  assert.equal(text(8).read(hex("4142204300ff4100")), "AB C");
  assert.equal(text(4).read(hex("41422020")), "AB");
  assert.deepEqual(text(4).write("AB", "exact"), hex("41420000"));
  assert.equal(text(undefined).read(hex("c3a9")), "é");
  assert.deepEqual(text(undefined).write("é", "exact"), hex("c3a9"));
});

test("text that is no UTF-8 is bad, text that is too long is refused", () => {
  const value = text(2).read(hex("b042"));
  assert.ok(value instanceof Bad);
  assert.equal(value.bad, "the text is not UTF-8: b042");
  assert.throws(() => text(2).write("Ä€", "exact"), /the text has 5 bytes; the device takes at most 2/);
  assert.throws(() => text(4).write("a\0b", "exact"), /NUL/);
});

test("text keeps the order of its words, but swaps the bytes of each where the device does", () => {
  for (const [order, bytes] of [
    ["ABCD", "41424344"],
    ["CDAB", "41424344"],
    ["BADC", "42414443"],
    ["DCBA", "42414443"],
  ] as const) {
    assert.equal(text(4, order, REGISTERS).read(hex(bytes)), "ABCD");
    assert.deepEqual(text(4, order, REGISTERS).write("ABCD", "exact"), hex(bytes));
  }
});

test("length is asked for where the wire does not tell it, and only there", () => {
  const length = (type: string, bytes: number | undefined, shape: PointShape) => () =>
    bytesStage(findRawType(type), { shape, ...(bytes === undefined ? {} : { length: bytes }) });
  assert.throws(length("string", undefined, REGISTERS), /"as: string" needs "length" in bytes/);
  assert.throws(length("string", 5, REGISTERS), /whole registers of 2, found 5/);
  assert.throws(length("string", 0, BYTES), /1 to 65535, found 0/);
  assert.throws(length("f32", 2, REGISTERS), /f32 has 4 bytes by itself/);
  assert.throws(length("number", undefined, BYTES), ConversionError);
});

test("opaque values are copied, so that a later read cannot change them", () => {
  const stage = bytesStage(findRawType("bytes"), { shape: BYTES });
  const raw = hex("0102");
  const value = stage.read(raw);
  raw[0] = 9;
  assert.deepEqual(value, hex("0102"));
});
