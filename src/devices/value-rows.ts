/** Numbers in a row, of one leaf: see Values. */
export interface Rows {
  readonly numbers: Float64Array;
  /** Where its first row begins; the others follow it. */
  readonly start: number;
}

/** How many numbers a row has room for: a line of the processor's memory. */
export const ROW = 8;

/**
 * Room for what each read looks at, of all devices side by side. In objects of their own these few numbers would be in several
 * far places of the memory, and a thousand devices do not stay near the processor. A block is given up with the last device in it.
 */
export class ValueRows {
  private block = new Float64Array(0);
  private used = 0;

  take(rows: number): Rows {
    const length = rows * ROW;
    if (this.used + length > this.block.length) {
      this.block = new Float64Array(Math.max(BLOCK, length));
      this.used = 0;
    }
    const start = this.used;
    this.used += length;
    return { numbers: this.block, start };
  }
}

/** 64 KiB: some fifty devices of twenty leaves. */
const BLOCK = 8192;
