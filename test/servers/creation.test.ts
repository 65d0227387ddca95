/** Creates as they come in: which instance, in each format, and what the server hears of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatCode } from "../../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringValues } from "../../src/coap/options.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { Lwm2mVersion } from "../../src/lwm2m/objects/versions.ts";
import { created } from "../../src/servers/creation.ts";
import { at } from "../support/fake-backing.ts";
import { aStoredBacking } from "../support/stored-backing.ts";

const { tlv, senmlJson, senmlCbor, lwm2mCbor, lwm2mJson, text, opaque, cbor } = CONTENT_FORMAT;

/** What the server hears: code, Location-Path, and what is there afterwards. */
async function create(
  prefix: string,
  contentFormat: number | undefined,
  payload: string | Uint8Array,
  version: Lwm2mVersion = "1.2",
) {
  const { backing } = aStoredBacking({ prefix, objects: [16, 6] });
  const path = at(`${prefix === "" ? "" : `/${prefix}`}/16`);
  const bytes = typeof payload === "string" ? Buffer.from(payload.replaceAll(" ", ""), "hex") : payload;
  const operation = { type: "create", path, payload: bytes } as const;
  const tree = new ModelTree(backing);
  const asked = contentFormat === undefined ? operation : { ...operation, contentFormat };
  const answer = await created(asked, tree, version).catch((error): CoapMessage => {
    assert.ok(error instanceof Lwm2mError, String(error));
    return { code: error.code, options: [], payload: NO_PAYLOAD };
  });
  const samples = await tree.read(path);
  const values = Object.fromEntries(samples.map((sample) => [sample.path, sample.value]));
  return { code: formatCode(answer.code), location: stringValues(answer, OPTION.locationPath).join("/"), values };
}

const json = (records: unknown): Uint8Array => Buffer.from(JSON.stringify(records));

test("an instance that the server names is made without Location-Path, in each format", async () => {
  const named = { code: "2.01", location: "", values: { "/16/2/0/7": "ab" } };
  // Object instance 2 (id of 8 bits, length 6) with multiple resource 0 (length 4) with instance 7: OMA TS Core 1.2 §7.4.3.
  assert.deepEqual(await create("", tlv, "06 02 84 00 42 07 61 62"), named);
  assert.deepEqual(await create("", senmlJson, json([{ n: "/16/2/0/7", vs: "ab" }])), named);
  assert.deepEqual(await create("", senmlCbor, "81 a2 00 69 2f31362f322f302f37 03 62 6162"), named);
  // {[16, 2]: {0: {7: "ab"}}}
  assert.deepEqual(await create("", lwm2mCbor, "a1 82 10 02 a1 00 a1 07 62 6162"), named);
});

test("where the server names none, the lowest free one is made and named, its prefix first", async () => {
  const chosen = { code: "2.01", location: "meter-1/16/0", values: { "/meter-1/16/0/0/7": "ab" } };
  assert.deepEqual(await create("meter-1", tlv, "84 00 42 07 61 62"), chosen);
  // {["meter-1", 16, 65535]: {0: {7: "ab"}}}
  assert.deepEqual(await create("meter-1", lwm2mCbor, "a1 83 67 6d657465722d31 10 19ffff a1 00 a1 07 62 6162"), chosen);
});

test("a bare Create asks for defaults, which a mandatory resource does not have", async () => {
  assert.equal((await create("", undefined, "")).code, "4.00");
});

test("what one value alone fits in cannot carry an instance", async () => {
  for (const format of [text, opaque, cbor, 12345]) assert.equal((await create("", format, "61")).code, "4.15");
});

test("a format of another version is 4.15", async () => {
  const named = "a1 82 10 02 a1 00 a1 07 62 6162";
  assert.equal((await create("", lwm2mCbor, named, "1.1")).code, "4.15");
  const bytes = json({ bn: "/16/2/", e: [{ n: "0/7", sv: "ab" }] });
  assert.equal((await create("", lwm2mJson, bytes, "1.1")).code, "4.15");
  assert.deepEqual((await create("", lwm2mJson, bytes, "1.0")).values, { "/16/2/0/7": "ab" });
});

test("65535 is never an instance, of an object or of a resource", async () => {
  const refused = { code: "4.00", location: "", values: {} };
  assert.deepEqual(await create("", tlv, "26 ff ff 84 00 42 07 61 62"), refused);
  assert.deepEqual(await create("", tlv, "85 00 62 ff ff 61 62"), refused);
  assert.deepEqual(await create("", senmlJson, json([{ n: "/16/65535/0/7", vs: "ab" }])), refused);
  assert.deepEqual(await create("", lwm2mCbor, "a1 82 10 02 a1 00 a1 19ffff 62 6162"), refused);
});

test("whatever bytes come, an instance is made, or the server hears why not and nothing is there", async () => {
  const formats = fc.constantFrom(tlv, senmlJson, senmlCbor, lwm2mCbor, lwm2mJson, text, undefined);
  const seeds = ["06 02 84 00 42 07 61 62", "84 00 42 07 61 62", "a1 82 10 02 a1 00 a1 07 62 6162", ""].map((hex) =>
    Buffer.from(hex.replaceAll(" ", ""), "hex"),
  );
  const payloads = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(fc.constantFrom(...seeds), fc.nat(20), fc.nat(255)).map(([seed, i, byte]) => {
      const bytes = Uint8Array.from(seed);
      bytes[i % (bytes.length || 1)] = byte;
      return bytes;
    }),
    fc.json().map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(formats, payloads, async (format, payload) => {
      const { code, values } = await create("", format, payload);
      assert.equal(code === "2.01", Object.keys(values).length > 0, `${code} ${JSON.stringify(values)}`);
    }),
    { numRuns: 500 },
  );
});
