/** CoAP messages as datagrams: RFC 7252 §3 (UDP framing), §12.1 (code classes). */
import { ProtocolError } from "../errors.ts";
import {
  byteAt,
  copy,
  optionsLength,
  ordered,
  PAYLOAD_MARKER,
  readOptions,
  view,
  writeOptions,
} from "./option-bytes.ts";
import { type CoapMessage, type CoapOption, NO_PAYLOAD } from "./options.ts";

/** Message types as they stand on the wire. */
export const TYPE = { con: 0, non: 1, ack: 2, rst: 3 } as const;
export type MessageType = (typeof TYPE)[keyof typeof TYPE];

/** A message that names the exchange it belongs to: all that the stream of TCP has. */
export interface TokenMessage extends CoapMessage {
  /** 0 to 8 bytes. */
  readonly token: Uint8Array;
}

/** A message as it stands in a UDP datagram or DTLS record. */
export interface UdpMessage extends TokenMessage {
  readonly type: MessageType;
  /** 0 to 65535. */
  readonly messageId: number;
}

/** No token, and the options of an empty message. */
export const NO_TOKEN: Uint8Array = NO_PAYLOAD;
const NO_OPTIONS: readonly CoapOption[] = [];

const HEADER_LENGTH = 4;
const VERSION = 1;

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
  const options = ordered(message.options);
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

function writeHeader(bytes: Uint8Array, typeAndTokenLength: number, code: number, messageId: number): void {
  bytes[0] = (VERSION << 6) | typeAndTokenLength;
  bytes[1] = code;
  bytes[2] = messageId >> 8;
  bytes[3] = messageId & 0xff;
}
