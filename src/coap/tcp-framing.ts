/** CoAP messages on a stream of bytes: RFC 8323 §3.2 (framing), §3.4 (empty messages). */
import { ProtocolError } from "../errors.ts";
import { isRequest, isResponse } from "./codes.ts";
import { join } from "./join.ts";
import type { TokenMessage } from "./message.ts";
import { copy, optionsLength, ordered, PAYLOAD_MARKER, readOptions, view, writeOptions } from "./option-bytes.ts";
import { type CoapMessage, type CoapOption, NO_PAYLOAD } from "./options.ts";

/** A nibble, four bytes behind it, and the code: what stands before the token at most. */
const LONGEST_HEADER = 6;
const LONGEST_TOKEN = 8;

/** Writes a message as it goes on the stream. */
export function encodeFrame(token: Uint8Array, message: CoapMessage): Uint8Array {
  const options = ordered(message.options);
  const { payload } = message;
  const inside = optionsLength(options) + (payload.length === 0 ? 0 : 1 + payload.length);
  const extra = extraBytes(inside);
  const bytes = new Uint8Array(2 + extra + token.length + inside);
  bytes[0] = (nibbleOf(inside) << 4) | token.length;
  writeLength(bytes, inside, extra);
  bytes[1 + extra] = message.code;
  const start = 2 + extra + token.length;
  copy(token, bytes, 2 + extra);
  writeOptions(options, bytes, start);
  if (payload.length > 0) {
    bytes[bytes.length - payload.length - 1] = PAYLOAD_MARKER;
    bytes.set(payload, bytes.length - payload.length);
  }
  return bytes;
}

/** The longest payload that a message with these options may have, where the whole frame has at most so many bytes. */
export function roomForPayload(options: readonly CoapOption[], most: number): number {
  return Math.max(0, most - LONGEST_HEADER - LONGEST_TOKEN - 1 - optionsLength(ordered(options)));
}

/**
 * Cuts a stream into messages, however it comes in pieces. After a ProtocolError nothing more can be read: where the next
 * message begins is not known.
 */
export class FrameReader {
  private readonly most: number;
  private pieces: Uint8Array[] = [];
  private held = 0;
  /** How many bytes must be there before it is worth looking again. */
  private wanted = 1;

  /** `most`: the longest message that is taken, in bytes. */
  constructor(most: number) {
    this.most = most;
  }

  /**
   * The messages that are whole now; of the last one that is not, the bytes are kept. They share the memory of `bytes`, which
   * the caller must leave alone. Throws ProtocolError, after `take` had the messages before the mistake.
   */
  read(bytes: Uint8Array, take: (message: TokenMessage) => void): void {
    this.pieces.push(bytes);
    this.held += bytes.length;
    if (this.held < this.wanted) return;
    const whole = this.pieces.length === 1 ? bytes : join(this.pieces, this.held);
    this.pieces = [];
    let at = 0;
    for (let length = this.frameAt(whole, at); length !== undefined; length = this.frameAt(whole, at)) {
      take(decodeFrame(whole, at, length));
      at += length;
    }
    this.held = whole.length - at;
    if (this.held > 0) this.pieces.push(view(whole, at, whole.length));
  }

  /** The length of the message that begins here; undefined, `wanted` being set, where it is not whole. */
  private frameAt(bytes: Uint8Array, at: number): number | undefined {
    const there = bytes.length - at;
    const nibble = (bytes[at] ?? 0) >> 4;
    const extra = nibble < 13 ? 0 : 1 << (nibble - 13);
    const header = 2 + extra;
    this.wanted = there === 0 ? 1 : header;
    if (there < this.wanted || there === 0) return undefined;
    const tokenLength = (bytes[at] ?? 0) & 0x0f;
    if (tokenLength > LONGEST_TOKEN) throw new ProtocolError(`token length ${tokenLength}; at most ${LONGEST_TOKEN}`);
    const length = header + tokenLength + insideOf(bytes, at, nibble);
    if (length > this.most) throw new ProtocolError(`a message of ${length} bytes; at most ${this.most}`);
    this.wanted = length;
    return there < length ? undefined : length;
  }
}

function decodeFrame(bytes: Uint8Array, at: number, length: number): TokenMessage {
  const first = bytes[at] ?? 0;
  const nibble = first >> 4;
  const codeAt = at + 1 + (nibble < 13 ? 0 : 1 << (nibble - 13));
  const code = bytes[codeAt] ?? 0;
  const tokenEnd = codeAt + 1 + (first & 0x0f);
  const token = view(bytes, codeAt + 1, tokenEnd);
  // RFC 8323 §3.4: an empty message says that its sender is there, and nothing else; what is in it is ignored.
  if (code === 0) return { token, code, options: [], payload: NO_PAYLOAD };
  if (!isRequest(code) && !isResponse(code) && code >> 5 !== SIGNALING) {
    throw new ProtocolError(`reserved code class ${code >> 5}`);
  }
  const options: CoapOption[] = [];
  const payload = readOptions(view(bytes, tokenEnd, at + length), 0, options);
  return { token, code, options, payload };
}

/** RFC 8323 §5.1 */
const SIGNALING = 7;

/** A length of 13 or more stands in one, two or four bytes behind its nibble. */
function nibbleOf(length: number): number {
  if (length < 13) return length;
  if (length < 269) return 13;
  return length < 65_805 ? 14 : 15;
}

function extraBytes(length: number): number {
  const nibble = nibbleOf(length);
  return nibble < 13 ? 0 : 1 << (nibble - 13);
}

/** What is taken off a length that stands behind the nibbles 13, 14 and 15. */
const BASE: Readonly<Record<number, number>> = { 13: 13, 14: 269, 15: 65_805 };

function writeLength(bytes: Uint8Array, length: number, extra: number): void {
  let rest = length - (BASE[nibbleOf(length)] ?? 0);
  for (let at = extra; at > 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
}

function insideOf(bytes: Uint8Array, at: number, nibble: number): number {
  if (nibble < 13) return nibble;
  let length = 0;
  for (let i = 1; i <= 1 << (nibble - 13); i++) length = length * 256 + (bytes[at + i] ?? 0);
  return length + (BASE[nibble] ?? 0);
}
