/** The bytes of CBOR (RFC 8949 §3), from the first to the last: heads of items, numbers, texts. Items are in cbor-reader.ts. */
import { ProtocolError } from "../../errors.ts";
import { decodeUtf8, integer, plainBytes } from "./value.ts";

export const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/** Everything throws ProtocolError where the bytes end too early, or are not what is asked for. */
export class CborCursor {
  private position = 0;
  private readonly bytes: Uint8Array;
  /** Made for the first long number of a payload of several values. */
  private lazyView: DataView | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The major type of the next item, which stays the next one. */
  major(): number {
    return this.at(this.position) >> 5;
  }

  /** The first byte of the next item. */
  head(): number {
    const byte = this.at(this.position);
    this.position++;
    return byte;
  }

  /** The next item where it is an unsigned integer of at most 16 bits, as most keys and labels are; else -1, and it stays the next. */
  short(): number {
    const { bytes, position } = this;
    const head = bytes[position] ?? BREAK;
    if (head < ONE_BYTE) {
      this.position = position + 1;
      return head;
    }
    const first = bytes[position + 1];
    if (head === ONE_BYTE && first !== undefined) {
      this.position = position + 2;
      return first;
    }
    const second = bytes[position + 2];
    if (head !== TWO_BYTES || first === undefined || second === undefined) return -1;
    this.position = position + 3;
    return (first << 8) | second;
  }

  /** How many items an array or map holds whose head has these five bits: endlessly many where it ends with a break. */
  size(info: number): number {
    return info === INDEFINITE ? Number.POSITIVE_INFINITY : this.length(info);
  }

  /** Whether another item follows, of so many that are left: `for (let left = size(info); more(left); left--)`. */
  more(left: number): boolean {
    if (left !== Number.POSITIVE_INFINITY) return left > 0;
    if (this.bytes[this.position] !== BREAK) return true;
    this.position++;
    return false;
  }

  unsigned(info: number): number | bigint {
    return info === EIGHT_BYTES ? integer(this.word64()) : this.length(info);
  }

  negative(info: number): number | bigint {
    const value = this.unsigned(info);
    return typeof value === "number" && value < Number.MAX_SAFE_INTEGER ? -1 - value : -1n - BigInt(value);
  }

  /** Bytes of their own: they do not change with the payload. */
  data(info: number): Uint8Array {
    const start = this.advance(this.length(info));
    return plainBytes(this.bytes.subarray(start, this.position));
  }

  text(info: number): string {
    const length = this.length(info);
    const start = this.advance(length);
    const known = knownText(this.bytes, start, length);
    return known ?? decodeUtf8(this.bytes.subarray(start, this.position));
  }

  /** A tag, exact to 2^53: none that is known is larger. */
  tag(info: number): number {
    return this.length(info);
  }

  float16(): number {
    return halfFloat(this.view().getUint16(this.advance(2)));
  }

  float32(): number {
    return this.view().getFloat32(this.advance(4));
  }

  float64(): number {
    return this.view().getFloat64(this.advance(8));
  }

  /** After the last item nothing may follow. */
  end(): void {
    if (this.position < this.bytes.length) this.fail("bytes after the item");
  }

  fail(problem: string): never {
    throw new ProtocolError(`CBOR: ${problem}, at byte ${this.position}`);
  }

  /** The number in or after a head; exact to 2^53, which is more than a payload can hold. */
  private length(info: number): number {
    if (info < ONE_BYTE) return info;
    switch (info) {
      case ONE_BYTE:
        return this.head();
      case TWO_BYTES: {
        const start = this.advance(2);
        return (this.at(start) << 8) | this.at(start + 1);
      }
      case FOUR_BYTES:
        return this.view().getUint32(this.advance(4));
      case EIGHT_BYTES:
        return Number(this.word64());
      case INDEFINITE:
        return this.fail("an indefinite length is for arrays and maps only");
      default:
        return this.fail("reserved length");
    }
  }

  private word64(): bigint {
    return this.view().getBigUint64(this.advance(8));
  }

  private view(): DataView {
    const { bytes } = this;
    if (bytes.length <= ONE_NUMBER) {
      for (let i = 0; i < bytes.length; i++) copy[i] = bytes[i] ?? 0;
      return copyView;
    }
    this.lazyView ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    return this.lazyView;
  }

  /** Where the next so many bytes begin. */
  private advance(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) this.fail("cut short");
    this.position = start + length;
    return start;
  }

  private at(position: number): number {
    const byte = this.bytes[position];
    if (byte === undefined) this.fail("cut short");
    return byte;
  }
}

/** What stands in a head instead of a number: the number follows in one, two, four or eight bytes, or a break ends the item. */
const [ONE_BYTE, TWO_BYTES, FOUR_BYTES, EIGHT_BYTES, INDEFINITE] = [24, 25, 26, 27, 31] as const;
const BREAK = 0xff;

/** A payload of so many bytes is copied to be read: for one number a view would cost more than all the rest. */
const ONE_NUMBER = 9;
const copy = new Uint8Array(ONE_NUMBER);
const copyView = new DataView(copy.buffer);

/** Text of so many bytes is looked up among those that were read before. */
const SHORT = 32;
/** A power of two: the names and units of a few dozen devices. */
const KNOWN_TEXTS = 2048;
const known: string[] = new Array(KNOWN_TEXTS).fill("");

/**
 * The text of so many ASCII bytes, the same string each time: names come again in every payload, and a string that is made
 * anew costs more than to compare its bytes. Undefined where it is long or not ASCII. A hash may meet another text: it is
 * replaced.
 */
export function knownText(bytes: Uint8Array, start: number, length: number): string | undefined {
  if (length > SHORT) return undefined;
  let hash = length;
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte > 0x7f) return undefined;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  const slot = (hash ^ (hash >>> 15)) & (KNOWN_TEXTS - 1);
  const text = known[slot] ?? "";
  if (isSpelled(text, bytes, start, length)) return text;
  const fresh = String.fromCharCode(...bytes.subarray(start, start + length));
  known[slot] = fresh;
  return fresh;
}

function isSpelled(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** RFC 8949 Appendix D: 1 bit of sign, 5 of exponent, 10 of mantissa. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (mantissa + 1024) * 2 ** (exponent - 25);
}
