/** The request that began an observation, as bytes: what must outlive the process for the observation to go on. RFC 7641 §4.1. */
import { ProtocolError } from "../errors.ts";
import { type Block, blockOption, readBlock } from "./block.ts";
import { decodeMessage, encodeMessage, TYPE } from "./message.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, sortOptions, withoutOptions } from "./options.ts";
import { observeValue, optionError } from "./requests.ts";

export interface ObservedRequest {
  /** Of the request, and so of every notification. */
  readonly token: Uint8Array;
  /** As it was served: its body whole, no Block options. */
  readonly request: CoapMessage;
  /** The size of blocks that it asked for. */
  readonly block: Block | undefined;
}

const BLOCK2: ReadonlySet<number> = new Set([OPTION.block2]);

/** A CoAP message: the request, with its Block2 option where it had one. */
export function encodeObserved({ token, request, block }: ObservedRequest): Uint8Array {
  const options = block === undefined ? [] : [blockOption(OPTION.block2, block)];
  return encodeMessage(TYPE.con, 0, token, { ...request, options: sortOptions([...request.options, ...options]) });
}

/** Throws ProtocolError where the bytes are no request that could have begun an observation. */
export function decodeObserved(bytes: Uint8Array): ObservedRequest {
  const message = decodeMessage(bytes);
  const block = readBlock(message, OPTION.block2);
  if (optionError(message) !== undefined || block === "invalid") throw new ProtocolError("a request with bad options");
  const { code, payload, token } = message;
  const request = { code, options: withoutOptions(message, BLOCK2).options, payload: payload ?? NO_PAYLOAD };
  if (observeValue(request) !== 0) throw new ProtocolError("no request that observes");
  return { token, request, block };
}
