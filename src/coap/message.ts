/** CoAP messages as bytes: RFC 7252 §3 (UDP framing), §3.1 (options), §12.1 (code classes). */
import { ProtocolError } from "../errors.ts";
import { type CoapMessage, type CoapOption, NO_PAYLOAD, sortOptions } from "./options.ts";

/** Message types as they stand on the wire. */
export const TYPE = { con: 0, non: 1, ack: 2, rst: 3 } as const;
export type MessageType = (typeof TYPE)[keyof typeof TYPE];

/** A message as it stands in a UDP datagram or DTLS record. */
export interface UdpMessage extends CoapMessage {
  readonly type: MessageType;
  /** 0 to 65535. */
  readonly messageId: number;
  /** 0 to 8 bytes. */
  readonly token: Uint8Array;
}

/** No token, and the options of an empty message. */
export const NO_TOKEN: Uint8Array = NO_PAYLOAD;
const NO_OPTIONS: readonly CoapOption[] = [];

const HEADER_LENGTH = 4;
const VERSION = 1;
const PAYLOAD_MARKER = 0xff;

/**
 * Reads one datagram. Token, option values and payload share the memory of `bytes`, which the caller must leave alone.
 * Throws ProtocolError where RFC 7252 calls it a message format error.
 */
export function decodeMessage(bytes: Uint8Array): UdpMessage {
  if (bytes.length < HEADER_LENGTH)
    throw new ProtocolError(`a CoAP message of ${bytes.length} bytes; the header has 4`);
  const first = byteAt(bytes, 0);
  if (first >> 6 !== VERSION) throw new ProtocolError(`CoAP version ${first >> 6}; expected 1`);
  const tokenLength = first & 0x0f;
  const code = byteAt(bytes, 1);
  const type = ((first >> 4) & 0x03) as MessageType;
  const messageId = (byteAt(bytes, 2) << 8) | byteAt(bytes, 3);
  if (code === 0) {
    if (bytes.length > HEADER_LENGTH || tokenLength > 0)
      throw new ProtocolError("an empty message with something in it");
    return { type, messageId, token: NO_TOKEN, code, options: NO_OPTIONS, payload: NO_PAYLOAD };
  }
  // RFC 7252 §12.1: classes 1, 6 and 7 are reserved (7 is signalling over TCP only).
  const codeClass = code >> 5;
  if (codeClass === 1 || codeClass > 5) throw new ProtocolError(`reserved code class ${codeClass}`);
  if (tokenLength > 8) throw new ProtocolError(`token length ${tokenLength}; at most 8`);
  const start = HEADER_LENGTH + tokenLength;
  if (start > bytes.length) throw new ProtocolError("the datagram ends within the token");
  const token = view(bytes, HEADER_LENGTH, start);
  const options: CoapOption[] = [];
  const payload = readOptions(bytes, start, options);
  return { type, messageId, token, code, options, payload };
}

/** Writes a message as one datagram. */
export function encodeMessage(
  type: MessageType,
  messageId: number,
  token: Uint8Array,
  message: CoapMessage,
): Uint8Array {
  const start = HEADER_LENGTH + token.length;
  const options = inOrder(message.options) ? message.options : sortOptions(message.options);
  const payload = message.payload;
  const end = start + optionsLength(options);
  const bytes = new Uint8Array(payload.length === 0 ? end : end + 1 + payload.length);
  writeHeader(bytes, (type << 4) | token.length, message.code, messageId);
  copy(token, bytes, HEADER_LENGTH);
  writeOptions(options, bytes, start);
  if (payload.length > 0) {
    bytes[end] = PAYLOAD_MARKER;
    bytes.set(payload, end + 1);
  }
  return bytes;
}

/** An empty message: an ACK without response, an RST, or a ping (RFC 7252 §4.1). */
export function encodeEmpty(type: MessageType, messageId: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH);
  writeHeader(bytes, type << 4, 0, messageId);
  return bytes;
}

/** How many bytes the options take, which must be in order. */
function optionsLength(options: readonly CoapOption[]): number {
  let length = 0;
  let previous = 0;
  for (const { number, value } of options) {
    length += 1 + extraBytes(number - previous) + extraBytes(value.length) + value.length;
    previous = number;
  }
  return length;
}

/** Writes options that are in order, from `offset` on. */
function writeOptions(options: readonly CoapOption[], bytes: Uint8Array, offset: number): void {
  let at = offset;
  let previous = 0;
  for (const { number, value } of options) {
    const delta = number - previous;
    bytes[at] = (nibble(delta) << 4) | nibble(value.length);
    at = writeExtra(bytes, at + 1, delta);
    at = writeExtra(bytes, at, value.length);
    copy(value, bytes, at);
    at += value.length;
    previous = number;
  }
}

/** Reads options into `options`, up to the payload marker or the end; returns the payload. */
function readOptions(bytes: Uint8Array, offset: number, options: CoapOption[]): Uint8Array {
  let at = offset;
  let number = 0;
  while (at < bytes.length) {
    const head = byteAt(bytes, at++);
    if (head === PAYLOAD_MARKER) {
      if (at === bytes.length) throw new ProtocolError("a payload marker with no payload behind it");
      return view(bytes, at, bytes.length);
    }
    const deltaNibble = head >> 4;
    const lengthNibble = head & 0x0f;
    if (deltaNibble === 15 || lengthNibble === 15) throw new ProtocolError("option delta or length 15 is reserved");
    number += readExtra(bytes, at, deltaNibble);
    at += extraOfNibble(deltaNibble);
    const length = readExtra(bytes, at, lengthNibble);
    at += extraOfNibble(lengthNibble);
    if (number > 0xffff) throw new ProtocolError(`option number ${number}; at most 65535`);
    if (at + length > bytes.length) throw new ProtocolError(`the datagram ends within option ${number}`);
    options.push({ number, value: view(bytes, at, at + length) });
    at += length;
  }
  return NO_PAYLOAD;
}

function writeHeader(bytes: Uint8Array, typeAndTokenLength: number, code: number, messageId: number): void {
  bytes[0] = (VERSION << 6) | typeAndTokenLength;
  bytes[1] = code;
  bytes[2] = messageId >> 8;
  bytes[3] = messageId & 0xff;
}

function inOrder(options: readonly CoapOption[]): boolean {
  let previous = 0;
  for (const { number } of options) {
    if (number < previous) return false;
    previous = number;
  }
  return true;
}

/** A number of 13 or more, or 269 or more, stands in one or two bytes behind its nibble. */
function nibble(value: number): number {
  if (value < 13) return value;
  return value < 269 ? 13 : 14;
}

function extraBytes(value: number): number {
  if (value < 13) return 0;
  return value < 269 ? 1 : 2;
}

function extraOfNibble(value: number): number {
  return value < 13 ? 0 : value - 12;
}

function writeExtra(bytes: Uint8Array, at: number, value: number): number {
  if (value < 13) return at;
  if (value < 269) {
    bytes[at] = value - 13;
    return at + 1;
  }
  bytes[at] = (value - 269) >> 8;
  bytes[at + 1] = (value - 269) & 0xff;
  return at + 2;
}

function readExtra(bytes: Uint8Array, at: number, nibbleValue: number): number {
  if (nibbleValue < 13) return nibbleValue;
  if (nibbleValue === 13) return byteAt(bytes, at) + 13;
  return ((byteAt(bytes, at) << 8) | byteAt(bytes, at + 1)) + 269;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new ProtocolError("the datagram ends within an option header");
  return byte;
}

/** A plain Uint8Array also where `bytes` is a Buffer, whose `subarray` is slower and makes Buffers. */
function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === end ? NO_PAYLOAD : new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** `set` has a price of its own that a few bytes do not repay. */
function copy(from: Uint8Array, to: Uint8Array, at: number): void {
  if (from.length > 16) to.set(from, at);
  else for (let i = 0; i < from.length; i++) to[at + i] = from[i] ?? 0;
}
