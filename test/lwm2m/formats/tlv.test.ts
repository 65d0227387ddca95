import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { CODE } from "../../../src/coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../../src/errors.ts";
import { decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { tlv } from "../../../src/lwm2m/formats/tlv.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { PathValue, Value } from "../../../src/lwm2m/sample.ts";
import { bytes } from "../../vectors/content.ts";

const { typeOf } = catalogue;

test("a multiple resource without instances is an empty Multiple Resource", () => {
  assert.equal(encode("/3/0/6", []), "8006");
  assert.deepEqual(decode("/3/0/6", "8006"), []);
  assert.deepEqual(decode("/3/0", "8006 c10964"), [{ path: "/3/0/9", value: 100 }]);
});

test("an object without instances is an empty payload", () => {
  assert.equal(encode("/3303", []), "");
  assert.deepEqual(decode("/3303", ""), []);
});

test("an integer has 1, 2, 4 or 8 bytes", () => {
  for (const hex of [
    "c009",
    "c309010203",
    "c509 0102030405",
    "c609010203040506",
    "c70901020304050607",
    "c80909010203040506070809",
  ]) {
    refused(() => decode("/3/0/9", hex), CODE.badRequest, /expected a 64-bit integer, got \d bytes of TLV/);
  }
});

test("values with bytes that their type cannot have are refused", () => {
  refused(() => decode("/3306/0/5850", "e116da02"), CODE.badRequest, /expected a boolean/);
  refused(() => decode("/3306/0/5850", "e216da0001"), CODE.badRequest, /expected a boolean/);
  refused(() => decode("/3303/0/5700", "e3164441b400"), CODE.badRequest, /expected a finite number/);
  refused(() => decode("/3303/0/5700", "e416447f800000"), CODE.badRequest, /expected a finite number, got Infinity/);
  refused(() => decode("/3/0/14", "c20ec328"), CODE.badRequest, /expected text/);
});

test("what is cut short is refused without reading past its end", () => {
  for (const hex of [
    "c1",
    "c809",
    "e116",
    "c20900",
    "d009ff",
    "d8090000",
    "8606410001",
    "0800ff c10964",
    "83064200ff",
  ]) {
    assert.throws(() => decode("/3/0", hex), ProtocolError, hex);
  }
});

test("an inner entry that is longer than what it lies in is refused", () => {
  assert.throws(() => decode("/3/0", "83 06 44 00 01 c10964"), ProtocolError);
});

test("entries stand only where their level allows", () => {
  refused(() => decode("/3", "c10964"), CODE.badRequest, /expected object instances/);
  refused(() => decode("/3/0", "410005"), CODE.badRequest, /expected resources/);
  refused(() => decode("/3/0", "08 01 03 c10964"), CODE.badRequest, /object instance 1 lies outside/);
  refused(() => decode("/3/0/9", "c10a64"), CODE.badRequest, /resource 10 lies outside/);
  refused(() => decode("/3/0/9", "0300c10964"), CODE.badRequest, /expected the resource/);
  refused(() => decode("/3/0/6/0", "410105"), CODE.badRequest, /resource instance 1 lies outside/);
  refused(() => decode("/3/0/6/0", "c10605"), CODE.badRequest, /expected the resource instance/);
  refused(() => decode("/3/0/6", "8306c10005"), CODE.badRequest, /expected resource instances/);
  refused(() => decode("/", "c10605"), CODE.badRequest, /needs an object/);
  refused(() => decode("/d01", "c10605"), CODE.badRequest, /needs an object/);
});

test("a multiple resource needs its instances, a single one has none", () => {
  refused(() => decode("/3/0", "c10605"), CODE.badRequest, /several instances/);
  refused(() => decode("/3/0", "8309410064"), CODE.badRequest, /no instances/);
});

test("instances of a resource may come bare, or wrapped", () => {
  const values = [
    { path: "/3/0/6/0", value: 1 },
    { path: "/3/0/6/1", value: 5 },
  ];
  assert.deepEqual(decode("/3/0/6", "410001 410105"), values);
  assert.deepEqual(decode("/3/0/6/1", "8306410105"), values.slice(1));
});

test("65535 is no ID", () => {
  for (const hex of ["21ffff01", "e1ffff64", "8406 61ffff05"]) assert.throws(() => decode("/3/0", hex));
});

test("a write to an instance leaves out what is unknown, a write to an unknown resource is 4.04", () => {
  assert.deepEqual(decode("/3/0", "e1126705 c10964"), [{ path: "/3/0/9", value: 100 }]);
  refused(() => decode("/3/0/4711", "e1126705"), CODE.notFound, /no known resource/);
});

test("a server takes what it does not know as bytes", () => {
  const context = { base: parsePath("/d01/3303"), typeOf };
  assert.deepEqual(decodeTimed(11542, bytes("08 00 0b e4164441b40000 e1126705"), context), [
    { path: "/d01/3303/0/5700", value: 22.5 },
    { path: "/d01/3303/0/4711", value: bytes("05") },
  ]);
  const short = { base: parsePath("/3303/0/5700"), typeOf };
  assert.deepEqual(decodeTimed(11542, bytes("e3164441b400"), short), [
    { path: "/3303/0/5700", value: bytes("41b400") },
  ]);
});

test("a composite does not fit into TLV", () => {
  refused(() => tlv.encode([], parsePath("/"), typeOf), CODE.notAcceptable, /ask for SenML/);
});

test("values are copies: a payload that changes later does not change them", () => {
  const payload = bytes("c3 03 010203");
  const [read] = tlv.decode(payload, parsePath("/0/0"), typeOf);
  payload.fill(0);
  assert.deepEqual(read?.value, bytes("010203"));
});

test("of payloads that are written one after the other each keeps its bytes", () => {
  const value = 2n ** 62n + 1n;
  const samples = [0, 1, 2].map((i) => ({ path: parsePath(`/3/0/6/${i}`), value, time: 0 }));
  const payloads = Array.from({ length: 2000 }, () => tlv.encode(samples, parsePath("/3/0/6"), typeOf));
  const entries = ["00", "01", "02"].map((id) => `48${id}084000000000000001`).join("");
  for (const payload of payloads) assert.equal(Buffer.from(payload).toString("hex"), `880621${entries}`);
});

test("samples that do not follow each other come together, however many they are", () => {
  const values = (order: readonly string[]) => order.map((path) => [path, 1] as const);
  assert.equal(
    encode("/3", values(["/3/1/10", "/3/0/9", "/3/1/9", "/3/0/6/1", "/3/1/10", "/3/0/6/0"])),
    ["0601 c10a01 c10901", "08000b c10901 8606 410101 410001"].join("").replaceAll(" ", ""),
  );
  const ids = Array.from({ length: 300 }, (_, i) => 299 - i);
  const twice = [...ids, ...ids].map((id, i) => `/4/${id}/${i < 300 ? 0 : 1}`);
  const together = ids.flatMap((id) => [`/4/${id}/0`, `/4/${id}/1`]);
  assert.equal(encode("/4", values(twice)), encode("/4", values(together)));
});

test("in whatever order they come, samples of one ID stand where its first stands", () => {
  const id = fc.integer({ min: 0, max: 70 });
  fc.assert(
    fc.property(fc.array(fc.tuple(id, id, id), { maxLength: 40 }), (triples) => {
      const paths = triples.map(([instance, resource, nth]) => [`/4/${instance}`, `${resource}`, `${nth}`]);
      const spelled = (order: typeof paths) =>
        encode(
          "/4",
          order.map((ids) => [ids.join("/"), 1] as const),
        );
      const first = (level: number, own: (typeof paths)[number]) =>
        paths.findIndex((other) => own.slice(0, level).every((id, i) => other[i] === id));
      const together = paths.toSorted((a, b) => first(1, a) - first(1, b) || first(2, a) - first(2, b));
      assert.equal(spelled(paths), spelled(together));
    }),
  );
});

test("more paths than are remembered are written as well", () => {
  const paths = Array.from({ length: 10_000 }, (_, i) => `/4/${i}/0`);
  const once = encode(
    "/4",
    paths.map((path) => [path, 1] as const),
  );
  assert.deepEqual(
    decode("/4", once).map(({ path }) => path),
    paths,
  );
});

function encode(base: string, values: readonly (readonly [string, Value])[]): string {
  const samples = values.map(([path, value]) => ({ path: parsePath(path), value, time: 0 }));
  return Buffer.from(tlv.encode(samples, parsePath(base), typeOf)).toString("hex");
}

function decode(base: string, hex: string): PathValue[] {
  return tlv.decode(bytes(hex), parsePath(base), typeOf);
}

function refused(act: () => unknown, code: number, message: RegExp): void {
  assert.throws(act, (error) => error instanceof Lwm2mError && error.code === code && message.test(error.message));
}
