/**
 * Writes CBOR (RFC 8949 §3) item by item into a buffer that is used again: no structure is built only to be written. What is
 * rare (texts that are long or not ASCII, byte strings, integers of more than 32 bits) is written by cbor-x.
 */
import { Encoder } from "cbor-x";
import type { ObjectLink } from "../sample.ts";

/**
 * The bytes that `write` writes: an array or map is its size and then its items, which the caller counts. They are a part of a
 * larger buffer, like those of a Buffer, and nobody writes to them again.
 */
export function writeCbor(write: (writer: CborWriter) => void): Uint8Array {
  const writer = spare ?? new CborWriter();
  // Not to be had by a second payload that begins before this one ends, nor after it failed.
  spare = undefined;
  write(writer);
  const payload = writer.take();
  if (payload.length < CHUNK) spare = writer;
  return payload;
}

export class CborWriter {
  private bytes = new Uint8Array(CHUNK);
  private view = new DataView(this.bytes.buffer);
  /** Where this payload begins. */
  private start = 0;
  private position = 0;

  array(size: number): void {
    this.head(ARRAY, size);
  }

  map(size: number): void {
    this.head(MAP, size);
  }

  /** These whole numbers of at most 16 bits, one after the other, from an index to before another: IDs are most of a payload. */
  ids(ids: readonly number[], from: number, to: number): void {
    this.reserve((to - from) * MAX_HEAD);
    const { bytes } = this;
    let { position } = this;
    for (let i = from; i < to; i++) {
      const id = ids[i] ?? 0;
      if (id >= 0x100) {
        bytes[position++] = UNSIGNED | 25;
        bytes[position++] = id >> 8;
      } else if (id >= 24) {
        bytes[position++] = UNSIGNED | 24;
      }
      bytes[position++] = id;
    }
    this.position = position;
  }

  /** A whole number from -24 to 23, as labels are. */
  label(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value < 0 ? NEGATIVE - 1 - value : value;
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
    this.reserve(MAX_HEAD + length);
    const start = this.position;
    this.head(TEXT, length);
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

  /** All that was written; the next item begins another payload. */
  take(): Uint8Array {
    const payload = this.bytes.subarray(this.start, this.position);
    this.start = this.position;
    return payload;
  }

  private head(major: number, size: number): void {
    this.reserve(MAX_HEAD);
    const { bytes, position } = this;
    if (size < 24) {
      bytes[position] = major | size;
      this.position = position + 1;
    } else if (size < 0x100) {
      bytes[position] = major | 24;
      bytes[position + 1] = size;
      this.position = position + 2;
    } else if (size < 0x1_0000) {
      bytes[position] = major | 25;
      bytes[position + 1] = size >> 8;
      bytes[position + 2] = size;
      this.position = position + 3;
    } else {
      bytes[position] = major | 26;
      this.view.setUint32(position + 1, size);
      this.position = position + 5;
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
    const written = this.bytes.subarray(this.start, this.position);
    const bytes = new Uint8Array(Math.max(CHUNK, 2 * (written.length + length)));
    bytes.set(written);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.start = 0;
    this.position = written.length;
  }
}

/** To get so much at once costs as much as a hundred bytes would. */
const CHUNK = 8192;
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
