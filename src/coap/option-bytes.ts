/** Options and payload as bytes, the same over UDP and TCP: RFC 7252 §3 (payload marker), §3.1 (options). */
import { ProtocolError } from "../errors.ts";
import { type CoapOption, NO_PAYLOAD, sortOptions } from "./options.ts";

export const PAYLOAD_MARKER = 0xff;

/** The options in ascending order; themselves where they are. */
export function ordered(options: readonly CoapOption[]): readonly CoapOption[] {
  return inOrder(options) ? options : sortOptions(options);
}

/** How many bytes the options take, which must be in order. */
export function optionsLength(options: readonly CoapOption[]): number {
  let length = 0;
  let previous = 0;
  for (const { number, value } of options) {
    length += 1 + extraBytes(number - previous) + extraBytes(value.length) + value.length;
    previous = number;
  }
  return length;
}

/** Writes options that are in order, from `offset` on. */
export function writeOptions(options: readonly CoapOption[], bytes: Uint8Array, offset: number): void {
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
export function readOptions(bytes: Uint8Array, offset: number, options: CoapOption[]): Uint8Array {
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
    if (at + length > bytes.length) throw new ProtocolError(`the message ends within option ${number}`);
    options.push({ number, value: view(bytes, at, at + length) });
    at += length;
  }
  return NO_PAYLOAD;
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

export function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new ProtocolError("the message ends within an option header");
  return byte;
}

/** A plain Uint8Array also where `bytes` is a Buffer, whose `subarray` is slower and makes Buffers. */
export function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === end ? NO_PAYLOAD : new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** `set` has a price of its own that a few bytes do not repay. */
export function copy(from: Uint8Array, to: Uint8Array, at: number): void {
  if (from.length > 16) to.set(from, at);
  else for (let i = 0; i < from.length; i++) to[at + i] = from[i] ?? 0;
}
