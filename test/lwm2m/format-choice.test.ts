import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import {
  chooseCompositeFormat,
  chooseFormat,
  decodeChanges,
  decodeCreation,
  decodeValues,
} from "../../src/lwm2m/format-choice.ts";
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

/** The formats that come in with LwM2M versions (OMA Core 1.0, 1.1.1, 1.2.1): which a Read may ask for, and a Write may be in. */
const BY_VERSION: readonly (readonly [Lwm2mVersion, readonly number[], readonly number[]])[] = [
  ["1.0", [0, 110, 112, 11542, 11543], [110, 112, 11542, 11543]],
  ["1.1", [0, 60, 110, 112, 11542], [110, 112, 11542]],
  ["1.2", [0, 60, 110, 112, 11542, 11544], [110, 112, 11542, 11544]],
];
const EVERY_FORMAT = [...Object.values(CONTENT_FORMAT), 1541, 1542, 1543, 9999];

for (const [version, single, several] of BY_VERSION) {
  test(`LwM2M ${version} has its formats, and a 4.06 names them`, () => {
    for (const [path, possible] of [
      ["/3/0/9", single],
      ["/d01/3/0", several],
    ] as const) {
      for (const format of EVERY_FORMAT) {
        if (possible.includes(format)) assert.equal(choice(path, version, format), format);
        else
          assert.throws(() => choice(path, version, format), naming(CODE.notAcceptable, possible), `${path} ${format}`);
      }
    }
  });

  test(`LwM2M ${version}: a Write in another format is 4.15, which names those that are possible`, () => {
    for (const [path, possible] of [
      ["/3306/0/5851", single],
      ["/3306/0", several],
    ] as const) {
      for (const format of EVERY_FORMAT.filter(
        (format) => !possible.includes(format) && !isBytesForOne(format, path),
      )) {
        const refusal = naming(CODE.unsupportedContentFormat, possible);
        assert.throws(() => decode(path, format, "5", version), refusal, `${path} ${format}`);
      }
      // Of its own formats none is refused for what it is: the payload is.
      for (const format of possible.filter((format) => format !== CONTENT_FORMAT.text)) {
        assert.throws(() => decode(path, format, "\0?", version), refused(CODE.badRequest), `${path} ${format}`);
      }
    }
  });
}

test("opaque is for opaque values: another resource has other formats, and a Write of bytes to it is of the wrong type", () => {
  const read = () => choice("/3/0/9", "1.2", CONTENT_FORMAT.opaque);
  assert.throws(read, naming(CODE.notAcceptable, [0, 60, 110, 112, 11542, 11544]));
  assert.throws(
    read,
    /Content-Format 42 is for opaque values, and \/3\/0\/9 is not opaque: expected Content-Format 0 \(text\)/,
  );
  assert.throws(() => decode("/3306/0/5851", CONTENT_FORMAT.opaque, "5"), refused(CODE.badRequest));
  assert.throws(() => choice("/5/0/0", "1.1", 11544), naming(CODE.notAcceptable, [0, 42, 60, 110, 112, 11542]));
});

test("bodies of composites are in SenML or SenML-ETCH, from 1.2 on a Write in LwM2M CBOR too; answers are not in ETCH", () => {
  const { senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor, tlv } = CONTENT_FORMAT;
  const write = (contentFormat: number, version: Lwm2mVersion) =>
    decodeChanges({ type: "writeComposite", contentFormat, payload: new Uint8Array(0) }, typeOf, version);
  const bodies = [senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor];
  for (const format of bodies) assert.throws(() => write(format, "1.1"), refused(CODE.badRequest));
  assert.throws(() => write(lwm2mCbor, "1.2"), refused(CODE.badRequest));
  assert.throws(() => write(lwm2mCbor, "1.1"), naming(CODE.unsupportedContentFormat, bodies));
  assert.throws(() => write(tlv, "1.2"), naming(CODE.unsupportedContentFormat, [...bodies, lwm2mCbor]));
  const answer = (accept: number, version: Lwm2mVersion) => () => chooseCompositeFormat({ accept, version });
  assert.throws(answer(senmlEtchCbor, "1.2"), naming(CODE.notAcceptable, [senmlJson, senmlCbor, lwm2mCbor]));
  assert.throws(answer(lwm2mCbor, "1.1"), naming(CODE.notAcceptable, [senmlJson, senmlCbor]));
  assert.equal(chooseCompositeFormat({ version: "1.1" }).contentFormat, senmlCbor);
});

test("a Create is in a format that carries an instance", () => {
  const context = { object: at("/3306"), typeOf, choose: () => 1 };
  for (const [version, , several] of BY_VERSION) {
    for (const contentFormat of EVERY_FORMAT.filter((format) => !several.includes(format))) {
      const create = () => decodeCreation({ contentFormat, payload: new Uint8Array(0) }, context, version);
      assert.throws(create, naming(CODE.unsupportedContentFormat, several), `${version} ${contentFormat}`);
    }
  }
});

/** Which is refused as a value. */
function isBytesForOne(format: number, path: string): boolean {
  return format === CONTENT_FORMAT.opaque && path.endsWith("5851");
}

/** The code, and a diagnostic that names these formats and no others. */
function naming(code: number, formats: readonly number[]) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof Lwm2mError && error.code === code, String(error));
    const named = error.message.slice(error.message.indexOf("expected Content-Format"));
    assert.deepEqual(
      [...named.matchAll(/(\d+) \(/g)].map(([, format]) => Number(format)),
      formats,
      error.message,
    );
    return true;
  };
}
