/**
 * Reads CBOR items of the kind that LwM2M uses (RFC 8949, Appendix C), in one walk: what a peer may not send (endless nesting,
 * a key twice, text that is no UTF-8, tags without meaning here) is refused where it stands.
 */
import { CborCursor, MAJOR } from "./cbor-cursor.ts";
import { integer } from "./value.ts";

/** Integers are numbers where they are safe integers, else bigints; tagged times are seconds, decimal fractions numbers. */
export type Cbor = number | bigint | string | boolean | null | undefined | Uint8Array | readonly Cbor[] | CborMap;
export type CborMap = ReadonlyMap<Cbor, Cbor>;

/** Exactly one item. Throws ProtocolError for anything that is not well-formed, or that has no place in LwM2M. */
export function decodeCbor(payload: Uint8Array): Cbor {
  const cursor = new CborCursor(payload);
  const item = readItem(cursor, 0);
  cursor.end();
  return item;
}

/** The item that follows, which lies within so many others. Throws ProtocolError as decodeCbor does. */
export function readItem(cursor: CborCursor, depth: number): Cbor {
  if (depth > MAX_DEPTH) cursor.fail("nested too deeply");
  const head = cursor.head();
  const info = head & 0x1f;
  switch (head >> 5) {
    case MAJOR.unsigned:
      return cursor.unsigned(info);
    case MAJOR.negative:
      return cursor.negative(info);
    case MAJOR.bytes:
      return cursor.data(info);
    case MAJOR.text:
      return cursor.text(info);
    case MAJOR.array:
      return arrayOf(cursor, info, depth);
    case MAJOR.map:
      return mapOf(cursor, info, depth);
    case MAJOR.tag:
      return tagged(cursor, cursor.tag(info), depth);
    default:
      return simple(cursor, info);
  }
}

/** RFC 8949 §5.6: the message of a map that is not valid. */
export const KEY_TWICE = "a map has a key twice";

/** SenML nests twice, LwM2M CBOR at most five times; a peer that nests deeper wants our stack. */
const MAX_DEPTH = 16;

/** Date texts, epoch times, decimal fractions. */
const TAG = { dateText: 0, epochTime: 1, decimalFraction: 4 } as const;

function arrayOf(cursor: CborCursor, info: number, depth: number): readonly Cbor[] {
  const items: Cbor[] = [];
  for (let left = cursor.size(info); cursor.more(left); left--) items.push(readItem(cursor, depth + 1));
  return items;
}

function mapOf(cursor: CborCursor, info: number, depth: number): CborMap {
  const map = new Map<Cbor, Cbor>();
  for (let left = cursor.size(info); cursor.more(left); left--) {
    const key = readItem(cursor, depth + 1);
    if (map.has(key)) cursor.fail(KEY_TWICE);
    map.set(key, readItem(cursor, depth + 1));
  }
  return map;
}

function tagged(cursor: CborCursor, tag: number, depth: number): Cbor {
  switch (tag) {
    case TAG.dateText: {
      const date = readItem(cursor, depth + 1);
      return typeof date === "string" ? secondsOf(date) : cursor.fail("a date must be text");
    }
    case TAG.epochTime: {
      if (cursor.major() === MAJOR.tag) cursor.fail("a time must be a number");
      const seconds = readItem(cursor, depth + 1);
      if (typeof seconds === "number" || typeof seconds === "bigint") return seconds;
      return cursor.fail("a time must be a number");
    }
    case TAG.decimalFraction:
      return fraction(cursor);
    default:
      return cursor.fail(`tag ${tag} is not used in LwM2M`);
  }
}

/** RFC 8949 §3.4.4: an array of exponent and mantissa. Read as text it is the nearest number; whole ones stay exact. */
function fraction(cursor: CborCursor): number | bigint {
  if (cursor.head() !== ARRAY_OF_TWO) cursor.fail("a decimal fraction is an array of two");
  const exponent = fractionPart(cursor);
  const mantissa = fractionPart(cursor);
  if (exponent < 0 || exponent >= MAX_DIGITS) return Number(`${mantissa}e${exponent}`);
  return integer(BigInt(mantissa) * 10n ** BigInt(exponent));
}

function fractionPart(cursor: CborCursor): number | bigint {
  const head = cursor.head();
  if (head >> 5 > MAJOR.negative) cursor.fail("a decimal fraction is made of integers");
  return head >> 5 === MAJOR.unsigned ? cursor.unsigned(head & 0x1f) : cursor.negative(head & 0x1f);
}

const ARRAY_OF_TWO = 0x82;
/** 2^64 has 20 decimal digits; what has more is no integer of ours. */
const MAX_DIGITS = 20;

/** False, true, null, undefined; half, single and double floats. */
function simple(cursor: CborCursor, info: number): number | boolean | null | undefined {
  switch (info) {
    case 20:
    case 21:
      return info === 21;
    case 22:
      return null;
    case 23:
      return undefined;
    case 25:
      return cursor.float16();
    case 26:
      return cursor.float32();
    case 27:
      return cursor.float64();
    default:
      return cursor.fail(`simple value ${info} is not used in LwM2M`);
  }
}

/** RFC 8949 §3.4.1, RFC 3339 §5.6: seconds since 1970, NaN where the text is no date. Date.parse alone would take "1" for a year. */
function secondsOf(date: string): number {
  return DATE.test(date) ? Date.parse(date) / 1000 : Number.NaN;
}

const DATE = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
