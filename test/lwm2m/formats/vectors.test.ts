import assert from "node:assert/strict";
import test from "node:test";
import { ProtocolError } from "../../../src/errors.ts";
import { codecFor, decodeTimed } from "../../../src/lwm2m/formats/index.ts";
import { tlv } from "../../../src/lwm2m/formats/tlv.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import { bytes, type ContentVector, payloadOf, typesOf } from "../../vectors/content.ts";
import { LWM2M_CBOR_VECTORS } from "../../vectors/lwm2m-cbor.ts";
import { LWM2M_JSON_VECTORS } from "../../vectors/lwm2m-json.ts";
import { SENML_CBOR_VECTORS, SENML_JSON_VECTORS } from "../../vectors/senml.ts";
import { SINGLE_CBOR_VECTORS } from "../../vectors/single-cbor.ts";
import { TEXT_VECTORS } from "../../vectors/text.ts";
import { BROKEN_TLV, TLV_VECTORS } from "../../vectors/tlv.ts";

const FORMATS: readonly (readonly [string, readonly ContentVector[]])[] = [
  ["text", TEXT_VECTORS],
  ["TLV", TLV_VECTORS],
  ["SenML JSON", SENML_JSON_VECTORS],
  ["SenML CBOR", SENML_CBOR_VECTORS],
  ["CBOR", SINGLE_CBOR_VECTORS],
  ["LwM2M CBOR", LWM2M_CBOR_VECTORS],
  ["LwM2M JSON", LWM2M_JSON_VECTORS],
];

for (const [format, vectors] of FORMATS) {
  for (const vector of vectors) {
    test(`${format} reads ${vector.name}`, () => check(vector, "decode"));
    if (vector.direction === "both") test(`${format} writes ${vector.name}`, () => check(vector, "encode"));
  }
}

for (const { source, base, hex } of BROKEN_TLV) {
  test(`TLV refuses lengths that do not add up (${source})`, () => {
    assert.throws(() => tlv.decode(bytes(hex), parsePath(base), () => undefined), ProtocolError);
  });
}

function check(vector: ContentVector, direction: "encode" | "decode"): void {
  const codec = codecFor(vector.contentFormat);
  assert(codec !== undefined);
  const base = parsePath(vector.base);
  const typeOf = typesOf(vector.values);
  const values = vector.values.map(([path, , value]) => ({ path: parsePath(path), value }));
  const payload = payloadOf(vector);
  if (direction === "decode") {
    assert.deepEqual(codec.decode(payload, base, typeOf), values, vector.source);
    assert.deepEqual(decodeTimed(vector.contentFormat, payload, { base, typeOf }), values, vector.source);
  } else {
    const samples = values.map((value) => ({ ...value, time: 0 }));
    const written = codec.encode(samples, base, typeOf);
    assert.equal(shown(written, vector), shown(payload, vector), vector.source);
  }
}

/** Text where the vector is text, so that a difference can be read. */
function shown(payload: Uint8Array, { text }: ContentVector): string {
  return Buffer.from(payload).toString(text === undefined ? "hex" : "utf8");
}
