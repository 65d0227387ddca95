/**
 * Whether bytes are one well-formed CBOR item of the kind that LwM2M uses (RFC 8949 §5.3.1, Appendix C), decided before
 * anything is built of them.
 */
import { isUtf8 } from "node:buffer";
import { ProtocolError } from "../../errors.ts";

/** SenML nests twice, LwM2M CBOR at most five times; a peer that nests deeper wants our stack. */
const MAX_DEPTH = 16;

/** Date texts, epoch times, decimal fractions. Other tags mean nothing here, and some would mean something to the library. */
const TAG = { dateText: 0, epochTime: 1, decimalFraction: 4 } as const;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const INDEFINITE = 31;
const BREAK = 0xff;

/** How many pairs all maps of the item hold together. Throws ProtocolError where the bytes are not one item. */
export function countPairs(bytes: Uint8Array): number {
  const check = new Check(bytes);
  check.item(0);
  if (check.position < bytes.length) throw new ProtocolError(`CBOR: bytes after the item, at byte ${check.position}`);
  return check.pairs;
}

class Check {
  position = 0;
  pairs = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  item(depth: number): void {
    if (depth > MAX_DEPTH) this.fail("nested too deeply");
    const head = this.byte();
    const major = head >> 5;
    const info = head & 0x1f;
    if (major === MAJOR.simple) this.simple(info);
    else if (info === INDEFINITE) this.indefinite(major, depth);
    else this.definite(major, this.argument(info), depth);
  }

  private definite(major: number, argument: number, depth: number): void {
    switch (major) {
      case MAJOR.bytes:
        this.skip(argument);
        break;
      case MAJOR.text:
        this.text(argument);
        break;
      case MAJOR.array:
        for (let i = 0; i < argument; i++) this.item(depth + 1);
        break;
      case MAJOR.map:
        for (let i = 0; i < argument; i++) this.pair(depth);
        break;
      case MAJOR.tag:
        this.tag(argument, depth);
        break;
      default:
      // An integer is its argument: nothing follows.
    }
  }

  private indefinite(major: number, depth: number): void {
    if (major !== MAJOR.array && major !== MAJOR.map) this.fail("an indefinite length is for arrays and maps only");
    while (this.bytes[this.position] !== BREAK) {
      if (major === MAJOR.array) this.item(depth + 1);
      else this.pair(depth);
    }
    this.position++;
  }

  private pair(depth: number): void {
    this.item(depth + 1);
    this.item(depth + 1);
    this.pairs++;
  }

  private tag(tag: number, depth: number): void {
    const content = (this.bytes[this.position] ?? 0) >> 5;
    switch (tag) {
      case TAG.dateText:
        if (content !== MAJOR.text) this.fail("a date must be text");
        break;
      case TAG.epochTime:
        if (content > MAJOR.negative && content !== MAJOR.simple) this.fail("a time must be a number");
        break;
      case TAG.decimalFraction:
        this.fraction();
        return;
      default:
        this.fail(`tag ${tag} is not used in LwM2M`);
    }
    this.item(depth + 1);
  }

  /** An array of two integers: exponent and mantissa. */
  private fraction(): void {
    if (this.byte() !== 0x82) this.fail("a decimal fraction is an array of two");
    for (let i = 0; i < 2; i++) {
      const head = this.byte();
      if (head >> 5 > MAJOR.negative) this.fail("a decimal fraction is made of integers");
      this.argument(head & 0x1f);
    }
  }

  /** False, true, null, undefined; half, single and double floats. */
  private simple(info: number): void {
    if (info >= 25 && info <= 27) this.skip(2 ** (info - 24));
    else if (info < 20 || info > 23) this.fail(`simple value ${info} is not used in LwM2M`);
  }

  private text(length: number): void {
    const start = this.position;
    this.skip(length);
    if (!isUtf8(this.bytes.subarray(start, this.position))) this.fail("text is not UTF-8");
  }

  /** The number in or after an initial byte; exact to 2^53, which is more than a payload can hold. */
  private argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) this.fail("reserved length");
    let value = 0;
    for (let left = 2 ** (info - 24); left > 0; left--) value = value * 256 + this.byte();
    return value;
  }

  private byte(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) this.fail("cut short");
    this.position++;
    return byte;
  }

  private skip(length: number): void {
    if (this.position + length > this.bytes.length) this.fail("cut short");
    this.position += length;
  }

  private fail(problem: string): never {
    throw new ProtocolError(`CBOR: ${problem}, at byte ${this.position}`);
  }
}
