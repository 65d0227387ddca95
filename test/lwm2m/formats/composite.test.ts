import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { CODE } from "../../../src/coap/codes.ts";
import { Lwm2mError } from "../../../src/errors.ts";
import type { TypeOf } from "../../../src/lwm2m/formats/codec.ts";
import { type CompositeRecord, decodePaths, decodeRecords } from "../../../src/lwm2m/formats/composite.ts";
import { codecFor, decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import { bytes, payloadOf, typesOf } from "../../vectors/content.ts";
import { CHANGES_VECTORS, PATHS_VECTORS } from "../../vectors/senml-etch.ts";
import { samplesOf, typeOfId } from "./arbitrary.ts";

const { typeOf } = catalogue;
const PLAIN = [110, 112];
const ETCH = [320, 322];

for (const vector of PATHS_VECTORS) {
  test(`Content-Format ${vector.contentFormat} names ${vector.paths.join(", ")} (${vector.source})`, () => {
    assert.deepEqual(decodePaths(vector.contentFormat, payloadOf(vector)), vector.paths);
  });
}

for (const vector of CHANGES_VECTORS) {
  const { contentFormat, source, values, removed } = vector;
  test(`Content-Format ${contentFormat} changes ${values.map(([path]) => path).join(", ")} (${source})`, () => {
    const types: TypeOf = (path) => typesOf([...values, ["/16/0/0/1", "string", ""]])(path);
    const records = decodeRecords(contentFormat, payloadOf(vector), types);
    assert.deepEqual(
      records.flatMap((record) => (record.type === "value" ? [[record.path, record.value]] : [])),
      values.map(([path, , value]) => [path, value]),
    );
    assert.deepEqual(
      records.flatMap((record) => (record.type === "removal" ? [record.path] : [])),
      removed,
    );
  });
}

for (const contentFormat of [...PLAIN, 11544]) {
  test(`Content-Format ${contentFormat} answers a composite of several devices, and is read as a write of the same`, () => {
    const base = parsePath("/");
    fc.assert(
      fc.property(samplesOf("", 3), samplesOf("a", 3303), samplesOf("b", 3303), (...devices) => {
        const values = devices.flat().map(({ path, value }) => ({ path, value }));
        const codec = codecFor(contentFormat) ?? assert.fail();
        const payload = codec.encode(devices.flat(), base, typeOfId);
        assert.deepEqual(decodeTimed(contentFormat, payload, { base, typeOf: typeOfId }), values);
        const expected: CompositeRecord[] = values.map((value) => ({ type: "value", ...value }));
        assert.deepEqual(decodeRecords(contentFormat, payload, typeOfId), expected);
        const etch = contentFormat === 110 ? 320 : contentFormat === 112 ? 322 : contentFormat;
        assert.deepEqual(decodeRecords(etch, payload, typeOfId), expected, "a Patch Pack of values is a pack");
      }),
    );
  });
}

test("a composite answer without anything is an empty pack, or an empty map", () => {
  const empty = [110, 112, 11544].map((format) => codecFor(format)?.encode([], parsePath("/"), typeOf));
  assert.deepEqual(empty, [new TextEncoder().encode("[]"), bytes("80"), bytes("a0")]);
  for (const [i, format] of [110, 112, 11544].entries()) {
    assert.deepEqual(decodeTimed(format, empty[i] ?? assert.fail(), { base: parsePath("/"), typeOf }), []);
  }
});

test("paths are in SenML alone, changes in SenML or LwM2M CBOR: 4.15", () => {
  for (const format of [0, 40, 42, 60, 11542, 11543, 11544, 9999]) {
    refused(() => decodePaths(format, bytes("a0")), CODE.unsupportedContentFormat, /not supported for paths/);
  }
  for (const format of [0, 40, 42, 60, 11542, 11543, 9999]) {
    refused(
      () => decodeRecords(format, bytes("a0"), typeOf),
      CODE.unsupportedContentFormat,
      /not supported for values/,
    );
  }
});

test("a list of paths has names and nothing else", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["[]", /no record/],
    ["{}", /array of records/],
    ["nothing", /not JSON/],
    ["[{}]", /does not begin with/],
    ['[{"n":"3/0"}]', /does not begin with/],
    ['[{"n":"/3/0/"}]', /is no ID/],
    ['[{"bn":"/d01/3/0/","n":"0"},{"n":"/9"}]', /is no ID/],
    ['[{"n":"/3/0/9","v":1}]', /value|may not have "v"/],
    ['[{"n":"/3/0/9","vs":"1"}]', /value|may not have "vs"/],
  ];
  for (const format of [110, 320]) {
    for (const [text, message] of wrong) refused(() => decodePaths(format, utf8(text)), CODE.badRequest, message);
  }
  // What plain SenML may have and a reader skips, a Fetch Record may not have.
  for (const field of ['"s":1', '"ut":5', '"new":1', '"v":null', '"bver":10']) {
    refused(() => decodePaths(320, utf8(`[{"n":"/3/0/9",${field}}]`)), CODE.badRequest, /a fetch record may not have/);
  }
  assert.deepEqual(decodePaths(110, utf8('[{"n":"/3/0/9","ut":5,"new":1}]')), ["/3/0/9"]);
  refused(() => decodePaths(322, bytes("81 a2 00662f332f302f39 07 00")), CODE.badRequest, /may not have/);
});

test("an error says in which record it is", () => {
  const wrong: readonly (readonly [number, Uint8Array, RegExp])[] = [
    [320, utf8('[{"n":"/3/0/0"},{"n":"/3/0/9","v":1}]'), /^SenML: a fetch record may not have "v" \(record 2\)$/],
    [320, utf8('[{"n":"/3/0/0"},4]'), /must be an object \(record 2\)$/],
    [110, utf8('[{"n":"/3/0/0"},{"n":"/3/0/9"},{"bn":3}]'), /^SenML: "bn" must be text \(record 3\)$/],
    [322, bytes("82 a1 00662f332f302f30 a1 00 05"), /^SenML: "n" must be text \(record 2\)$/],
    [322, bytes("82 a1 00662f332f302f30 a1 07 05"), /may not have "label 7" \(record 2\)$/],
    [322, bytes("82 a1 00662f332f302f30 05"), /must be a map \(record 2\)$/],
    [322, bytes("82 a1 00662f332f302f30"), /cut short, at byte 10 \(record 2\)$/],
  ];
  for (const [format, payload, message] of wrong) {
    refused(() => decodePaths(format, payload), CODE.badRequest, message);
  }
});

test("a path that is named twice is read once", () => {
  assert.deepEqual(decodePaths(320, utf8('[{"n":"/3"},{"n":"/3/0"},{"n":"/3"}]')), ["/3", "/3/0"]);
});

test("every change is of a known resource, has a value of its type, and is at a level that holds one", () => {
  const wrong: readonly (readonly [string, number, RegExp])[] = [
    ["[]", CODE.badRequest, /no record/],
    ['[{"n":"/3/0/9"}]', CODE.badRequest, /no value/],
    ['[{"n":"/3/0/9","v":1,"vs":"1"}]', CODE.badRequest, /more than one value/],
    ['[{"n":"/3/0","v":1}]', CODE.badRequest, /expected a resource/],
    ['[{"n":"/3/0/6","v":1}]', CODE.badRequest, /several instances/],
    ['[{"n":"/3/0/9/0","v":1}]', CODE.badRequest, /no instances/],
    ['[{"n":"/3/0/9","vs":"1"}]', CODE.badRequest, /expected a 64-bit integer/],
    ['[{"n":"/3/0/4711","v":1}]', CODE.notFound, /no known resource/],
    ['[{"n":"/3/0/9","v":1},{"n":"/d01/3/0/4711","v":1}]', CODE.notFound, /d01/],
  ];
  for (const format of [110, 320]) {
    for (const [text, code, message] of wrong) {
      refused(() => decodeRecords(format, utf8(text), typeOf), code, message);
    }
  }
  refused(() => decodeRecords(11544, bytes("a1 83030019 1267 01"), typeOf), CODE.notFound, /no known resource/);
  refused(() => decodeRecords(11544, bytes("a1 830300 09 f6"), typeOf), CODE.badRequest, /got null/);
  refused(() => decodeRecords(11544, bytes("a0"), typeOf), CODE.badRequest, /a map is empty/);
});

test("null removes an instance of a resource, in a Patch Pack alone", () => {
  const removal = '[{"n":"/3/0/6/1","v":null}]';
  assert.deepEqual(decodeRecords(320, utf8(removal), typeOf), [{ type: "removal", path: "/3/0/6/1" }]);
  refused(() => decodeRecords(110, utf8(removal), typeOf), CODE.badRequest, /"v" must be a number/);
  for (const [text, message] of [
    ['[{"n":"/3/0/9","v":null}]', /only an instance of a resource/],
    ['[{"n":"/3/0/6","v":null}]', /several instances/],
    ['[{"n":"/3/0","v":null}]', /expected a resource/],
    ['[{"n":"/3/0/6/1","vs":null}]', /"vs" must be text/],
    ['[{"n":"/3/0/6/1","v":null,"vb":true}]', /more than one value/],
    ['[{"n":"/3/0/6/1","v":1,"s":2}]', /a patch record may not have "s"/],
    ['[{"n":"/3/0/6/1","v":1,"new":2}]', /a patch record may not have "new"/],
  ] as const) {
    refused(() => decodeRecords(320, utf8(text), typeOf), CODE.badRequest, message);
  }
});

test("changes stay in their order, also of one path", () => {
  const text = '[{"n":"/3/0/6/1","v":null},{"n":"/3/0/6/1","v":5},{"n":"/3/0/6/0","v":1}]';
  assert.deepEqual(decodeRecords(320, utf8(text), typeOf), [
    { type: "removal", path: "/3/0/6/1" },
    { type: "value", path: "/3/0/6/1", value: 5 },
    { type: "value", path: "/3/0/6/0", value: 1 },
  ]);
});

test("any bytes are paths or changes, or an Lwm2mError", () => {
  const packs = [...PATHS_VECTORS, ...CHANGES_VECTORS].map(payloadOf);
  const damaged = fc
    .tuple(fc.constantFrom(...packs), fc.nat(), fc.uint8Array({ maxLength: 3 }), fc.nat(3))
    .map(([pack, at, put, cut]) => {
      const start = at % (pack.length + 1);
      return Uint8Array.from([...pack.slice(0, start), ...put, ...pack.slice(start + cut)]);
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 100 })), (payload) => {
      for (const format of [...PLAIN, ...ETCH, 11544]) {
        orderly(() => decodePaths(format, payload));
        orderly(() => decodeRecords(format, payload, typeOf));
      }
    }),
    { numRuns: 500 },
  );
});

function orderly(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
  }
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
