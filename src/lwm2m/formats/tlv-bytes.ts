/** The bytes of TLV (Core 1.2 §7.5.5): headers and values. What they mean at a path is in tlv.ts. */
import { ProtocolError } from "../../errors.ts";
import { encodeUtf8 } from "./value.ts";

/** Bits 7 and 6 of the type byte. */
export const TLV_KIND = { objectInstance: 0, resourceInstance: 1, multipleResource: 2, resource: 3 } as const;
export type TlvKind = (typeof TLV_KIND)[keyof typeof TLV_KIND];

export interface TlvEntry {
  readonly kind: TlvKind;
  readonly id: number;
  /** Where its value begins in the payload, and where it ends. */
  readonly start: number;
  readonly end: number;
}

/**
 * What `write` writes. The bytes are a part of a larger buffer, like those of a Buffer, and nobody writes to them again.
 */
export function writeEntries(write: (writer: TlvWriter) => void): Uint8Array {
  const writer = spare ?? new TlvWriter();
  // Not to be had by a second payload that begins before this one ends, nor after it failed.
  spare = undefined;
  write(writer);
  const payload = writer.take();
  if (payload.length < CHUNK) spare = writer;
  return payload;
}

/** Writes from the end to the beginning: an entry begins with the length of what is in it, which is known by then. */
export class TlvWriter {
  private bytes = new Uint8Array(CHUNK);
  private view = new DataView(this.bytes.buffer);
  /** Where this payload ends. */
  private end = CHUNK;
  /** Where what is written begins. */
  private start = CHUNK;

  /** Of all that is written. */
  get length(): number {
    return this.end - this.start;
  }

  /** All that was written; the next value belongs to another payload. */
  take(): Uint8Array {
    const payload = this.bytes.subarray(this.start, this.end);
    this.end = this.start;
    return payload;
  }

  /**
   * Puts a header before what was written since there were `after` bytes: type byte, ID of one or two bytes, length where it is
   * above 7.
   */
  entry(kind: TlvKind, id: number, after: number): void {
    const length = this.length - after;
    this.reserve(MAX_HEADER);
    const { bytes } = this;
    let at = this.start;
    let type = kind << 6;
    if (length < 8) {
      type |= length;
    } else {
      bytes[--at] = length;
      if (length >= 0x100) bytes[--at] = length >> 8;
      if (length >= 0x1_0000) bytes[--at] = length >> 16;
      type |= (this.start - at) << 3;
    }
    bytes[--at] = id;
    if (id > 0xff) {
      bytes[--at] = id >> 8;
      type |= 0x20;
    }
    bytes[--at] = type;
    this.start = at;
  }

  /** Four bytes where they hold the number exactly, else eight. */
  float(value: number): void {
    const short = Object.is(Math.fround(value), value);
    const at = this.before(short ? 4 : 8);
    if (short) this.view.setFloat32(at, value);
    else this.view.setFloat64(at, value);
  }

  /** 1, 2, 4 or 8 bytes, the fewest that hold the number in its own signedness: 128 of a signed type takes two. */
  integer(value: number | bigint, unsigned: boolean): void {
    const size = integerSize(value, unsigned);
    const at = this.before(size);
    if (size === 1) this.bytes[at] = Number(value);
    else if (size === 2) this.view.setUint16(at, Number(value));
    else if (size === 4) this.view.setUint32(at, Number(value));
    else this.view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)));
  }

  /** Names and units are a few ASCII characters, for which an encoder's call costs more than its work. */
  text(text: string): void {
    const { length } = text;
    if (length > SHORT) {
      this.data(encodeUtf8(text));
      return;
    }
    const at = this.before(length);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > MAX_ASCII) {
        this.start = at + length;
        this.data(encodeUtf8(text));
        return;
      }
      this.bytes[at + i] = code;
    }
  }

  link(object: number, instance: number): void {
    const at = this.before(4);
    this.view.setUint16(at, object);
    this.view.setUint16(at + 2, instance);
  }

  data(bytes: Uint8Array): void {
    const at = this.before(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Where so many bytes before all that is written begin; they belong to it from now on. */
  private before(length: number): number {
    this.reserve(length);
    this.start -= length;
    return this.start;
  }

  private reserve(length: number): void {
    if (length > this.start) this.grow(length);
  }

  private grow(length: number): void {
    const written = this.bytes.subarray(this.start, this.end);
    const bytes = new Uint8Array(Math.max(CHUNK, 2 * (written.length + length)));
    this.end = bytes.length;
    this.start = this.end - written.length;
    bytes.set(written, this.start);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

/** In bytes. */
function integerSize(value: number | bigint, unsigned: boolean): number {
  const low = unsigned ? 0 : -1;
  const high = unsigned ? 2 : 1;
  if (value >= low * 0x80 && value < high * 0x80) return 1;
  if (value >= low * 0x8000 && value < high * 0x8000) return 2;
  return value >= low * 0x8000_0000 && value < high * 0x8000_0000 ? 4 : 8;
}

/** To get so much at once costs as much as a hundred bytes would. */
const CHUNK = 8192;
/** A type byte, an ID of two bytes, a length of three. */
const MAX_HEADER = 6;
/** Text of so many characters is written character by character. */
const SHORT = 64;
const MAX_ASCII = 0x7f;

let spare: TlvWriter | undefined;

/** The entries that follow each other there. Throws ProtocolError where one is cut short. */
export function tlvEntries(bytes: Uint8Array, start = 0, end = bytes.length): TlvEntry[] {
  const entries: TlvEntry[] = [];
  for (let position = start; position < end; ) {
    const type = bytes[position] ?? 0;
    const idBytes = (type & 0x20) === 0 ? 1 : 2;
    const lengthBytes = (type >> 3) & 3;
    const idAt = position + 1;
    const lengthAt = idAt + idBytes;
    const valueAt = lengthAt + lengthBytes;
    if (valueAt > end) throw new ProtocolError(`TLV: entry at byte ${position} is cut short`);
    const length = lengthBytes === 0 ? type & 7 : uint(bytes, lengthAt, lengthBytes);
    const next = valueAt + length;
    if (next > end) {
      throw new ProtocolError(`TLV: entry at byte ${position} wants ${length} bytes, ${end - valueAt} are left`);
    }
    entries.push({ kind: (type >> 6) as TlvKind, id: uint(bytes, idAt, idBytes), start: valueAt, end: next });
    position = next;
  }
  return entries;
}

function uint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) value = (value << 8) | (bytes[i] ?? 0);
  return value;
}
