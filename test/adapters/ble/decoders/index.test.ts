import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { EncodeOptions, FieldKind, FieldValue } from "../../../../adapters/ble/decoders/decoder.ts";
import {
  advertisementDecoders,
  characteristicDecoders,
  fieldKind,
  otherNames,
} from "../../../../adapters/ble/decoders/index.ts";
import { normalUuid } from "../../../../adapters/ble/radio/uuid.ts";
import { DeviceError } from "../../../../src/adapter.ts";
import { findUnit } from "../../../../src/mapping/units.ts";
import { ADDRESS, heard, hex } from "../../../support/advertisements.ts";

const KEY = hex("231d39c1d7cc1ab1aee224cd096db932");
const everything = [...advertisementDecoders.values(), ...characteristicDecoders.values()];

test("every unit is one that a mapping can say", () => {
  const spelled = everything.flatMap(({ title, fields }) =>
    [...fields].flatMap(([name, { unit }]) => (unit === undefined ? [] : [{ title, name, unit }])),
  );
  assert.deepEqual(
    spelled.filter(({ unit }) => findUnit(unit) === undefined),
    [],
  );
});

test("every field has a name for YAML, and words for the reader", () => {
  for (const { title, fields } of everything)
    for (const [name, { about }] of fields) {
      assert.match(name, /^[a-z][a-z0-9_]*$/, title);
      assert.notEqual(about, "", `${title}: ${name}`);
    }
});

test("a field that may come several times is found by its numbers", () => {
  const fields = advertisementDecoders.get("bthome")?.fields ?? new Map<string, FieldKind>();
  assert.equal(fieldKind(fields, "temperature_2")?.unit, "Cel");
  assert.equal(fieldKind(fields, "pm2_5")?.unit, "ug/m3");
  for (const name of ["temperature_1", "temperature_99", "temperature_", "packet_id_2", "temprature"])
    assert.equal(fieldKind(fields, name), undefined, name);
});

test("other names are those of a decoder", () => {
  for (const name of otherNames.values()) assert.ok(advertisementDecoders.has(name), name);
});

test("characteristics are found by their UUIDs as everybody else has them", () => {
  for (const uuid of characteristicDecoders.keys()) assert.equal(normalUuid(uuid), uuid);
});

/** Bytes that begin as those of a format do, so that chance gets further than to the first byte. */
const bytes = fc
  .tuple(
    fc.constantFrom(
      "",
      "40",
      "41",
      "43",
      "05",
      "06",
      "E1",
      "03",
      "0215",
      "00",
      "10",
      "20",
      "2000",
      "01",
      "0100",
      "0101",
    ),
    fc.uint8Array({ maxLength: 45 }),
  )
  .map(([beginning, rest]) => Uint8Array.of(...hex(beginning), ...rest));

const data = fc.record({
  serviceData: fc.dictionary(fc.constantFrom("fcd2", "feaa", "181a"), bytes),
  manufacturerData: fc.dictionary(fc.constantFrom("76", "1177", "2202", "2383", "60552", "1"), bytes),
});

test("whatever is advertised, only a DeviceError of the kind malformed leaves a decoder", () => {
  const key = fc.constantFrom(undefined, KEY, hex("00"));
  const address = fc.constantFrom(ADDRESS, "", "nonsense");
  fc.assert(
    fc.property(data, key, address, ({ serviceData, manufacturerData }, key, address) => {
      const advertisement = heard(
        {
          services: [],
          serviceData: new Map(Object.entries(serviceData)),
          manufacturerData: new Map(Object.entries(manufacturerData).map(([id, one]) => [Number(id), one])),
        },
        address,
      );
      for (const { decode, fields } of advertisementDecoders.values())
        onlyMalformed(() => {
          const decoded = decode(advertisement, key);
          for (const [name, value] of decoded?.fields ?? []) assert.ok(isOf(value, fieldKind(fields, name)), name);
          for (const name of decoded?.bad?.keys() ?? []) assert.ok(fieldKind(fields, name) !== undefined, name);
        });
    }),
    { numRuns: 2000 },
  );
});

test("whatever a characteristic holds, only a DeviceError of the kind malformed leaves its decoder", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (value) => {
      for (const { decode, fields } of characteristicDecoders.values())
        onlyMalformed(() => {
          for (const [name, field] of decode(value).fields) assert.ok(isOf(field, fields.get(name)), name);
        });
    }),
    { numRuns: 500 },
  );
});

test("whatever is to be played, a decoder understands what it has made of it", () => {
  const value = fc.oneof(
    fc.double(),
    fc.boolean(),
    fc.string({ maxLength: 8 }),
    fc.bigInt({ min: -5n, max: 2n ** 40n }),
    fc.uint8Array({ maxLength: 8 }),
  );
  const options = fc.record({ packet: fc.nat(2 ** 32 - 1), key: fc.constantFrom(undefined, KEY) });
  for (const decoder of advertisementDecoders.values())
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...decoder.fields.keys()), value),
        options,
        (given: Record<string, FieldValue>, { packet, key }) => {
          const all: EncodeOptions = { address: ADDRESS, packet, ...(decoder.keyBytes === undefined ? {} : { key }) };
          onlyMalformed(() => {
            const encoded = decoder.encode(new Map(Object.entries(given)), all);
            assert.notEqual(decoder.decode(heard(encoded), all.key), undefined, decoder.name);
          });
        },
      ),
    );
});

function onlyMalformed(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DeviceError) || error.kind !== "malformed") throw error;
  }
}

function isOf(value: FieldValue, kind: FieldKind | undefined): boolean {
  switch (kind?.type) {
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    case "text":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case undefined:
      return false;
  }
}
