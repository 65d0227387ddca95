/** Bytes of the history that no version of this program wrote: cut short, or changed on the disk. */
export class DamagedSegment extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DamagedSegment";
  }
}

/** Reads what a ByteWriter wrote. Every method throws DamagedSegment where the bytes end, or are none of its kind. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  private readonly end: number;
  /** Made for the first float. */
  private lazyView: DataView | undefined;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    if (start > end || end > bytes.length) throw new DamagedSegment("its parts are longer than the whole");
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.position;
  }

  byte(): number {
    const byte = this.position < this.end ? this.bytes[this.position] : undefined;
    if (byte === undefined) this.fail("cut short");
    this.position++;
    return byte;
  }

  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) this.fail("a number beyond 53 bits");
      if (next < 0x80) return value;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  uint32(): number {
    return this.view().getUint32(this.advance(4));
  }

  float32(): number {
    return this.view().getFloat32(this.advance(4));
  }

  float64(): number {
    return this.view().getFloat64(this.advance(8));
  }

  /** A part of the bytes, not a copy. */
  raw(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, this.position);
  }

  skip(length: number): void {
    this.advance(length);
  }

  fail(problem: string): never {
    throw new DamagedSegment(`${problem}, at byte ${this.position}`);
  }

  private advance(length: number): number {
    const start = this.position;
    if (length > this.left) this.fail("cut short");
    this.position = start + length;
    return start;
  }

  private view(): DataView {
    this.lazyView ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    return this.lazyView;
  }
}
