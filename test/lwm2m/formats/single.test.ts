import assert from "node:assert/strict";
import test from "node:test";
import { CODE } from "../../../src/coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../../src/errors.ts";
import type { TypeOf } from "../../../src/lwm2m/formats/codec.ts";
import { codecFor, decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { opaque } from "../../../src/lwm2m/formats/opaque.ts";
import { singleCbor } from "../../../src/lwm2m/formats/single-cbor.ts";
import { text } from "../../../src/lwm2m/formats/text.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { ResourceType, Value } from "../../../src/lwm2m/sample.ts";
import { bytes } from "../../vectors/content.ts";

const { typeOf } = catalogue;
const path = parsePath("/1024/0/0");

test("text spells floats without exponents", () => {
  const spelled = (value: number): string =>
    Buffer.from(text.encode([{ path, value, time: 0 }], path, as("float"))).toString();
  assert.equal(spelled(1.5e21), "1500000000000000000000");
  assert.equal(spelled(-2e-7), "-0.0000002");
  assert.equal(spelled(1.234e-8), "0.00000001234");
  assert.equal(spelled(230.5), "230.5");
  assert.throws(() => spelled(Number.NaN), { name: "Lwm2mError", code: CODE.internalServerError });
});

test("text reads what people write: signs, points, exponents, 1.0 for a whole number", () => {
  assert.equal(read("+1.5", "float"), 1.5);
  assert.equal(read("-.5", "float"), -0.5);
  assert.equal(read("6.667e-11", "float"), 6.667e-11);
  assert.equal(read("7", "float"), 7);
  assert.equal(read("7.0", "integer"), 7);
  assert.equal(read("-1", "time"), -1);
  assert.equal(read("AQIDBAU", "opaque")?.toString(), "1,2,3,4,5");
  assert.deepEqual(read("FFFF:FFFF", "objlnk"), { object: 65535, instance: 65535 });
});

test("text that spells no value of the type is 4.00 and says what was expected", () => {
  const wrong: readonly (readonly [string, ResourceType, RegExp])[] = [
    ["true", "boolean", /expected a boolean, got "true"/],
    ["2", "boolean", /expected a boolean/],
    ["", "integer", /expected a 64-bit integer, got ""/],
    ["1.5", "integer", /expected a 64-bit integer/],
    ["9223372036854775808", "integer", /expected a 64-bit integer/],
    ["99999999999999999999999", "integer", /expected a 64-bit integer/],
    ["-1", "unsigned", /expected an unsigned 64-bit integer/],
    ["1e3", "time", /expected whole seconds/],
    ["NaN", "float", /expected a finite number/],
    ["1e999", "float", /expected a finite number/],
    ["1,5", "float", /expected a finite number/],
    ["a?b=", "opaque", /expected bytes/],
    ["3303", "objlnk", /expected an object link/],
    ["65536:0", "objlnk", /expected an object link/],
  ];
  for (const [spelled, type, message] of wrong) refused(() => read(spelled, type), CODE.badRequest, message);
});

test("text that is no UTF-8 is no text", () => {
  assert.throws(() => text.decode(bytes("c328"), path, as("string")), ProtocolError);
});

test("a single value is written for a resource, or an instance of one, and for nothing else", () => {
  const sample = (at: string, value: Value) => ({ path: parsePath(at), value, time: 0 });
  const acceptable: readonly (readonly [string, readonly ReturnType<typeof sample>[]])[] = [
    ["/3/0/9", [sample("/3/0/9", 5)]],
    ["/3/0/6/1", [sample("/3/0/6/1", 5)]],
  ];
  for (const [base, samples] of acceptable)
    assert.deepEqual(text.encode(samples, parsePath(base), typeOf), bytes("35"));
  const unacceptable: readonly (readonly [string, readonly ReturnType<typeof sample>[]])[] = [
    ["/3/0", [sample("/3/0/9", 5)]],
    ["/3/0/6", [sample("/3/0/6/1", 5)]],
    ["/3/0/6", []],
    ["/3/0/6", [sample("/3/0/6/0", 5), sample("/3/0/6/1", 5)]],
  ];
  for (const [base, samples] of unacceptable) {
    refused(() => text.encode(samples, parsePath(base), typeOf), CODE.notAcceptable, /is not a single value/);
    refused(() => opaque.encode(samples, parsePath(base), typeOf), CODE.notAcceptable, /is not a single value/);
    refused(() => singleCbor.encode(samples, parsePath(base), typeOf), CODE.notAcceptable, /is not a single value/);
  }
});

test("a single value is read for a resource, or an instance of one, and for nothing else", () => {
  refused(() => text.decode(bytes("35"), parsePath("/3/0"), typeOf), CODE.badRequest, /expected a resource/);
  refused(() => text.decode(bytes("35"), parsePath("/3/0/6"), typeOf), CODE.badRequest, /several instances/);
  refused(() => text.decode(bytes("35"), parsePath("/3/0/9/0"), typeOf), CODE.badRequest, /no instances/);
  refused(() => text.decode(bytes("35"), parsePath("/3/0/4711"), typeOf), CODE.notFound, /no known resource/);
  assert.deepEqual(text.decode(bytes("35"), parsePath("/d01/3/0/6/1"), typeOf), [{ path: "/d01/3/0/6/1", value: 5 }]);
});

test("opaque is for opaque resources", () => {
  refused(
    () => opaque.encode([{ path, value: "text", time: 0 }], path, as("string")),
    CODE.notAcceptable,
    /is not opaque/,
  );
  refused(
    () => opaque.decode(bytes("35"), path, as("integer")),
    CODE.badRequest,
    /expected a 64-bit integer, got opaque bytes/,
  );
  const payload = bytes("010203");
  const [read] = opaque.decode(payload, path, as("opaque"));
  payload.fill(0);
  assert.deepEqual(read?.value, bytes("010203"));
});

test("CBOR is one item, of the type of the resource", () => {
  const wrong: readonly (readonly [string, ResourceType, RegExp])[] = [
    ["01", "boolean", /expected a boolean, got the number 1/],
    ["f93e00", "integer", /expected a 64-bit integer, got the number 1.5/],
    ["1b8000000000000000", "integer", /expected a 64-bit integer/],
    ["3b8000000000000000", "integer", /expected a 64-bit integer/],
    ["20", "unsigned", /expected an unsigned 64-bit integer/],
    ["c1f93e00", "time", /expected whole seconds/],
    ["c0623133", "time", /expected whole seconds/],
    ["f97c00", "float", /expected a finite number/],
    ["6131", "integer", /expected a 64-bit integer, got the text "1"/],
    ["43010203", "string", /expected text, got 3 bytes/],
    ["63616263", "opaque", /expected bytes/],
    ["6433333033", "objlnk", /expected an object link/],
    ["f6", "string", /expected text, got null/],
    ["80", "integer", /expected a 64-bit integer, got an array/],
    ["a0", "integer", /expected a 64-bit integer, got a map/],
  ];
  for (const [hex, type, message] of wrong) {
    refused(() => singleCbor.decode(bytes(hex), path, as(type)), CODE.badRequest, message);
  }
  for (const hex of ["", "0101", "1b00", "c1c1c101", "81".repeat(50_000)]) {
    assert.throws(() => singleCbor.decode(bytes(hex), path, as("integer")), ProtocolError, hex.slice(0, 10));
  }
});

test("a server reads the CBOR of an unknown resource as it stands", () => {
  const read = (hex: string, typeOf: TypeOf) => decodeTimed(60, bytes(hex), { base: path, typeOf });
  assert.deepEqual(
    read("647761726d", () => undefined),
    [{ path, value: "warm" }],
  );
  assert.deepEqual(read("647761726d", as("float")), [{ path, value: "warm" }]);
  assert.throws(() => read("f6", as("float")), { name: "ProtocolError", message: /null is no value/ });
});

test("a server reads the text of an unknown resource as it stands", () => {
  const utf8 = new TextEncoder().encode("warm");
  assert.deepEqual(decodeTimed(0, utf8, { base: path, typeOf: () => undefined }), [{ path, value: "warm" }]);
  assert.deepEqual(decodeTimed(0, utf8, { base: path, typeOf: as("float") }), [{ path, value: "warm" }]);
  assert.deepEqual(decodeTimed(42, utf8, { base: path, typeOf: as("float") }), [{ path, value: utf8 }]);
});

test("formats that we do not speak are unknown", () => {
  assert.equal(codecFor(9999), undefined);
  refused(() => decodeTimed(9999, bytes(""), { base: path, typeOf }), CODE.unsupportedContentFormat, /9999/);
});

function as(type: ResourceType): TypeOf {
  return () => ({ type, multiple: false });
}

function read(spelled: string, type: ResourceType): Value | undefined {
  return text.decode(new TextEncoder().encode(spelled), path, as(type))[0]?.value;
}

function refused(act: () => unknown, code: number, message: RegExp): void {
  assert.throws(act, (error) => error instanceof Lwm2mError && error.code === code && message.test(error.message));
}
