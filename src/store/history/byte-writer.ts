/** Writes numbers and texts one after the other into a buffer that grows. */
export class ByteWriter {
  private bytes: Uint8Array;
  private view: DataView;
  private end = 0;

  constructor(room = CHUNK) {
    this.bytes = new Uint8Array(room);
    this.view = new DataView(this.bytes.buffer);
  }

  get length(): number {
    return this.end;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.end++] = value;
  }

  /** A whole number from 0 to 2^53-1: seven bits a byte, the lowest first; the top bit says that more follow. */
  varint(value: number): void {
    this.reserve(MAX_VARINT);
    let rest = value;
    // Bit operators know 32 bits only.
    while (rest >= WORD) {
      this.bytes[this.end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.bytes[this.end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.end++] = rest;
  }

  /** A whole number of at most 52 bits and a sign: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.end, value);
    this.end += 4;
  }

  float32(value: number): void {
    this.reserve(4);
    this.view.setFloat32(this.end, value);
    this.end += 4;
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.end, value);
    this.end += 8;
  }

  /** Without their number. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** ASCII characters from an index on, without their number. */
  ascii(text: string, from: number): void {
    this.reserve(text.length - from);
    for (let i = from; i < text.length; i++) this.bytes[this.end++] = text.charCodeAt(i);
  }

  /** What was written, in a buffer of its own that can be given to another thread; the next begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.bytes.subarray(0, this.end));
    this.end = 0;
    return taken;
  }

  private reserve(length: number): void {
    const needed = this.end + length;
    if (needed <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(CHUNK, 2 * needed));
    bytes.set(this.bytes.subarray(0, this.end));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

const CHUNK = 4096;
const MAX_VARINT = 8;
const WORD = 2 ** 31;
