/** SenML CBOR and LwM2M CBOR against a CBOR library that we did not write and do not use (cborg), names and times put together here. */
import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode } from "cborg";
import fc from "fast-check";
import { decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { lwm2mCbor } from "../../../src/lwm2m/formats/lwm2m-cbor.ts";
import { senmlCbor } from "../../../src/lwm2m/formats/senml-cbor.ts";
import { singleCbor } from "../../../src/lwm2m/formats/single-cbor.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import { isObjectLink, type Sample, type Value } from "../../../src/lwm2m/sample.ts";
import { samplesOf, TYPES, typeOfId, VALUE_OF } from "./arbitrary.ts";

const base = parsePath("/");
const packs = fc
  .tuple(samplesOf("", 3), samplesOf("a", 3303), samplesOf("b", 3303), samplesOf("b", 3304))
  .map((devices) => devices.flat());

/** Labels of RFC 8428 §6, Table 4. */
const [BASE_TIME, BASE_NAME, NAME, NUMBER, TEXT, BOOLEAN, TIME, DATA] = [-3, -2, 0, 2, 3, 4, 6, 8] as const;

test("another library reads the SenML CBOR that we write: names, times and values", () => {
  fc.assert(
    fc.property(packs, (samples) => {
      const payload = senmlCbor.encode(samples, base, typeOfId, { times: true });
      const records = resolved(foreign(payload));
      assert.deepEqual(
        records.map(({ name, value }) => [name, value]),
        samples.map(({ path, value }) => [path, plain(value)]),
      );
      for (const [i, { seconds }] of records.entries()) {
        assert.ok(Math.abs(seconds * 1000 - (samples[i]?.time ?? 0)) < 1, `${seconds} s`);
      }
    }),
  );
});

test("we read the SenML CBOR that another library writes: whole names, or a base name where the device changes", () => {
  fc.assert(
    fc.property(packs, fc.boolean(), (samples, withBase) => {
      const records = samples.map(({ path, value, time }, i) => {
        const start = path.slice(0, path.indexOf("/", 1) + 1);
        const changes = i === 0 || !samples[i - 1]?.path.startsWith(start);
        const named: [number, unknown][] = withBase ? [[NAME, path.slice(start.length)]] : [[NAME, path]];
        if (withBase && changes) named.push([BASE_NAME, start]);
        return new Map<unknown, unknown>([...named, [TIME, Math.floor(time / 1000)], [labelOf(value), plain(value)]]);
      });
      const payload = encode(records);
      const expected = samples.map(({ path, value }) => ({ path, value: unsignedZero(value) }));
      assert.deepEqual(senmlCbor.decode(payload, base, typeOfId), expected);
      const timed = samples.map(({ time }, i) => ({ ...expected[i], time: Math.floor(time / 1000) * 1000 }));
      assert.deepEqual(decodeTimed(senmlCbor.contentFormat, payload, { base, typeOf: typeOfId }), timed);
    }),
  );
});

test("another library reads the LwM2M CBOR that we write, whatever the order of the samples", () => {
  const shuffled = packs.chain((samples) => fc.shuffledSubarray([...samples], { minLength: samples.length }));
  fc.assert(
    fc.property(fc.oneof(packs, shuffled), (samples) => {
      const payload = lwm2mCbor.encode(samples, base, typeOfId);
      const read = new Map(flat(foreign(payload)));
      assert.equal(read.size, samples.length);
      for (const { path, value } of samples) assert.deepEqual(read.get(path), plain(value), path);
    }),
  );
});

test("we read the LwM2M CBOR that another library writes: one map of whole names, or a map for each level", () => {
  fc.assert(
    fc.property(packs, fc.boolean(), (samples, nested) => {
      const payload = encode(nested ? levels(samples) : wholeNames(samples));
      const read = new Map(lwm2mCbor.decode(payload, base, typeOfId).map(({ path, value }) => [path, value]));
      assert.equal(read.size, samples.length);
      for (const { path, value } of samples) assert.deepEqual(read.get(path), unsignedZero(value), path);
    }),
  );
});

for (const [id, type] of TYPES.entries()) {
  test(`another library reads each ${type} in the CBOR of one value, and we what it writes`, () => {
    const path = parsePath(`/d01/3303/0/${id}`);
    fc.assert(
      fc.property(VALUE_OF[type], (value) => {
        assert.deepEqual(foreign(singleCbor.encode([{ path, value, time: 0 }], path, typeOfId)), plain(value));
        assert.deepEqual(singleCbor.decode(encode(plain(value)), path, typeOfId), [
          { path, value: unsignedZero(value) },
        ]);
      }),
    );
  });
}

function foreign(payload: Uint8Array): unknown {
  return decode(payload, { useMaps: true, rejectDuplicateMapKeys: true });
}

/** RFC 8428 §4.6, in as few words as it takes. */
function resolved(pack: unknown): { readonly name: string; readonly seconds: number; readonly value: unknown }[] {
  assert(Array.isArray(pack));
  let [name, seconds] = ["", 0];
  return pack.map((record: unknown) => {
    assert(record instanceof Map);
    name = record.get(BASE_NAME) ?? name;
    seconds = record.get(BASE_TIME) ?? seconds;
    const values = [NUMBER, TEXT, BOOLEAN, DATA, "vlo"].filter((label) => record.has(label));
    assert.equal(values.length, 1, "a record has one value");
    return {
      name: name + (record.get(NAME) ?? ""),
      seconds: seconds + (record.get(TIME) ?? 0),
      value: record.get(values[0]),
    };
  });
}

/** Every value with its path: all keys above it, one after the other. */
function flat(item: unknown, above = ""): (readonly [string, unknown])[] {
  if (!(item instanceof Map)) return [[above, item]];
  assert.ok(item.size > 0, "a map has an entry");
  return [...item].flatMap(([key, below]) => flat(below, `${above}/${[key].flat().join("/")}`));
}

function wholeNames(samples: readonly Sample[]): ReadonlyMap<unknown, unknown> {
  return new Map(samples.map(({ path, value }) => [keysOf(path), plain(value)]));
}

function levels(samples: readonly Sample[]): ReadonlyMap<unknown, unknown> {
  const root = new Map<unknown, unknown>();
  for (const { path, value } of samples) {
    const keys = keysOf(path);
    let level = root;
    for (const key of keys.slice(0, -1)) {
      const below = level.get(key) ?? new Map<unknown, unknown>();
      assert(below instanceof Map);
      level.set(key, below);
      level = below;
    }
    level.set(keys.at(-1), plain(value));
  }
  return root;
}

function keysOf(path: string): (string | number)[] {
  return path
    .slice(1)
    .split("/")
    .map((key) => (/^\d/.test(key) ? Number(key) : key));
}

function labelOf(value: Value): number | string {
  if (typeof value === "string") return TEXT;
  if (typeof value === "boolean") return BOOLEAN;
  if (value instanceof Uint8Array) return DATA;
  return typeof value === "object" ? "vlo" : NUMBER;
}

/** As CBOR has it: object links are text (Core 1.2 Table C-2). */
function plain(value: Value): unknown {
  return isObjectLink(value) ? `${value.object}:${value.instance}` : value;
}

/** The other library writes numbers that are whole as integers. */
function unsignedZero(value: Value): Value {
  return Object.is(value, -0) ? 0 : value;
}
