/** The digits of numbers as the bytes of plain text (Core 1.2 Table C-2): remembered, since finding them costs most of it. */
import { encodeUtf8, formatDecimal } from "./value.ts";

/**
 * A value is read more often than it changes. V8 remembers digits, too, but in so few places that the numbers of a thousand
 * devices drive each other out, and what is driven out lies in the old heap by then. Here a number and its digits stand
 * side by side in the processor's memory, and nothing is made anew. A number may stand in any place of its set: had each but
 * one place, of the numbers of a thousand devices every fifth would share it with another, and be spelled at each read.
 */
const SETS = 1024;
const WAYS = 4;
const PLACE_BYTES = 32;
const SET_BYTES = WAYS * PLACE_BYTES;
const NUMBERS_A_PLACE = PLACE_BYTES / Float64Array.BYTES_PER_ELEMENT;
/** Behind the number: how many digits, then these. */
const LENGTH_AT = Float64Array.BYTES_PER_ELEMENT;
const DIGITS_AT = LENGTH_AT + 1;
/** Longer ones, which are rare (1e-300), are not remembered. */
const MOST_DIGITS = PLACE_BYTES - DIGITS_AT;

const bytes = new Uint8Array(SETS * SET_BYTES);
const numbers = new Float64Array(bytes.buffer).fill(Number.NaN);

const one = new Float64Array(1);
const halves = new Uint32Array(one.buffer);

/** As formatDecimal, of a finite number other than -0, in bytes that are the caller's. */
export function numberText(value: number): Uint8Array {
  const first = firstPlace(value);
  const place = placeOf(value, first);
  return place === undefined ? remembered(first, value) : textAt(place);
}

/** Whether its digits need not be found anew. */
export function isRemembered(value: number): boolean {
  return placeOf(value, firstPlace(value)) !== undefined;
}

function placeOf(value: number, first: number): number | undefined {
  for (let place = first; place < first + WAYS; place++) {
    if (numbers[place * NUMBERS_A_PLACE] === value) return place;
  }
  return undefined;
}

function textAt(place: number): Uint8Array {
  const start = place * PLACE_BYTES;
  const length = bytes[start + LENGTH_AT] ?? 0;
  const text = new Uint8Array(length);
  for (let i = 0; i < length; i++) text[i] = bytes[start + DIGITS_AT + i] ?? 0;
  return text;
}

/** The newest of a set stands first, and its oldest gives way: most likely a value of the past. */
function remembered(first: number, value: number): Uint8Array {
  const text = encodeUtf8(formatDecimal(value));
  if (text.length > MOST_DIGITS) return text;
  const start = first * PLACE_BYTES;
  bytes.copyWithin(start + PLACE_BYTES, start, start + SET_BYTES - PLACE_BYTES);
  numbers[first * NUMBERS_A_PLACE] = value;
  bytes[start + LENGTH_AT] = text.length;
  bytes.set(text, start + DIGITS_AT);
  return text;
}

/** Of its set. Numbers that are close to each other differ in the lower half, whole ones in the upper half alone. */
function firstPlace(value: number): number {
  one[0] = value;
  const mixed = Math.imul((halves[0] ?? 0) ^ Math.imul(halves[1] ?? 0, 0x9e3779b1), 0x85ebca6b);
  return (mixed >>> 22) * WAYS;
}
