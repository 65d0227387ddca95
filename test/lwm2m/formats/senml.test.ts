import assert from "node:assert/strict";
import test from "node:test";
import { CODE } from "../../../src/coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../../src/errors.ts";
import type { TypeOf } from "../../../src/lwm2m/formats/codec.ts";
import { decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { senmlCbor } from "../../../src/lwm2m/formats/senml-cbor.ts";
import { senmlJson } from "../../../src/lwm2m/formats/senml-json.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { Sample, Value } from "../../../src/lwm2m/sample.ts";
import { bytes } from "../../vectors/content.ts";

const { typeOf } = catalogue;

test("an epoch time tag and a date text are the seconds of a Time", () => {
  const path = parsePath("/3/0/13");
  const head = "81 a2 21 672f332f302f3133 02";
  assert.deepEqual(senmlCbor.decode(bytes(`${head} c1 1a5182428f`), path, typeOf), [{ path, value: 1367491215 }]);
  assert.deepEqual(senmlCbor.decode(bytes(`${head} c1 1b0000000200000000`), path, typeOf), [{ path, value: 2 ** 33 }]);
  const date = Buffer.from("2013-05-02T10:40:15Z").toString("hex");
  assert.deepEqual(senmlCbor.decode(bytes(`${head} c0 74${date}`), path, typeOf), [{ path, value: 1367491215 }]);
});

test("a write: a name without the prefix is one of the addressed device", () => {
  const base = parsePath("/d01/3303/0");
  const expected = [{ path: "/d01/3303/0/5701", value: "Cel" }];
  assert.deepEqual(senmlJson.decode(utf8('[{"n":"/3303/0/5701","vs":"Cel"}]'), base, typeOf), expected);
  assert.deepEqual(senmlJson.decode(utf8('[{"n":"/d01/3303/0/5701","vs":"Cel"}]'), base, typeOf), expected);
});

test("a write: names outside of what is written are refused", () => {
  for (const name of ["/3303/1/5701", "/d02/3303/0/5701", "/3303", "/d01"]) {
    const payload = utf8(`[{"n":"${name}","vs":"Cel"}]`);
    refused(() => senmlJson.decode(payload, parsePath("/d01/3303/0"), typeOf), CODE.badRequest, /lies outside/);
  }
  refused(
    () => senmlJson.decode(utf8('[{"n":"/d01/3303/0/5701","vs":"Cel"}]'), parsePath("/3303/0"), typeOf),
    CODE.badRequest,
    /lies outside/,
  );
});

test("names are absolute, without a double or a closing slash", () => {
  const names = ["3303/0/5701", "/3303/0//5701", "/3303/0/5701/", "/3303/0/05701", "", "/3303/0/65535", "/1/2/3/4/5"];
  for (const name of names) {
    const payload = utf8(JSON.stringify([{ n: name, vs: "Cel" }]));
    refused(() => senmlJson.decode(payload, parsePath("/3303/0"), typeOf), CODE.badRequest, /SenML: /);
  }
});

test("the erratum of the Gateway TS, a second slash after the base name, is refused", () => {
  const text = '[{"bn":"/d01/3/0/","n":"0"},{"n":"/9"},{"bn":"/d02/3/0/","n":"0"},{"n":"/9"}]';
  refused(() => senmlJson.decode(utf8(text), parsePath("/"), typeOf), CODE.badRequest, /no value|no ID/);
});

test("a write to an instance leaves out what is unknown, a write to an unknown resource is 4.04", () => {
  const payload = utf8('[{"bn":"/3303/0/","n":"5701","vs":"Cel"},{"n":"4711","v":1}]');
  assert.deepEqual(senmlJson.decode(payload, parsePath("/3303/0"), typeOf), [{ path: "/3303/0/5701", value: "Cel" }]);
  const unknown = utf8('[{"n":"/3303/0/4711","v":1}]');
  refused(() => senmlJson.decode(unknown, parsePath("/3303/0/4711"), typeOf), CODE.notFound, /4711/);
});

test("instances of a multiple resource are named; a single resource has none", () => {
  const base = parsePath("/3/0");
  refused(() => senmlJson.decode(utf8('[{"n":"/3/0/6","v":1}]'), base, typeOf), CODE.badRequest, /several instances/);
  refused(() => senmlJson.decode(utf8('[{"n":"/3/0/9/0","v":1}]'), base, typeOf), CODE.badRequest, /no instances/);
  refused(() => senmlJson.decode(utf8('[{"n":"/3/0","v":1}]'), base, typeOf), CODE.badRequest, /expected a resource/);
});

test("a record has exactly one value", () => {
  const base = parsePath("/3/0");
  refused(() => senmlJson.decode(utf8('[{"n":"/3/0/9"}]'), base, typeOf), CODE.badRequest, /no value/);
  assert.throws(() => senmlJson.decode(utf8('[{"n":"/3/0/9","v":1,"vs":"1"}]'), base, typeOf), /more than one value/);
});

test("values of the wrong kind are refused with what was expected", () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ["/3303/0/5700", '"vs":"22"', /expected a finite number, got the text "22"/],
    ["/3/0/9", '"v":1.5', /expected a 64-bit integer, got the number 1.5/],
    ["/3/0/9", '"v":9223372036854775808', /expected a 64-bit integer/],
    ["/3/0/9", '"v":1e300', /expected a 64-bit integer/],
    ["/3306/0/5850", '"v":1', /expected a boolean, got the number 1/],
    ["/3/0/13", '"v":1.5', /expected whole seconds/],
    ["/0/0/3", '"vs":"YWJj"', /expected bytes/],
    ["/3/0/14", '"vd":"YWJj"', /expected text, got 3 bytes/],
  ];
  for (const [path, value, message] of wrong) {
    const payload = utf8(`[{"n":"${path}",${value}}]`);
    refused(() => senmlJson.decode(payload, parsePath(path), typeOf), CODE.badRequest, message);
  }
});

test("a report keeps values of the wrong kind, and of unknown resources, as they are spelled", () => {
  const text = '[{"bn":"/d01/3303/0/","n":"5700","vs":"warm"},{"n":"4711","vb":true},{"n":"5701","vs":"Cel"}]';
  assert.deepEqual(decodeTimed(110, utf8(text), { base: parsePath("/d01/3303/0"), typeOf }), [
    { path: "/d01/3303/0/5700", value: "warm" },
    { path: "/d01/3303/0/4711", value: true },
    { path: "/d01/3303/0/5701", value: "Cel" },
  ]);
});

test("whole numbers keep their digits beyond 2^53, and may be written as 1.0 or 1e3", () => {
  const path = parsePath("/1024/0/0");
  const integers: TypeOf = () => ({ type: "integer", multiple: false });
  const read = (value: string): Value | undefined =>
    senmlJson.decode(utf8(`[{"n":"/1024/0/0","v":${value}}]`), path, integers)[0]?.value;
  assert.equal(read("9007199254740993"), 9007199254740993n);
  assert.equal(read("-9223372036854775808"), -(2n ** 63n));
  assert.equal(read("1.0"), 1);
  assert.equal(read("1e3"), 1000);
});

test("opaque is taken in both alphabets, padded or not, and written URL-safe without padding", () => {
  const path = parsePath("/0/0/3");
  for (const spelled of ["-_8=", "-_8", "+/8=", "+/8"]) {
    const [read] = senmlJson.decode(utf8(`[{"n":"/0/0/3","vd":"${spelled}"}]`), path, typeOf);
    assert.deepEqual(read?.value, bytes("fbff"), spelled);
  }
  for (const spelled of ["-_8==", "a", "a b=", "====", "é"]) {
    assert.throws(() => senmlJson.decode(utf8(`[{"n":"/0/0/3","vd":"${spelled}"}]`), path, typeOf), ProtocolError);
  }
  assert.equal(json([sample("/0/0/3", bytes("fbff"), 0)], "/0/0/3"), '[{"bn":"/0/0/3","vd":"-_8"}]');
});

test("what is no pack is refused, with its fields", () => {
  const refusals: readonly (readonly [string, RegExp])[] = [
    ["", /not JSON/],
    ["{}", /array of records/],
    ["[1]", /must be an object/],
    ["[[]]", /must be an object/],
    ['[{"bn":1}]', /"bn" must be text/],
    ['[{"n":"/3/0/9","v":"1"}]', /"v" must be a number/],
    ['[{"n":"/3/0/9","vb":1}]', /"vb" must be a boolean/],
    ['[{"n":"/3/0/9","vlo":"3303"}]', /"vlo" must be an object link/],
    ['[{"n":"/3/0/9","v":1,"t":"now"}]', /"t" must be a number of seconds/],
    ['[{"bver":11,"n":"/3/0/9","v":1}]', /version above 10/],
    ['[{"n":"/3/0/9","v":1,"new_":1}]', /"new_" is not supported/],
    ['[{"bv":5,"n":"/3/0/9","v":1}]', /"bv" is not supported/],
    [`${"[".repeat(100_000)}`, /not JSON/],
  ];
  for (const [text, message] of refusals) {
    assert.throws(() => senmlJson.decode(utf8(text), parsePath("/3/0"), typeOf), { name: "ProtocolError", message });
  }
});

test("units, update times and other fields that change nothing are ignored", () => {
  const text = '[{"bn":"/3/0/","bu":"W","bver":10,"n":"9","v":1,"u":"W","ut":10,"x":{"y":[1]}}]';
  assert.deepEqual(senmlJson.decode(utf8(text), parsePath("/3/0"), typeOf), [{ path: "/3/0/9", value: 1 }]);
  // The same labels in CBOR: bver -1, bu -4, u 1, ut 7, and a label that nobody has defined yet.
  const payload = bytes("81 a8 21 652f332f302f 20 0a 23 6157 00 6139 02 01 01 6157 07 0a 18 63 80");
  assert.deepEqual(senmlCbor.decode(payload, parsePath("/3/0"), typeOf), [{ path: "/3/0/9", value: 1 }]);
});

test("a number that JSON does not have is refused when it is written", () => {
  const write = (value: number): string => json([sample("/3303/0/5700", value, 0)], "/3303/0/5700");
  refused(() => write(Number.NaN), CODE.internalServerError, /NaN has no form in JSON/);
  refused(() => write(Number.POSITIVE_INFINITY), CODE.internalServerError, /Infinity/);
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

function refused(act: () => unknown, code: number, message: RegExp): void {
  assert.throws(act, (error) => error instanceof Lwm2mError && error.code === code && message.test(error.message));
}
