/**
 * Writes CBOR (RFC 8949 §3) item by item into a buffer that is used again: no structure is built only to be written. What is
 * rare (texts that are long or not ASCII, byte strings, integers of more than 32 bits) is written by cbor-x.
 */
import { Encoder } from "cbor-x";
import type { ObjectLink } from "../sample.ts";

/** The bytes that `write` writes: an array or map is its size and then its items, which the caller counts. */
export function writeCbor(write: (writer: CborWriter) => void): Uint8Array {
  const writer = spare ?? new CborWriter();
  // Not to be had by a second payload that begins before this one ends, nor after it failed.
  spare = undefined;
  write(writer);
  const payload = writer.take();
  if (writer.capacity <= MAX_SPARE) spare = writer;
  return payload;
}

export class CborWriter {
  private bytes = new Uint8Array(FIRST_CAPACITY);
  private view = new DataView(this.bytes.buffer);
  private position = 0;

  get capacity(): number {
    return this.bytes.length;
  }

  array(size: number): void {
    this.head(ARRAY, size);
  }

  map(size: number): void {
    this.head(MAP, size);
  }

  /** A whole number of at most 32 bits, as IDs are. */
  unsigned(value: number): void {
    this.head(UNSIGNED, value);
  }

  /** A whole number of at most 64 bits. */
  integer(value: number | bigint): void {
    if (value >= WORD || value < -WORD) this.byLibrary(BigInt(value));
    else if (value >= 0) this.head(UNSIGNED, Number(value));
    else this.head(NEGATIVE, -1 - Number(value));
  }

  /** A float even where it is whole, in four bytes where they hold it exactly, else in eight. */
  float(value: number): void {
    this.reserve(MAX_HEAD);
    const short = Object.is(Math.fround(value), value);
    this.bytes[this.position++] = short ? FLOAT32 : FLOAT64;
    if (short) this.view.setFloat32(this.position, value);
    else this.view.setFloat64(this.position, value);
    this.position += short ? 4 : 8;
  }

  boolean(value: boolean): void {
    this.reserve(1);
    this.bytes[this.position++] = value ? TRUE : FALSE;
  }

  /** Names and units are a few ASCII characters, for which an encoder's call costs more than its work. */
  text(text: string): void {
    const { length } = text;
    if (length > SHORT) {
      this.byLibrary(text);
      return;
    }
    const start = this.position;
    this.head(TEXT, length);
    this.reserve(length);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > MAX_ASCII) {
        this.position = start;
        this.byLibrary(text);
        return;
      }
      this.bytes[this.position++] = code;
    }
  }

  data(bytes: Uint8Array): void {
    this.byLibrary(bytes);
  }

  /** Core 1.2 Table C-2: in CBOR an object link is text. */
  link({ object, instance }: ObjectLink): void {
    this.text(`${object}:${instance}`);
  }

  /** A copy of all that was written; the next item begins another payload. */
  take(): Uint8Array {
    const payload = this.bytes.slice(0, this.position);
    this.position = 0;
    return payload;
  }

  private head(major: number, size: number): void {
    this.reserve(MAX_HEAD);
    const { bytes, view } = this;
    if (size < 24) {
      bytes[this.position++] = major | size;
    } else if (size < 0x100) {
      bytes[this.position++] = major | 24;
      bytes[this.position++] = size;
    } else if (size < 0x1_0000) {
      bytes[this.position++] = major | 25;
      bytes[this.position++] = size >> 8;
      bytes[this.position++] = size;
    } else {
      bytes[this.position++] = major | 26;
      view.setUint32(this.position, size);
      this.position += 4;
    }
  }

  private byLibrary(value: string | bigint | Uint8Array): void {
    const item = library.encode(value);
    this.reserve(item.length);
    this.bytes.set(item, this.position);
    this.position += item.length;
  }

  private reserve(length: number): void {
    if (this.position + length > this.bytes.length) this.grow(length);
  }

  private grow(length: number): void {
    const bytes = new Uint8Array(2 * (this.bytes.length + length));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

const FIRST_CAPACITY = 4096;
/** A buffer that one large payload made larger than this is not kept. */
const MAX_SPARE = 0x1_0000;
/** Text of so many characters is written character by character. */
const SHORT = 64;
const MAX_ASCII = 0x7f;
/** The longest head of an item that is written here is five bytes, the longest float nine. */
const MAX_HEAD = 9;
const WORD = 2 ** 32;

/** Major types, as the first byte of an item has them. */
const [UNSIGNED, NEGATIVE, TEXT, ARRAY, MAP] = [0x00, 0x20, 0x60, 0x80, 0xa0] as const;
const [FALSE, TRUE, FLOAT32, FLOAT64] = [0xf4, 0xf5, 0xfa, 0xfb] as const;

let spare: CborWriter | undefined;

const library = new Encoder({ tagUint8Array: false });
