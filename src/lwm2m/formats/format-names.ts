import { CONTENT_FORMAT } from "./codec.ts";

const NAMES: ReadonlyMap<number, string> = new Map([
  [CONTENT_FORMAT.text, "text"],
  [CONTENT_FORMAT.opaque, "opaque"],
  [CONTENT_FORMAT.cbor, "CBOR"],
  [CONTENT_FORMAT.senmlJson, "SenML JSON"],
  [CONTENT_FORMAT.senmlCbor, "SenML CBOR"],
  [CONTENT_FORMAT.senmlEtchJson, "SenML-ETCH JSON"],
  [CONTENT_FORMAT.senmlEtchCbor, "SenML-ETCH CBOR"],
  [CONTENT_FORMAT.tlv, "TLV"],
  [CONTENT_FORMAT.lwm2mJson, "LwM2M JSON"],
  [CONTENT_FORMAT.lwm2mCbor, "LwM2M CBOR"],
]);

/** For the person who reads the diagnostic of a 4.06 or 4.15: "expected Content-Format 110 (SenML JSON) or 112 (SenML CBOR)". */
export function expectedFormats(formats: readonly number[]): string {
  const named = formats.map((format) => `${format} (${NAMES.get(format) ?? "unknown"})`);
  const last = named.pop();
  return `expected Content-Format ${named.length === 0 ? last : `${named.join(", ")} or ${last}`}`;
}
