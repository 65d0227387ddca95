/** An observation as text that outlives the process: the request that began it, and the format of its notifications. */
import { decodeObserved, encodeObserved, type ObservedRequest } from "../coap/observed-request.ts";
import type { Attributes } from "../lwm2m/attributes.ts";
import type { ContentCodec } from "../lwm2m/formats/codec.ts";
import { decodePaths } from "../lwm2m/formats/composite.ts";
import { codecFor } from "../lwm2m/formats/index.ts";
import { parseOperation } from "../lwm2m/operation.ts";
import type { Path } from "../lwm2m/path.ts";

export interface KeptObservation {
  readonly observed: ObservedRequest;
  /** RFC 7641 §4.2: every notification has the format of the first answer. */
  readonly codec: ContentCodec;
  readonly paths: readonly Path[];
  readonly composite: boolean;
  /** Those in the request itself. */
  readonly attributes?: Attributes;
}

/** JSON: `{"format": 112, "request": "base64 of a CoAP message"}`. */
export function writeObservation(observed: ObservedRequest, { contentFormat }: ContentCodec): string {
  return JSON.stringify({ format: contentFormat, request: Buffer.from(encodeObserved(observed)).toString("base64") });
}

/** Throws SyntaxError, RangeError, ProtocolError or Lwm2mError where the text is none. */
export function readObservation(text: string): KeptObservation {
  const content: unknown = JSON.parse(text);
  const { format, request }: { readonly format?: unknown; readonly request?: unknown } = Object(content);
  const codec = typeof format === "number" ? codecFor(format) : undefined;
  if (codec === undefined || typeof request !== "string")
    throw new RangeError("no format that is known, or no request");
  const observed = decodeObserved(new Uint8Array(Buffer.from(request, "base64")));
  const operation = parseOperation(observed.request);
  const composite = operation.type === "observeComposite";
  if (operation.type !== "observe" && !composite) throw new RangeError(`${operation.type} observes nothing`);
  const paths = composite ? decodePaths(operation.contentFormat, operation.payload) : [operation.path];
  const { attributes } = operation;
  return { observed, codec, paths, composite, ...(attributes === undefined ? {} : { attributes }) };
}
