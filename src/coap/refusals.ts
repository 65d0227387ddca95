/** Answers to what the endpoint itself refuses, with a sentence for the peer's developer: RFC 7252 §5.5.2, §5.4.1. */
import { CODE } from "./codes.ts";
import { type CoapMessage, type CoapOption, OPTION } from "./options.ts";

const text = new TextEncoder();

/** An error with a diagnostic payload. */
export function refusal(code: number, said: string, options: readonly CoapOption[] = []): CoapMessage {
  return { code, options, payload: text.encode(said) };
}

/** 5.03: it may come again. */
export function noRoom(): CoapMessage {
  return refusal(CODE.serviceUnavailable, "too many requests at a time: send this one again later");
}

/** 4.00 for a Block option that means nothing. */
export function invalidBlock(number: number): CoapMessage {
  return refusal(CODE.badRequest, `${optionName(number)}: expected at most 3 bytes, and a size exponent of 0 to 6`);
}

/** "option 17 (Accept)" */
export function optionName(number: number): string {
  const name = NAMES.get(number);
  return name === undefined ? `option ${number}` : `option ${number} (${name})`;
}

/** Of the critical ones, as the registry spells them (RFC 7252 §12.2, RFC 7959 §6, RFC 8613 §13.1). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [OPTION.ifMatch, "If-Match"],
  [OPTION.uriHost, "Uri-Host"],
  [OPTION.ifNoneMatch, "If-None-Match"],
  [OPTION.uriPort, "Uri-Port"],
  [OPTION.oscore, "OSCORE"],
  [OPTION.uriPath, "Uri-Path"],
  [OPTION.uriQuery, "Uri-Query"],
  [OPTION.accept, "Accept"],
  [OPTION.block2, "Block2"],
  [OPTION.block1, "Block1"],
  [OPTION.proxyUri, "Proxy-Uri"],
  [OPTION.proxyScheme, "Proxy-Scheme"],
]);
