import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { type CborMap, decodeCbor } from "../../../src/lwm2m/formats/cbor-reader.ts";
import { decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { senmlCbor } from "../../../src/lwm2m/formats/senml-cbor.ts";
import { senmlJson } from "../../../src/lwm2m/formats/senml-json.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../../src/lwm2m/sample.ts";
import { bytes } from "../../vectors/content.ts";

const { typeOf } = catalogue;
const NOW = 1_700_000_000_000;

test("times: a record says only where it differs from the base time", () => {
  const samples = [
    sample("/d01/3303/0/5700", 22.5, NOW),
    sample("/d01/3303/0/5701", "Cel", NOW),
    sample("/d01/3304/0/5700", 40.5, NOW + 250),
  ];
  assert.equal(
    json(samples, "/"),
    '[{"bn":"/d01/","bt":1700000000,"n":"3303/0/5700","v":22.5},{"n":"3303/0/5701","vs":"Cel"},' +
      '{"n":"3304/0/5700","t":0.25,"v":40.5}]',
  );
});

test("a time that two records in a row have becomes the base time: devices are read as a whole, each at its own time", () => {
  const samples = [
    sample("/d01/3303/0/5700", 22.5, NOW),
    sample("/d01/3304/0/5700", 40.5, NOW),
    sample("/d02/3303/0/5700", 21.5, NOW + 250),
    sample("/d02/3304/0/5700", 41.5, NOW + 250),
    sample("/d02/3304/1/5700", 42.5, NOW),
    sample("/d02/3304/2/5700", 43.5, NOW + 250),
  ];
  assert.equal(
    json(samples, "/"),
    '[{"bn":"/d01/","bt":1700000000,"n":"3303/0/5700","v":22.5},{"n":"3304/0/5700","v":40.5},' +
      '{"bn":"/d02/","bt":1700000000.25,"n":"3303/0/5700","v":21.5},{"n":"3304/0/5700","v":41.5},' +
      '{"n":"3304/1/5700","t":-0.25,"v":42.5},{"n":"3304/2/5700","v":43.5}]',
  );
});

test("whatever the times, each is read back, in CBOR on its grid", () => {
  const offset = fc.integer({ min: 0, max: 4 }).map((steps) => steps * 777);
  fc.assert(
    fc.property(
      fc.array(offset, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(senmlJson, senmlCbor),
      (all, codec) => {
        const samples = all.map((after, i) => sample(`/d0${i % 2}/3303/${i}/5700`, 22.5, NOW + after));
        const payload = codec.encode(samples, parsePath("/"), typeOf, { times: true });
        const read = decodeTimed(codec.contentFormat, payload, { base: parsePath("/"), typeOf });
        assert.deepEqual(
          read.map(({ path, value }) => [path, value]),
          samples.map(({ path, value }) => [path, value]),
        );
        const most = codec === senmlJson ? 0 : 1;
        for (const [i, { time = 0 }] of read.entries()) assert.ok(Math.abs(time - (samples[i]?.time ?? 0)) <= most);
      },
    ),
  );
});

test("a history of one resource names it once", () => {
  const samples = [0, 1000, 2500].map((after) => sample("/d01/3303/0/5700", 22.5, NOW + after));
  const expected = '[{"bn":"/d01/3303/0/5700","bt":1700000000,"v":22.5},{"t":1,"v":22.5},{"t":2.5,"v":22.5}]';
  assert.equal(json(samples, "/d01/3303/0/5700"), expected);
});

test("a pack of several devices has one base name for each", () => {
  const samples = [
    sample("/a/3303/0/5700", 1.5, NOW),
    sample("/a/3303/1/5700", 2.5, NOW),
    sample("/b/3303/0/5700", 3.5, NOW),
    sample("/3/0/9", 4, NOW),
    sample("/3/0/13", 5, NOW),
  ];
  assert.equal(
    json(samples, "/"),
    '[{"bn":"/a/3303/","bt":1700000000,"n":"0/5700","v":1.5},{"n":"1/5700","v":2.5},{"bn":"/b/3303/0/5700","v":3.5},' +
      '{"bn":"/3/0/","n":"9","v":4},{"n":"13","v":5}]',
  );
});

test("a Read answer has no times", () => {
  const payload = senmlJson.encode([sample("/3/0/9", 4, NOW)], parsePath("/3/0/9"), typeOf);
  assert.equal(Buffer.from(payload).toString(), '[{"bn":"/3/0/9","v":4}]');
});

test("a time before 1978 is left out: it would read as relative to now", () => {
  assert.equal(json([sample("/3/0/9", 4, 5000)], "/3/0/9"), '[{"bn":"/3/0/9","v":4}]');
});

test("what was measured before the clock was set goes before the base time, which would count for it", () => {
  const mixed = [sample("/3/0/9", 4, NOW), sample("/3/0/10", 5, 0), sample("/3/0/13", 6, NOW + 1000)];
  assert.equal(
    json(mixed, "/3/0"),
    '[{"bn":"/3/0/","n":"10","v":5},{"bt":1700000000,"n":"9","v":4},{"n":"13","t":1,"v":6}]',
  );
  for (const codec of [senmlJson, senmlCbor]) {
    const payload = codec.encode(mixed, parsePath("/3/0"), typeOf, { times: true });
    const read = decodeTimed(codec.contentFormat, payload, { base: parsePath("/3/0"), typeOf });
    assert.deepEqual(
      read.map(({ path, time }) => [path, time]),
      [
        ["/3/0/10", undefined],
        ["/3/0/9", NOW],
        ["/3/0/13", NOW + 1000],
      ],
    );
  }
});

test("nothing to say is an empty pack", () => {
  assert.equal(json([], "/3/0"), "[]");
  assert.deepEqual(senmlCbor.encode([], parsePath("/3/0"), typeOf), bytes("80"));
});

test("CBOR tells a time as a float with nine decimal digits at most, less than a millisecond away: Leshan takes no more", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 * 1000 }), fc.integer({ min: 0, max: 2 ** 26 }), (first, after) => {
      const times = [2 ** 28 * 1000 + first, 2 ** 28 * 1000 + first + after];
      const samples = times.map((time) => sample("/3303/0/5700", 1.5, time));
      const payload = senmlCbor.encode(samples, parsePath("/3303/0/5700"), typeOf, { times: true });
      const [one, two] = decodeCbor(payload) as readonly CborMap[];
      const [base, offset] = [Number(one?.get(-3)), Number(two?.get(6) ?? 0)];
      // A multiple of 2^-9 is written with nine digits: 0.001953125 is one step.
      for (const seconds of [base, offset]) assert.ok(Number.isInteger(seconds * 512), `${seconds} s`);
      assert.ok(Math.abs(base * 1000 - (times[0] ?? 0)) < 1);
      assert.ok(Math.abs((base + offset) * 1000 - (times[1] ?? 0)) < 1);
    }),
  );
});

test("CBOR writes whole seconds as an integer and most offsets in four bytes", () => {
  const samples = [sample("/3303/0/5700", 1.5, NOW), sample("/3303/0/5700", 2.5, NOW + 4_567_891)];
  const payload = senmlCbor.encode(samples, parsePath("/3303/0/5700"), typeOf, { times: true });
  assert.equal(Buffer.from(payload.subarray(16, 22)).toString("hex"), "221a6553f100");
  assert.deepEqual(payload.subarray(-13), bytes("a2 06 fa458ebf20 02 fa40200000"));
});

test("the times of the historical notification of Core 1.2.2 Table 7.5.6.-3 are relative to now", () => {
  const text =
    '[{"bn":"/72/","bt":25462634,"n":"1/2","v":22.4,"t":-5},\n{"n":"1/2","v":22.9,"t":-30},\n{"n":"1/2","v":24.1,"t":-50}]';
  const path = parsePath("/72/1/2");
  const context = { base: parsePath("/72"), typeOf: () => undefined };
  const values = [22.4, 22.9, 24.1];
  assert.deepEqual(
    decodeTimed(110, utf8(text), context),
    values.map((value) => ({ path, value })),
  );
  const times = [25462629, 25462604, 25462584].map((seconds) => NOW + seconds * 1000);
  const timed = values.map((value, i) => ({ path, value, time: times[i] }));
  assert.deepEqual(decodeTimed(110, utf8(text), { ...context, now: NOW }), timed);
});

test("absolute and relative times as in RFC 8428 §5.1.3", () => {
  // Its example of a voltage and six currents, the names made paths; the last record has the base time itself.
  const text =
    '[{"bn":"/3305/0/","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"5800","u":"V","v":120.1},{"n":"5801","t":-5,"v":1.2},' +
    '{"n":"5801","t":-4,"v":1.3},{"n":"5801","v":1.7}]';
  const read = decodeTimed(110, utf8(text), { base: parsePath("/"), typeOf: () => undefined });
  assert.deepEqual(
    read.map(({ time }) => time),
    [1276020076001, 1276020071001, 1276020072001, 1276020076001],
  );
});

test("a decimal fraction is a time, as Leshan writes it", () => {
  // LwM2mNodeEncoderTest, senml_cbor_encode_timestamped_nodes
  const payload = bytes(
    "83 a321662f302f302f30 22c482001a1dcd6504 036c53616d706c65537472696e67 a321662f302f302f31 22c482001a1dcd6505 04f4 a321662f302f302f32 22c482001a1dcd6506 021901c8",
  );
  assert.deepEqual(decodeTimed(112, payload, { base: parsePath("/"), typeOf: () => undefined }), [
    { path: "/0/0/0", value: "SampleString", time: 500_000_004_000 },
    { path: "/0/0/1", value: false, time: 500_000_005_000 },
    { path: "/0/0/2", value: 456, time: 500_000_006_000 },
  ]);
});

function sample(path: string, value: Value, time: number): Sample {
  return { path: parsePath(path), value, time };
}

function json(samples: readonly Sample[], base: string): string {
  return Buffer.from(senmlJson.encode(samples, parsePath(base), typeOf, { times: true })).toString();
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
