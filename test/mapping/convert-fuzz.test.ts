import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RawValue } from "../../src/adapter.ts";
import { Lwm2mError } from "../../src/errors.ts";
import type { ResourceType, Value } from "../../src/lwm2m/sample.ts";
import { type ByteOrder, ConversionError } from "../../src/mapping/conversion-types.ts";
import { BYTES, COIL, conversion, SCALAR, type Spec, write } from "./specs.ts";

const TYPES: readonly ResourceType[] = [
  "string",
  "integer",
  "unsigned",
  "float",
  "boolean",
  "opaque",
  "time",
  "objlnk",
  "corelnk",
];
const SPECS: readonly Spec[] = [
  ...[
    "u8",
    "s8",
    "u16",
    "s16",
    "u24",
    "s24",
    "u32",
    "s32",
    "u48",
    "u64",
    "s64",
    "f16",
    "f32",
    "f64",
    "bcd16",
    "bcd32",
    "bool",
    "time32",
  ].map((as) => ({ as })),
  { as: "string", length: 4 },
  { as: "bytes", length: 4 },
  { bits: [0, 0] },
  { scale: 0.1, offset: -3, valid: [0, 5] },
  { as: "u64", scale: 0.001, invalid: "sunspec" },
  { as: "f32", max_step: 5, monotonic: true },
  ...[
    "value * 0.1 - 3",
    "1 / value",
    "sqrt(value) + prev * dt",
    "value > 3",
    "value > 3 ? 'a' : 'b'",
    "10 ** value",
  ].map((text): Spec => ({ as: "f32", unit: "W", expr: { text, parameters: new Map() } })),
  { as: "u64", expr: { text: "value * 3 - 1", parameters: new Map() } },
  {
    as: "u64",
    expr: { text: "round(value ** 0.5)", parameters: new Map() },
    writeExpr: { text: "value ** 2", parameters: new Map() },
  },
  { shape: COIL, expr: { text: "not value", parameters: new Map() } },
  { shape: SCALAR, as: "string", expr: { text: "{a: 1, b: 2}[value]", parameters: new Map() } },
  { shape: BYTES, as: "string" },
  { shape: COIL },
  { shape: SCALAR },
  { shape: SCALAR, as: "string", enum: new Map([["1", "1"]]) },
];

test("whatever a device sends, the answer is a value of the resource's type or a reason", () => {
  const raw = fc.oneof(
    fc.uint8Array({ maxLength: 9 }),
    fc.double(),
    fc.string({ maxLength: 20 }),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(null, undefined, {}, [], { object: 1, instance: 2 }),
  );
  const order = fc.constantFrom<ByteOrder>("ABCD", "DCBA");
  const known = fc.record({ value: fc.oneof(fc.double({ noNaN: true }), fc.bigInt(), fc.string()), elapsed: fc.nat() });
  const last = fc.option(known, { nil: undefined });
  fc.assert(
    fc.property(
      fc.constantFrom(...SPECS),
      fc.constantFrom(...TYPES),
      order,
      raw,
      last,
      (spec, type, by, value, history) => {
        const converter = attempt(() => conversion({ ...spec, order: by }, type));
        if (converter === undefined) return;
        const converted = converter.toValue(value as RawValue, history);
        if ("good" in converted) assert.ok(isOfType(converted.good, type), `${type} ${String(converted.good)}`);
        else assert.ok(converted.bad.length > 0);
      },
    ),
    { numRuns: 3000 },
  );
});

test("whatever a server writes, it is a raw value or 4.00", () => {
  const value = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.string({ maxLength: 8 }),
    fc.boolean(),
    fc.uint8Array({ maxLength: 5 }),
    fc.constant({ object: 1, instance: 2 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...SPECS), fc.constantFrom(...TYPES), value, (spec, type, written) => {
      const converter = attempt(() => conversion(spec, type));
      const raw = converter && rawOrRefused(() => write(converter, written));
      if (raw instanceof Uint8Array && converter?.length !== undefined) assert.equal(raw.length, converter.length);
    }),
    { numRuns: 3000 },
  );
});

test("every entry can be played backwards", () => {
  const time = fc.integer({ min: 0, max: 2 ** 41 });
  fc.assert(
    fc.property(fc.constantFrom(...SPECS), fc.constantFrom(...TYPES), fc.integer(), time, (spec, type, seed, at) => {
      attempt(() => conversion({ ...spec, writable: false }, type))?.simulate(seed)(at);
    }),
    { numRuns: 1000 },
  );
});

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    assert.ok(error instanceof ConversionError, String(error));
    return undefined;
  }
}

function rawOrRefused(make: () => RawValue): RawValue | undefined {
  try {
    return make();
  } catch (error) {
    assert.ok(error instanceof Lwm2mError, String(error));
    assert.equal(error.code, 0x80);
    return undefined;
  }
}

function isOfType(value: Value, type: ResourceType): boolean {
  switch (type) {
    case "string":
    case "corelnk":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "opaque":
      return value instanceof Uint8Array;
    case "objlnk":
      return typeof value === "object";
    case "float":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
    case "unsigned":
    case "time":
      return typeof value === "bigint" ? !Number.isSafeInteger(Number(value)) : Number.isSafeInteger(value);
  }
}
