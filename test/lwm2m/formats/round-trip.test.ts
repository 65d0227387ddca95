import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { CODE } from "../../../src/coap/codes.ts";
import type { ContentCodec } from "../../../src/lwm2m/formats/codec.ts";
import { decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { lwm2mCbor } from "../../../src/lwm2m/formats/lwm2m-cbor.ts";
import { lwm2mJson } from "../../../src/lwm2m/formats/lwm2m-json.ts";
import { opaque } from "../../../src/lwm2m/formats/opaque.ts";
import { senmlCbor } from "../../../src/lwm2m/formats/senml-cbor.ts";
import { senmlJson } from "../../../src/lwm2m/formats/senml-json.ts";
import { singleCbor } from "../../../src/lwm2m/formats/single-cbor.ts";
import { text } from "../../../src/lwm2m/formats/text.ts";
import { tlv } from "../../../src/lwm2m/formats/tlv.ts";
import { type Path, parentPath, parsePath, pathDepth } from "../../../src/lwm2m/path.ts";
import type { Value } from "../../../src/lwm2m/sample.ts";
import { samplesOf, TYPES, typeOfId, VALUE_OF } from "./arbitrary.ts";

const NAMED: readonly (readonly [string, ContentCodec])[] = [
  ["TLV", tlv],
  ["SenML JSON", senmlJson],
  ["SenML CBOR", senmlCbor],
  ["LwM2M CBOR", lwm2mCbor],
  ["LwM2M JSON", lwm2mJson],
];

for (const [id, type] of TYPES.entries()) {
  for (const [format, codec] of [["text", text] as const, ["CBOR", singleCbor] as const, ...NAMED]) {
    test(`${format} gives back every ${type}, of a resource and of a resource instance`, () => {
      const single = parsePath(`/d01/3303/0/${id}`);
      const instance = parsePath(`/d01/3303/0/${id + 100}/7`);
      fc.assert(
        fc.property(VALUE_OF[type], (value) => {
          for (const path of [single, instance]) {
            const payload = codec.encode([{ path, value, time: 0 }], path, typeOfId);
            assert.deepEqual(codec.decode(payload, path, typeOfId), [{ path, value }]);
          }
        }),
      );
    });
  }
}

test("opaque gives back every byte string", () => {
  const path = parsePath("/0/0/5");
  fc.assert(
    fc.property(VALUE_OF.opaque, (value) => {
      const payload = opaque.encode([{ path, value, time: 0 }], path, typeOfId);
      assert.deepEqual(opaque.decode(payload, path, typeOfId), [{ path, value }]);
    }),
  );
});

for (const [format, codec] of NAMED) {
  test(`${format} gives back every set of samples of an object, of each instance, resource and resource instance`, () => {
    fc.assert(
      fc.property(samplesOf("meter-1", 3303), (samples) => {
        for (const base of new Set(samples.flatMap(({ path }) => levelsOf(path)))) {
          const below = samples.filter(({ path }) => path === base || path.startsWith(`${base}/`));
          const payload = codec.encode(below, base, typeOfId);
          const expected = below.map(({ path, value }) => ({ path, value }));
          assert.deepEqual(codec.decode(payload, base, typeOfId), expected);
        }
      }),
    );
  });
}

for (const [format, codec] of NAMED.filter(([, codec]) => codec !== tlv)) {
  test(`${format} gives back the samples of several devices and of the gateway, to who writes and to who reads`, () => {
    const base = parsePath("/");
    fc.assert(
      fc.property(samplesOf("", 3), samplesOf("a", 3303), samplesOf("b", 3303), samplesOf("b", 3304), (...devices) => {
        const values = devices.flat().map(({ path, value }) => ({ path, value }));
        const payload = codec.encode(devices.flat(), base, typeOfId);
        assert.deepEqual(codec.decode(payload, base, typeOfId), values);
        assert.deepEqual(decodeTimed(codec.contentFormat, payload, { base, typeOf: typeOfId }), values);
      }),
    );
  });
}

test("LwM2M CBOR gives back samples in any order, those of one level together", () => {
  const base = parsePath("/");
  const shuffled = fc
    .tuple(samplesOf("", 3), samplesOf("a", 3303), samplesOf("b", 3303))
    .chain((devices) => fc.shuffledSubarray(devices.flat(), { minLength: devices.flat().length }));
  fc.assert(
    fc.property(shuffled, (samples) => {
      const read = lwm2mCbor.decode(lwm2mCbor.encode(samples, base, typeOfId), base, typeOfId);
      const byPath = new Map(read.map(({ path, value }) => [path, value]));
      assert.equal(byPath.size, samples.length);
      for (const { path, value } of samples) assert.deepEqual(byPath.get(path), value);
    }),
  );
});

test("of two samples of one path LwM2M CBOR tells the later, of a resource with a value and with instances the first", () => {
  const [path, instance] = [parsePath("/3/0/9"), parsePath("/3/0/9/0")];
  const hex = (...samples: readonly (readonly [Path, Value])[]): string => {
    const all = samples.map(([path, value]) => ({ path, value, time: 0 }));
    return Buffer.from(lwm2mCbor.encode(all, parsePath("/3/0"), () => undefined)).toString("hex");
  };
  assert.equal(hex([path, 1], [parsePath("/3/0/10"), 3], [path, 2]), "a1820300a209020a03");
  assert.equal(hex([path, 1], [instance, 2]), "a18303000901");
  assert.equal(hex([instance, 2], [path, 1]), "a1840300090002");
});

test("a float that is no number goes as it is where the format has it; a Write of it is refused", () => {
  const path = parsePath("/3303/0/3");
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const codec of [singleCbor, senmlCbor, lwm2mCbor, tlv]) {
      const payload = codec.encode([{ path, value, time: 0 }], path, typeOfId);
      const context = { base: path, typeOf: typeOfId };
      const [told] = decodeTimed(codec.contentFormat, payload, context);
      assert.deepEqual(told?.value, value, `${codec.contentFormat}`);
      assert.throws(() => codec.decode(payload, path, typeOfId), { code: CODE.badRequest });
    }
    for (const codec of [text, senmlJson, lwm2mJson]) {
      const encode = () => codec.encode([{ path, value, time: 0 }], path, typeOfId);
      assert.throws(encode, { code: CODE.internalServerError });
    }
  }
});

for (const [format, codec] of NAMED.filter(([, codec]) => codec.carriesTime)) {
  test(`${format} gives back the samples of several devices, each with its time to the millisecond`, () => {
    const base = parsePath("/");
    fc.assert(
      fc.property(samplesOf("", 3), samplesOf("a", 3303), samplesOf("b", 3303), (...devices) => {
        const samples = devices.flat();
        const payload = codec.encode(samples, base, typeOfId, { times: true });
        const read = decodeTimed(codec.contentFormat, payload, { base, typeOf: typeOfId });
        const untimed = ({ path, value }: { readonly path: Path; readonly value: Value }) => ({ path, value });
        assert.deepEqual(read.map(untimed), samples.map(untimed));
        // The floats of CBOR may be less than a millisecond away, and be rounded to the one beside.
        for (const [i, { time }] of samples.entries()) assert.ok(Math.abs((read[i]?.time ?? 0) - time) <= 1);
      }),
    );
  });
}

test("a time at the border of the relative ones stays absolute, whatever the base time adds to it", () => {
  const [newer, border] = [1_198_523_808_261, 2 ** 28 * 1000];
  const samples = [newer, border].map((time, i) => ({ path: parsePath(`/3/0/${9 + i}`), value: 1, time }));
  const payload = senmlJson.encode(samples, parsePath("/"), typeOfId, { times: true });
  const read = decodeTimed(senmlJson.contentFormat, payload, { base: parsePath("/"), typeOf: typeOfId });
  assert.deepEqual(
    read.map(({ time }) => time),
    [newer, border],
  );
});

/** The path and what is above it, down from the object. */
function levelsOf(path: Path): readonly Path[] {
  const above = parentPath(path);
  return above === undefined || pathDepth(above) === 0 ? [path] : [...levelsOf(above), path];
}
