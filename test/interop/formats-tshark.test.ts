/** Our CBOR, taken apart by Wireshark's dissector. It does not know LwM2M CBOR: that goes as the one CBOR item that it is. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { encodeMessage, TYPE } from "../../src/coap/message.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { lwm2mCbor } from "../../src/lwm2m/formats/lwm2m-cbor.ts";
import { senmlCbor } from "../../src/lwm2m/formats/senml-cbor.ts";
import { singleCbor } from "../../src/lwm2m/formats/single-cbor.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { contentResponse } from "../../src/lwm2m/response.ts";
import { samplesOf, TYPES, typeOfId, VALUE_OF } from "../lwm2m/formats/arbitrary.ts";
import { dissect } from "./leshan/tshark.ts";
import { WireRecorder } from "./leshan/wire-recorder.ts";

const ROOT = parsePath("/");
const PACKS = { numRuns: 100, seed: 20_260_612 };
/** As CBOR calls itself in CoAP, and SenML in CBOR. */
const CBOR = "application/cbor";
const SENML_CBOR = "application/senml+cbor";

const packs = fc.sample(
  fc.tuple(samplesOf("", 3), samplesOf("meter-1", 3303), samplesOf("meter-2", 3303)).map((devices) => devices.flat()),
  PACKS,
);

test("tshark takes our SenML CBOR apart, with times and without", async (t) => {
  const payloads = packs.flatMap((samples) => [
    senmlCbor.encode(samples, ROOT, typeOfId, { times: true }),
    senmlCbor.encode(samples, ROOT, typeOfId),
  ]);
  await takenApart(t, payloads, CONTENT_FORMAT.senmlCbor, SENML_CBOR);
});

test("tshark takes our LwM2M CBOR apart", async (t) => {
  const payloads = packs.map((samples) => lwm2mCbor.encode(samples, ROOT, typeOfId));
  await takenApart(t, payloads, CONTENT_FORMAT.cbor, CBOR);
});

test("tshark takes our CBOR of one value apart, whatever its type", async (t) => {
  const payloads = TYPES.flatMap((type, id) => {
    const path = parsePath(`/d01/3303/0/${id}`);
    return fc
      .sample(VALUE_OF[type], PACKS)
      .map((value) => singleCbor.encode([{ path, value, time: 0 }], path, typeOfId));
  });
  await takenApart(t, payloads, CONTENT_FORMAT.cbor, CBOR);
});

test("tshark complains of CBOR that is cut short", async (t) => {
  const [samples = []] = packs;
  const payload = senmlCbor.encode(samples, ROOT, typeOfId).subarray(0, -1);
  const found = await dissected(t, [payload], CONTENT_FORMAT.senmlCbor);
  assert.ok(found === undefined || found.complaints.length === 1, JSON.stringify(found));
});

async function takenApart(t: TestContext, payloads: readonly Uint8Array[], format: number, name: string) {
  const found = await dissected(t, payloads, format);
  if (found === undefined) return;
  assert.deepEqual(found.complaints, []);
  assert.deepEqual([...found.formats], [[name, payloads.length]]);
}

async function dissected(t: TestContext, payloads: readonly Uint8Array[], format: number) {
  const wire = await WireRecorder.open(t, 0);
  for (const [i, payload] of payloads.entries()) {
    const bytes = encodeMessage(TYPE.non, i, Uint8Array.of(1), contentResponse(format, payload));
    wire.datagrams.push({ fromGateway: true, way: 0, time: i, bytes });
  }
  return dissect(t, wire);
}
