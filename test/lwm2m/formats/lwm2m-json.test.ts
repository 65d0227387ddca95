import assert from "node:assert/strict";
import test from "node:test";
import { CODE } from "../../../src/coap/codes.ts";
import { Lwm2mError } from "../../../src/errors.ts";
import { decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { lwm2mJson } from "../../../src/lwm2m/formats/lwm2m-json.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { PathValue, Sample, Value } from "../../../src/lwm2m/sample.ts";

const { typeOf } = catalogue;
const NOW = 1_700_000_000_000;

test("times count back from the newest, which is the base time", () => {
  const samples = [0, 1000, 2500].map((after) => sample("/d01/3303/0/5700", 22.5, NOW + after));
  assert.equal(
    encode(samples, "/d01/3303/0/5700"),
    '{"bn":"/d01/3303/0/5700","e":[{"v":22.5,"t":-2.5},{"v":22.5,"t":-1.5},{"v":22.5}],"bt":1700000002.5}',
  );
  const read = decodeTimed(11543, utf8(encode(samples, "/d01/3303/0/5700")), { base: parsePath("/d01/3303"), typeOf });
  assert.deepEqual(read, samples);
});

test("a Read answer has no times, nor has what a clock measured that was never set", () => {
  const payload = lwm2mJson.encode([sample("/3/0/9", 4, NOW)], parsePath("/3/0/9"), typeOf);
  assert.equal(Buffer.from(payload).toString(), '{"bn":"/3/0/9","e":[{"v":4}]}');
  assert.equal(encode([sample("/3/0/9", 4, 5000)], "/3/0/9"), '{"bn":"/3/0/9","e":[{"v":4}]}');
});

test("nothing to say is an empty list", () => {
  assert.equal(encode([], "/3303"), '{"bn":"/3303","e":[]}');
});

test("the times of Leshan's historical notification are relative to now", () => {
  // LwM2mNodeDecoderTest, json_timestamped_resources
  const payload = utf8(
    '{"bn":"/1024/0/1","e":[{"v":22.9,"t":-30},{"v":22.4,"t":-5},{"v":24.1,"t":-50}],"bt":25462634}',
  );
  const context = { base: parsePath("/1024/0/1"), typeOf: () => undefined };
  const times = [25462604, 25462629, 25462584].map((seconds) => NOW + seconds * 1000);
  const values = [22.9, 22.4, 24.1];
  const path = parsePath("/1024/0/1");
  assert.deepEqual(
    decodeTimed(11543, payload, { ...context, now: NOW }),
    values.map((value, i) => ({ path, value, time: times[i] })),
  );
  assert.deepEqual(
    decodeTimed(11543, payload, context),
    values.map((value) => ({ path, value })),
  );
});

test("names outside of what is written are refused", () => {
  for (const [base, text] of [
    ["/3303/0", '{"bn":"/3303/1/","e":[{"n":"5701","sv":"Cel"}]}'],
    ["/3303/0", '{"bn":"/d01/3303/0/","e":[{"n":"5701","sv":"Cel"}]}'],
    ["/d01/3303/0", '{"e":[{"n":"/d02/3303/0/5701","sv":"Cel"}]}'],
  ] as const) {
    refused(() => decode(base, text), CODE.badRequest, /lies outside/);
  }
  refused(() => decode("/3/0", '{"e":[{"n":"3303/0/5701","sv":"Cel"}]}'), CODE.badRequest, /more than four IDs/);
});

test("a name without the prefix is one of the addressed device", () => {
  const expected = [{ path: "/d01/3303/0/5701", value: "Cel" }];
  for (const text of [
    '{"bn":"/3303/0/","e":[{"n":"5701","sv":"Cel"}]}',
    '{"bn":"/d01/3303/0/","e":[{"n":"5701","sv":"Cel"}]}',
    '{"e":[{"n":"5701","sv":"Cel"}]}',
    '{"e":[{"n":"d01/3303/0/5701","sv":"Cel"}]}',
  ]) {
    assert.deepEqual(decode("/d01/3303/0", text), expected, text);
  }
});

test("opaque is taken in both alphabets; text that is none is refused", () => {
  for (const spelled of ["-_8=", "-_8", "+/8=", "+/8"]) {
    const [read] = decode("/0/0/3", `{"bn":"/0/0/3","e":[{"sv":"${spelled}"}]}`);
    assert.deepEqual(read?.value, Uint8Array.of(0xfb, 0xff), spelled);
  }
  refused(() => decode("/0/0/3", '{"bn":"/0/0/3","e":[{"sv":"a b"}]}'), CODE.badRequest, /expected bytes/);
});

test("a write to an instance leaves out what is unknown, a write to an unknown resource is 4.04", () => {
  assert.deepEqual(decode("/3303/0", '{"bn":"/3303/0/","e":[{"n":"5701","sv":"Cel"},{"n":"4711","v":1}]}'), [
    { path: "/3303/0/5701", value: "Cel" },
  ]);
  refused(() => decode("/3303/0/4711", '{"e":[{"v":1}]}'), CODE.notFound, /4711/);
});

test("values of the wrong kind are refused with what was expected", () => {
  for (const [path, value, message] of [
    ["/3303/0/5700", '"sv":"22"', /expected a finite number, got the text "22"/],
    ["/3/0/9", '"v":1.5', /expected a 64-bit integer, got the number 1.5/],
    ["/3306/0/5850", '"v":1', /expected a boolean, got the number 1/],
    ["/3/0/14", '"ov":"3:0"', /expected text, got the object link 3:0/],
  ] as const) {
    refused(() => decode(path, `{"bn":"${path}","e":[{${value}}]}`), CODE.badRequest, message);
  }
});

test("what is not the format is refused", () => {
  for (const [text, message] of [
    ["", /not JSON/],
    ["[]", /expected an object/],
    ["{}", /"e" must be an array/],
    ['{"e":{}}', /"e" must be an array/],
    ['{"e":[1]}', /expected an object/],
    ['{"bn":1,"e":[]}', /"bn" must be text/],
    ['{"bt":"now","e":[]}', /"bt" must be a number of seconds/],
    ['{"e":[{"n":1,"v":1}]}', /"n" must be text/],
    ['{"e":[{"n":"9"}]}', /exactly one value/],
    ['{"e":[{"n":"9","v":1,"sv":"1"}]}', /exactly one value/],
    ['{"e":[{"n":"9","v":"1"}]}', /"v" must be a number/],
    ['{"e":[{"n":"9","bv":1}]}', /"bv" must be a boolean/],
    ['{"e":[{"n":"9","sv":1}]}', /"sv" must be text/],
    ['{"e":[{"n":"9","ov":"3303"}]}', /"ov" must be an object link/],
    [`{"e":${"[".repeat(100_000)}`, /not JSON/],
    [`{"e":[${'{"v":'.repeat(50_000)}`, /not JSON/],
  ] as const) {
    assert.throws(() => decode("/3/0", text), { name: "ProtocolError", message }, text.slice(0, 40));
  }
});

test("a number that JSON does not have is refused when it is written", () => {
  refused(() => encode([sample("/3303/0/5700", Number.NaN, 0)], "/3303/0/5700"), CODE.internalServerError, /NaN/);
});

function sample(path: string, value: Value, time: number): Sample {
  return { path: parsePath(path), value, time };
}

function encode(samples: readonly Sample[], base: string): string {
  return Buffer.from(lwm2mJson.encode(samples, parsePath(base), typeOf, { times: true })).toString();
}

function decode(base: string, text: string): PathValue[] {
  return lwm2mJson.decode(utf8(text), parsePath(base), typeOf);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function refused(act: () => unknown, code: number, message: RegExp): void {
  assert.throws(
    act,
    (error) => error instanceof Lwm2mError && error.code === code && message.test(error.message),
    String(message),
  );
}
