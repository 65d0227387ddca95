import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { Lwm2mError, ProtocolError } from "../../../src/errors.ts";
import type { ContentCodec } from "../../../src/lwm2m/formats/codec.ts";
import { codecFor, decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { parseLinks } from "../../../src/lwm2m/formats/link-format.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { type Path, parsePath } from "../../../src/lwm2m/path.ts";
import { payloadOf } from "../../vectors/content.ts";
import { LWM2M_CBOR_VECTORS } from "../../vectors/lwm2m-cbor.ts";
import { LWM2M_JSON_VECTORS } from "../../vectors/lwm2m-json.ts";
import { SENML_CBOR_VECTORS, SENML_JSON_VECTORS } from "../../vectors/senml.ts";
import { SINGLE_CBOR_VECTORS } from "../../vectors/single-cbor.ts";
import { TEXT_VECTORS } from "../../vectors/text.ts";
import { TLV_VECTORS } from "../../vectors/tlv.ts";
import { samplesOf, typeOfId } from "./arbitrary.ts";

const BASES: readonly Path[] = [
  "/",
  "/3",
  "/3/0",
  "/3/0/9",
  "/3/0/6",
  "/3/0/6/0",
  "/d01",
  "/d01/3303/0",
  "/9999/0/1",
].map(parsePath);
const FORMATS: readonly number[] = [0, 42, 60, 110, 112, 11542, 11543, 11544];
const VALID: readonly Uint8Array[] = [
  TEXT_VECTORS,
  TLV_VECTORS,
  SENML_JSON_VECTORS,
  SENML_CBOR_VECTORS,
  SINGLE_CBOR_VECTORS,
  LWM2M_CBOR_VECTORS,
  LWM2M_JSON_VECTORS,
]
  .flat()
  .map(payloadOf)
  .filter(({ length }) => length < 1000);

for (const contentFormat of FORMATS) {
  test(`any bytes as Content-Format ${contentFormat} are read, or refused in order`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => readEverywhere(contentFormat, payload)),
      { numRuns: 100 },
    );
  });

  test(`damaged payloads as Content-Format ${contentFormat} are read, or refused in order`, () => {
    fc.assert(
      fc.property(damaged(fc.constantFrom(...VALID)), (payload) => readEverywhere(contentFormat, payload)),
      { numRuns: 150 },
    );
  });
}

for (const contentFormat of FORMATS.slice(3)) {
  test(`damaged payloads of our own in Content-Format ${contentFormat} are read, or refused in order`, () => {
    const codec: ContentCodec | undefined = codecFor(contentFormat);
    assert(codec !== undefined);
    const base = parsePath("/d01/3303");
    const own = samplesOf("d01", 3303).map((samples) => codec.encode(samples, base, typeOfId));
    fc.assert(
      fc.property(damaged(own), (payload) => orderly(() => codec.decode(payload, base, typeOfId))),
      { numRuns: 100 },
    );
  });
}

test("any text as link-format is read, or refused in order", () => {
  const piece = fc.constantFrom("<", ">", "</3/0>", ";", "=", '"', ",", "\\", "ver=1.1", "ct", " ", "é", "/");
  fc.assert(fc.property(fc.string(), (text) => orderly(() => parseLinks(text))));
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join("")),
      (text) => orderly(() => parseLinks(text)),
    ),
  );
});

/** A few bytes changed, cut off or put in. */
function damaged(payloads: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const wound = fc.record({ at: fc.nat(), cut: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) });
  return fc.tuple(payloads, fc.array(wound, { minLength: 1, maxLength: 3 })).map(([payload, wounds]) => {
    let bytes = [...payload];
    for (const { at, cut, insert } of wounds) {
      const start = at % (bytes.length + 1);
      bytes = [...bytes.slice(0, start), ...insert, ...bytes.slice(start + cut)];
    }
    return Uint8Array.from(bytes);
  });
}

function readEverywhere(contentFormat: number, payload: Uint8Array): void {
  for (const base of BASES) {
    for (const typeOf of [catalogue.typeOf, () => undefined]) {
      orderly(() => codecFor(contentFormat)?.decode(payload, base, typeOf));
      orderly(() => decodeTimed(contentFormat, payload, { base, typeOf }));
    }
  }
}

function orderly(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ProtocolError) && !(error instanceof Lwm2mError)) throw error;
  }
}
