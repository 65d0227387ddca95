import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { chooseFormat, decodeValues } from "../../src/lwm2m/format-choice.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import type { Lwm2mVersion } from "../../src/lwm2m/objects/versions.ts";
import { at } from "../support/fake-backing.ts";

const { typeOf } = catalogue;

function choice(path: string, version: Lwm2mVersion, accept?: number): number {
  return chooseFormat(at(path), typeOf, { version, ...(accept === undefined ? {} : { accept }) }).contentFormat;
}

function refused(code: number) {
  return (error: unknown): boolean => error instanceof Lwm2mError && error.code === code;
}

test("without Accept one value is text, everything else SenML CBOR, or TLV under 1.0", () => {
  for (const path of ["/d01/3303/0/5700", "/3/0/0", "/3/0/7/1"]) {
    for (const version of ["1.0", "1.1", "1.2"] as const) assert.equal(choice(path, version), CONTENT_FORMAT.text);
  }
  for (const path of ["/d01/3303", "/3/0", "/3/0/7"]) {
    assert.equal(choice(path, "1.2"), CONTENT_FORMAT.senmlCbor);
    assert.equal(choice(path, "1.1"), CONTENT_FORMAT.senmlCbor);
    assert.equal(choice(path, "1.0"), CONTENT_FORMAT.tlv);
  }
});

test("Accept decides where the format can hold the answer", () => {
  assert.equal(choice("/3/0", "1.1", CONTENT_FORMAT.tlv), CONTENT_FORMAT.tlv);
  assert.equal(choice("/3/0/0", "1.2", CONTENT_FORMAT.senmlJson), CONTENT_FORMAT.senmlJson);
  assert.equal(choice("/5/0/0", "1.2", CONTENT_FORMAT.opaque), CONTENT_FORMAT.opaque);
});

test("an Accept that cannot be satisfied is 4.06", () => {
  const cases: [string, number][] = [
    ["/3/0", CONTENT_FORMAT.text],
    ["/3/0/7", CONTENT_FORMAT.text],
    ["/3/0", CONTENT_FORMAT.opaque],
    ["/3/0/0", CONTENT_FORMAT.opaque],
    ["/3/0/0", CONTENT_FORMAT.linkFormat],
    ["/3/0/0", CONTENT_FORMAT.lwm2mJson],
    ["/3/0/0", 9999],
  ];
  for (const [path, accept] of cases) {
    assert.throws(() => choice(path, "1.2", accept), refused(CODE.notAcceptable), `${path} ${accept}`);
  }
});

test("LwM2M CBOR is there from 1.2 on, LwM2M JSON in 1.0 alone; CBOR holds one value", () => {
  const { cbor, lwm2mCbor, lwm2mJson } = CONTENT_FORMAT;
  assert.equal(choice("/3/0", "1.2", lwm2mCbor), lwm2mCbor);
  assert.equal(choice("/3/0", "1.0", lwm2mJson), lwm2mJson);
  assert.equal(choice("/3/0/7/1", "1.1", cbor), cbor);
  for (const [path, version, accept] of [
    ["/3/0", "1.1", lwm2mCbor],
    ["/3/0", "1.0", lwm2mCbor],
    ["/3/0", "1.1", lwm2mJson],
    ["/3/0/7", "1.2", cbor],
  ] as const) {
    assert.throws(() => choice(path, version, accept), refused(CODE.notAcceptable), `${path} ${version} ${accept}`);
  }
});

test("a payload, too, is in a format of the version", () => {
  const json = '{"e":[{"n":"/3306/0/5850","bv":true}]}';
  assert.deepEqual(decode("/3306/0", CONTENT_FORMAT.lwm2mJson, json, "1.0"), [{ path: "/3306/0/5850", value: true }]);
  assert.throws(() => decode("/3306/0", CONTENT_FORMAT.lwm2mJson, json, "1.1"), refused(CODE.unsupportedContentFormat));
  assert.throws(() => decode("/3306/0", CONTENT_FORMAT.lwm2mCbor, "x", "1.1"), refused(CODE.unsupportedContentFormat));
});

function decode(path: string, contentFormat: number, payload: string, version: Lwm2mVersion = "1.2") {
  const bytes = new TextEncoder().encode(payload);
  return decodeValues(
    { type: "write", mode: "replace", path: at(path), contentFormat, payload: bytes },
    typeOf,
    version,
  );
}

test("a payload is read by its format", () => {
  assert.deepEqual(decode("/d01/3306/0/5851", CONTENT_FORMAT.text, "21"), [{ path: "/d01/3306/0/5851", value: 21 }]);
  assert.deepEqual(decode("/d01/3306/0", CONTENT_FORMAT.senmlJson, '[{"n":"/d01/3306/0/5850","vb":true}]'), [
    { path: "/d01/3306/0/5850", value: true },
  ]);
});

test("a format that we do not speak, or that cannot hold this, is 4.15", () => {
  for (const format of [9999, CONTENT_FORMAT.linkFormat]) {
    assert.throws(() => decode("/3306/0/5851", format, "x"), refused(CODE.unsupportedContentFormat));
  }
  assert.throws(() => decode("/3306/0", CONTENT_FORMAT.text, "x"), refused(CODE.unsupportedContentFormat));
});

test("bytes that are not the format are 4.00, an executable resource 4.05", () => {
  assert.throws(() => decode("/3306/0", CONTENT_FORMAT.senmlJson, "{"), refused(CODE.badRequest));
  assert.throws(() => decode("/3306/0/5851", CONTENT_FORMAT.text, "x"), refused(CODE.badRequest));
  assert.throws(() => decode("/3/0/4", CONTENT_FORMAT.text, "x"), refused(CODE.methodNotAllowed));
});
