import assert from "node:assert/strict";
import test from "node:test";
import { Encoder } from "cbor-x";
import fc from "fast-check";
import { ProtocolError } from "../../../src/errors.ts";
import { type Cbor, decodeCbor } from "../../../src/lwm2m/formats/cbor-reader.ts";
import { type CborWriter, writeCbor } from "../../../src/lwm2m/formats/cbor-writer.ts";
import { bytes } from "../../vectors/content.ts";

// RFC 8949 Appendix A, the items that LwM2M can carry.
const EXAMPLES: readonly (readonly [string, Cbor])[] = [
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["1903e8", 1000],
  ["1a000f4240", 1000000],
  ["1b000000e8d4a51000", 1000000000000],
  ["1bffffffffffffffff", 18446744073709551615n],
  ["20", -1],
  ["3903e7", -1000],
  ["3bffffffffffffffff", -18446744073709551616n],
  ["f90000", 0],
  ["f97bff", 65504],
  ["fa47c35000", 100000],
  ["fb3ff199999999999a", 1.1],
  ["f90001", 2 ** -24],
  ["f97c00", Number.POSITIVE_INFINITY],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["f7", undefined],
  ["c074323031332d30332d32315432303a30343a30305a", 1363896240],
  ["c11a514b67b0", 1363896240],
  ["c1fb41d452d9ec200000", 1363896240.5],
  ["c48221196ab3", 273.15],
  ["40", bytes("")],
  ["4401020304", bytes("01020304")],
  ["60", ""],
  ["6449455446", "IETF"],
  ["62c3bc", "ü"],
  ["64f0908591", "𐅑"],
  ["80", []],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
  ["a0", new Map()],
  [
    "a201020304",
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    "bf61610161629f0203ffff",
    new Map<Cbor, Cbor>([
      ["a", 1],
      ["b", [2, 3]],
    ]),
  ],
];

for (const [hex, value] of EXAMPLES) {
  test(`reads ${hex} of RFC 8949 Appendix A`, () => assert.deepEqual(decodeCbor(bytes(hex)), value));
}

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ["nothing", "", /cut short/],
  ["a text cut short", "6461", /cut short/],
  ["an array cut short", "8201", /cut short/],
  ["a huge array of nothing", "9b00ffffffffffffff", /cut short/],
  ["a huge text of nothing", "7bffffffffffffffff", /cut short/],
  ["bytes after the item", "0000", /after the item/],
  ["a lone break", "ff", /simple value 31/],
  ["a break for a value", "bf01ff", /simple value 31/],
  ["a reserved length", "1c", /reserved/],
  ["text in pieces", "7f61616162ff", /indefinite/],
  ["bytes in pieces", "5f4101ff", /indefinite/],
  ["text that is no UTF-8", "62c328", /not UTF-8/],
  ["a key twice", "a201000101", /key twice/],
  ["a key twice, once in a longer form", "a20100180101", /key twice/],
  ["a key twice, once as 64 bits", "a201001b000000000000000101", /key twice/],
  ["a record definition of the library", "d869840101020304", /tag 105/],
  ["a shared structure of the library", "d9dfff8301816161f6", /tag 57343/],
  ["a tag without meaning here", "d82001", /tag 32/],
  ["a big number", "c249010000000000000000", /tag 2/],
  ["a time of text", "c16161", /time must be a number/],
  ["a date of numbers", "c001", /date must be text/],
  ["a decimal fraction of three", "c483010203", /array of two/],
  ["a decimal fraction of texts", "c48201616f", /made of integers/],
  ["an undefined simple value", "f0", /simple value 16/],
  ["a simple value of a byte", "f8ff", /simple value 24/],
  ["nesting without end", "81".repeat(50_000), /nested too deeply/],
  ["tags without end", "c1".repeat(50_000), /time must be a number/],
  ["maps in keys without end", `${"a1".repeat(40)}00`, /nested too deeply/],
];

for (const [name, hex, message] of REFUSED) {
  test(`refuses ${name}`, () => assert.throws(() => decodeCbor(bytes(hex)), { name: "ProtocolError", message }));
}

test("what another implementation writes is read as it was meant", () => {
  const foreign = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false, variableMapSize: true });
  const scalar = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.double().map((value) => value + 0),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.uint8Array({ maxLength: 300 }),
  );
  const { item } = fc.letrec((tie) => ({
    item: fc.oneof({ maxDepth: 4 }, scalar, tie("array"), tie("map")),
    array: fc.array(tie("item"), { maxLength: 30 }),
    map: fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.integer()), tie("item")), { maxLength: 30 })
      .map((all) => new Map(all)),
  }));
  fc.assert(fc.property(item, (value) => assert.deepEqual(decodeCbor(foreign.encode(value)), value)));
});

test("a decimal fraction of a whole number keeps its digits", () => {
  assert.equal(decodeCbor(bytes("c482 00 1bffffffffffffffff")), 2n ** 64n - 1n);
  assert.equal(decodeCbor(bytes("c482 02 18ff")), 25500);
  assert.equal(decodeCbor(bytes("c482 3a7fffffff 01")), 0);
  assert.equal(decodeCbor(bytes("c482 1affffffff 01")), Number.POSITIVE_INFINITY);
});

test("floats are written in four bytes where these hold them, integers as integers whatever their size", () => {
  const float = (value: number) => written((writer) => writer.float(value));
  const integer = (value: number | bigint) => written((writer) => writer.integer(value));
  assert.equal(float(22.5), "fa41b40000");
  assert.equal(float(22), "fa41b00000");
  assert.equal(float(-0), "fa80000000");
  assert.equal(float(22.4), "fb4036666666666666");
  assert.equal(float(1e300), "fb7e37e43c8800759c");
  assert.equal(float(2 ** -149), "fa00000001");
  assert.equal(float(2 ** -1074), "fb0000000000000001");
  assert.equal(integer(2 ** 32 - 1), "1affffffff");
  assert.equal(integer(2 ** 32), "1b0000000100000000");
  assert.equal(integer(-(2 ** 32)), "3affffffff");
  assert.equal(integer(-(2 ** 32) - 1), "3b0000000100000000");
  assert.equal(integer(-(2 ** 40)), "3b000000ffffffffff");
  assert.equal(integer(-0), "00");
  assert.equal(integer(5n), "05");
  assert.equal(integer(-(2n ** 63n)), "3b7fffffffffffffff");
  assert.equal(integer(2n ** 64n - 1n), "1bffffffffffffffff");
});

test("texts and bytes of any length are written whole", () => {
  const item = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.string({ unit: "grapheme-ascii", maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 40 }), (items) => {
      const payload = writeCbor((writer) => {
        writer.array(items.length);
        for (const item of items) typeof item === "string" ? writer.text(item) : writer.data(item);
      });
      assert.deepEqual(decodeCbor(payload), items);
    }),
  );
  // Wherever in its buffer the writer is.
  const umlauts = Array.from({ length: 5000 }, (_, i) => `${"x".repeat(i % 7)}ü`);
  for (const text of umlauts) assert.equal(decodeCbor(writeCbor((writer) => writer.text(text))), text);
  const large = new Uint8Array(100_000).fill(7);
  assert.deepEqual(decodeCbor(writeCbor((writer) => writer.data(large))), large);
  assert.equal(
    written((writer) => writer.data(Buffer.from("0102", "hex"))),
    "420102",
  );
});

test("a payload is whole, whatever is written while it is, or broke off before it", () => {
  assert.throws(() =>
    writeCbor((writer) => {
      writer.integer(1);
      throw new Error("broke off");
    }),
  );
  const inner: string[] = [];
  const outer = written((writer) => {
    writer.array(2);
    inner.push(written((other) => other.integer(7)));
    writer.integer(8);
    writer.integer(9);
  });
  assert.deepEqual([outer, inner], ["820809", ["07"]]);
});

test("what was read does not change with the buffer that it came from", () => {
  const payload = bytes("43010203");
  const read = decodeCbor(payload);
  payload.fill(0);
  assert.deepEqual(read, bytes("010203"));
});

test("a Buffer is read like any bytes, and opaque values are no Buffers", () => {
  const read = decodeCbor(Buffer.from("43010203", "hex"));
  assert(read instanceof Uint8Array && !Buffer.isBuffer(read));
});

test("any bytes are read, or refused with ProtocolError", () => {
  const head = fc.constantFrom(0xc0, 0xc1, 0xc4, 0x82, 0x9f, 0xbf, 0xa1, 0xff, 0xf9, 0x1b, 0xd8, 0x61);
  const soup = fc.array(fc.oneof(head, fc.integer({ min: 0, max: 255 })), { maxLength: 60 });
  fc.assert(
    fc.property(soup, (items) => {
      try {
        decodeCbor(Uint8Array.from(items));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});

function written(write: (writer: CborWriter) => void): string {
  return Buffer.from(writeCbor(write)).toString("hex");
}
