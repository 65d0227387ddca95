/**
 * Reads one CBOR item of the kind that LwM2M uses (RFC 8949, Appendix C), in one walk: what a peer may not send (endless
 * nesting, a key twice, text that is no UTF-8, tags without meaning here) is refused where it stands.
 */
import { ProtocolError } from "../../errors.ts";
import type { Cbor, CborMap } from "./cbor.ts";
import { decodeUtf8, integer, plainBytes } from "./value.ts";

/** Exactly one item. Throws ProtocolError for anything that is not well-formed, or that has no place in LwM2M. */
export function decodeCbor(payload: Uint8Array): Cbor {
  const reader = new CborReader(payload);
  const item = reader.item(0);
  if (reader.position < payload.length) {
    throw new ProtocolError(`CBOR: bytes after the item, at byte ${reader.position}`);
  }
  return item;
}

/** SenML nests twice, LwM2M CBOR at most five times; a peer that nests deeper wants our stack. */
const MAX_DEPTH = 16;

/** Date texts, epoch times, decimal fractions. */
const TAG = { dateText: 0, epochTime: 1, decimalFraction: 4 } as const;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const INDEFINITE = 31;
const BREAK = 0xff;

class CborReader {
  position = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  item(depth: number): Cbor {
    if (depth > MAX_DEPTH) this.fail("nested too deeply");
    const head = this.byte();
    const info = head & 0x1f;
    switch (head >> 5) {
      case MAJOR.unsigned:
        return this.whole(info);
      case MAJOR.negative:
        return this.negative(info);
      case MAJOR.bytes:
        return plainBytes(this.take(this.length(info)));
      case MAJOR.text:
        return this.text(this.length(info));
      case MAJOR.array:
        return this.array(info, depth);
      case MAJOR.map:
        return this.map(info, depth);
      case MAJOR.tag:
        return this.tagged(this.length(info), depth);
      default:
        return this.simple(info);
    }
  }

  private array(info: number, depth: number): readonly Cbor[] {
    const items: Cbor[] = [];
    for (let left = this.count(info); this.more(left); left--) items.push(this.item(depth + 1));
    return items;
  }

  private map(info: number, depth: number): CborMap {
    const map = new Map<Cbor, Cbor>();
    for (let left = this.count(info); this.more(left); left--) {
      const key = this.item(depth + 1);
      if (map.has(key)) this.fail("a map has a key twice");
      map.set(key, this.item(depth + 1));
    }
    return map;
  }

  /** How many there are; endlessly many where the length is indefinite, until a break. */
  private count(info: number): number {
    return info === INDEFINITE ? Number.POSITIVE_INFINITY : this.length(info);
  }

  private more(left: number): boolean {
    if (left !== Number.POSITIVE_INFINITY) return left > 0;
    if (this.bytes[this.position] !== BREAK) return true;
    this.position++;
    return false;
  }

  private tagged(tag: number, depth: number): Cbor {
    switch (tag) {
      case TAG.dateText: {
        const date = this.item(depth + 1);
        if (typeof date !== "string") this.fail("a date must be text");
        return secondsOf(date);
      }
      case TAG.epochTime: {
        if ((this.bytes[this.position] ?? 0) >> 5 === MAJOR.tag) this.fail("a time must be a number");
        const seconds = this.item(depth + 1);
        if (typeof seconds !== "number" && typeof seconds !== "bigint") this.fail("a time must be a number");
        return seconds;
      }
      case TAG.decimalFraction:
        return this.fraction();
      default:
        this.fail(`tag ${tag} is not used in LwM2M`);
    }
  }

  /** RFC 8949 §3.4.4: an array of exponent and mantissa. Read as text it is the nearest number; whole ones stay exact. */
  private fraction(): number | bigint {
    if (this.byte() !== 0x82) this.fail("a decimal fraction is an array of two");
    const exponent = this.fractionPart();
    const mantissa = this.fractionPart();
    if (exponent < 0 || exponent >= MAX_DIGITS) return Number(`${mantissa}e${exponent}`);
    return integer(BigInt(mantissa) * 10n ** BigInt(exponent));
  }

  private fractionPart(): number | bigint {
    const head = this.byte();
    if (head >> 5 > MAJOR.negative) this.fail("a decimal fraction is made of integers");
    return head >> 5 === MAJOR.unsigned ? this.whole(head & 0x1f) : this.negative(head & 0x1f);
  }

  /** False, true, null, undefined; half, single and double floats. */
  private simple(info: number): number | boolean | null | undefined {
    switch (info) {
      case 20:
      case 21:
        return info === 21;
      case 22:
        return null;
      case 23:
        return undefined;
      case 25:
        return halfFloat(this.view.getUint16(this.advance(2)));
      case 26:
        return this.view.getFloat32(this.advance(4));
      case 27:
        return this.view.getFloat64(this.advance(8));
      default:
        return this.fail(`simple value ${info} is not used in LwM2M`);
    }
  }

  /** Names are a few ASCII characters, for which a decoder's call costs more than its work. */
  private text(length: number): string {
    const start = this.advance(length);
    if (length > SHORT) return this.utf8(start);
    let characters = "";
    for (let i = start; i < this.position; i++) {
      const byte = this.bytes[i] ?? 0;
      if (byte > 0x7f) return this.utf8(start);
      characters += String.fromCharCode(byte);
    }
    return characters;
  }

  private utf8(start: number): string {
    return decodeUtf8(this.bytes.subarray(start, this.position));
  }

  private negative(info: number): number | bigint {
    const value = this.whole(info);
    return typeof value === "number" && value < Number.MAX_SAFE_INTEGER ? -1 - value : -1n - BigInt(value);
  }

  private whole(info: number): number | bigint {
    if (info === 27) return integer(this.view.getBigUint64(this.advance(8)));
    return this.length(info);
  }

  /** The number in or after an initial byte; exact to 2^53, which is more than a payload can hold. */
  private length(info: number): number {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.byte();
      case 25:
        return this.view.getUint16(this.advance(2));
      case 26:
        return this.view.getUint32(this.advance(4));
      case 27:
        return Number(this.view.getBigUint64(this.advance(8)));
      case INDEFINITE:
        return this.fail("an indefinite length is for arrays and maps only");
      default:
        return this.fail("reserved length");
    }
  }

  private take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, this.position);
  }

  private byte(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) this.fail("cut short");
    this.position++;
    return byte;
  }

  /** Where the next so many bytes begin. */
  private advance(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) this.fail("cut short");
    this.position = start + length;
    return start;
  }

  private fail(problem: string): never {
    throw new ProtocolError(`CBOR: ${problem}, at byte ${this.position}`);
  }
}

/** Text of so many bytes is read byte by byte. */
const SHORT = 32;
/** 2^64 has 20 decimal digits; what has more is no integer of ours. */
const MAX_DIGITS = 20;

/** RFC 8949 §3.4.1, RFC 3339 §5.6: seconds since 1970, NaN where the text is no date. Date.parse alone would take "1" for a year. */
function secondsOf(date: string): number {
  return DATE.test(date) ? Date.parse(date) / 1000 : Number.NaN;
}

const DATE = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** RFC 8949 Appendix D: 1 bit of sign, 5 of exponent, 10 of mantissa. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (mantissa + 1024) * 2 ** (exponent - 25);
}
