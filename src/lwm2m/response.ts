/** The results of operations as CoAP responses: Transport 1.2 §6.4, table of response codes; RFC 7252 §5.5.2 (diagnostic payload). */
import { CODE } from "../coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions, uintOption } from "../coap/options.ts";
import { Lwm2mError } from "../errors.ts";
import type { Path } from "./path.ts";
import { TooLarge } from "./refusals.ts";

const text = new TextEncoder();

/** 2.05; `observed` adds an Observe option, whose number the endpoint sets. */
export function contentResponse(contentFormat: number, payload: Uint8Array, observed = false): CoapMessage {
  const observe = observed ? [uintOption(OPTION.observe, 0)] : [];
  return { code: CODE.content, options: [...observe, uintOption(OPTION.contentFormat, contentFormat)], payload };
}

/** 2.04 */
export function changedResponse(): CoapMessage {
  return { code: CODE.changed, options: [], payload: NO_PAYLOAD };
}

/** 2.31: the next block may come. */
export function continueResponse(): CoapMessage {
  return { code: CODE.continue, options: [], payload: NO_PAYLOAD };
}

/** 2.01; with the path that the client chose: one Location-Path option for each segment, the prefix first. */
export function createdResponse(chosen?: Path): CoapMessage {
  const options = chosen === undefined ? [] : stringOptions(OPTION.locationPath, chosen.slice(1).split("/"));
  return { code: CODE.created, options, payload: NO_PAYLOAD };
}

/** 2.02 */
export function deletedResponse(): CoapMessage {
  return { code: CODE.deleted, options: [], payload: NO_PAYLOAD };
}

/**
 * An Lwm2mError is meant for the server: its code, and its message as diagnostic payload. Anything else is our own failure:
 * 5.00, and nothing of it on the wire.
 */
export function errorResponse(error: unknown): CoapMessage {
  if (!(error instanceof Lwm2mError)) return { code: CODE.internalServerError, options: [], payload: NO_PAYLOAD };
  const options = error instanceof TooLarge ? [uintOption(OPTION.size1, error.limit)] : [];
  return { code: error.code, options, payload: diagnostic(error.message) };
}

/** So long that a message holds it with ease, whatever of the request it quotes. */
const LONGEST_DIAGNOSTIC = 400;
const CUT = "…";

function diagnostic(message: string): Uint8Array {
  const bytes = new Uint8Array(LONGEST_DIAGNOSTIC);
  const { read, written } = text.encodeInto(message, bytes);
  return read === message.length ? bytes.subarray(0, written) : text.encode(message.slice(0, read) + CUT);
}
