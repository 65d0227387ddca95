/** The content formats that we read and write, by their CoAP Content-Format number (Core 1.2 §7.4). */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import type { ContentCodec, TimedPathValue } from "./codec.ts";
import { lwm2mCbor } from "./lwm2m-cbor.ts";
import { lwm2mJson } from "./lwm2m-json.ts";
import { opaque } from "./opaque.ts";
import type { ReportCodec, ReportContext } from "./report.ts";
import { senmlCbor } from "./senml-cbor.ts";
import { senmlJson } from "./senml-json.ts";
import { singleCbor } from "./single-cbor.ts";
import { text } from "./text.ts";
import { tlv } from "./tlv.ts";

export type { ReportContext } from "./report.ts";

const CODECS: readonly ReportCodec[] = [text, opaque, singleCbor, senmlJson, senmlCbor, tlv, lwm2mJson, lwm2mCbor];
const BY_FORMAT: ReadonlyMap<number, ReportCodec> = new Map(CODECS.map((codec) => [codec.contentFormat, codec]));

/** What codecFor knows, ascending. */
export const CONTENT_FORMATS: readonly number[] = [...BY_FORMAT.keys()].sort((a, b) => a - b);

/**
 * Undefined for a format that we do not speak: 4.15 for a payload, 4.06 for an Accept. The payloads of composite requests are
 * read in composite.ts, those of a Create in create.ts.
 */
export function codecFor(contentFormat: number): ContentCodec | undefined {
  return BY_FORMAT.get(contentFormat);
}

/**
 * What a server does with the answer to a Read, a notification or a Send: values at absolute paths of any prefix, each with
 * its time where it has one. Throws ProtocolError for bytes that are not this format, Lwm2mError 4.15 for a format that we
 * do not speak.
 */
export function decodeTimed(contentFormat: number, payload: Uint8Array, context: ReportContext): TimedPathValue[] {
  const codec = BY_FORMAT.get(contentFormat);
  if (codec === undefined) {
    throw new Lwm2mError(CODE.unsupportedContentFormat, `Content-Format ${contentFormat} is not supported`);
  }
  return codec.decodeReport(payload, context);
}
