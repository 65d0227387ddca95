/** Parts of long values that wait to be written at once (Core Specification 5.4, Vol. 3, Part F, 3.4.6). */
import { ATT_ERROR, AttError, LONGEST_VALUE } from "./att-codes.ts";

export interface PreparedPart {
  readonly handle: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface PreparedValue {
  readonly handle: number;
  readonly bytes: Uint8Array;
}

/** Two values of the greatest length in the smallest parts (18 bytes), and some. */
const MOST_PARTS = 64;

export class PreparedWrites {
  private parts: PreparedPart[] = [];

  /** Throws AttError where the queue is full. */
  add(part: PreparedPart): void {
    if (this.parts.length >= MOST_PARTS) throw new AttError(ATT_ERROR.prepareQueueFull, part.handle);
    this.parts.push(part);
  }

  /** Empties the queue. What is returned makes values of it, and throws AttError where the parts do not fit together. */
  take(valueNow: (handle: number) => Uint8Array): () => readonly PreparedValue[] {
    const { parts } = this;
    this.parts = [];
    return () => {
      const values = new Map<number, Uint8Array>();
      for (const { handle, offset, bytes } of parts) {
        const before = values.get(handle) ?? (offset === 0 ? new Uint8Array(0) : valueNow(handle));
        if (offset > before.length) throw new AttError(ATT_ERROR.invalidOffset, handle);
        if (offset + bytes.length > LONGEST_VALUE) throw new AttError(ATT_ERROR.invalidValueLength, handle);
        const after = new Uint8Array(Math.max(before.length, offset + bytes.length));
        after.set(before);
        after.set(bytes, offset);
        values.set(handle, after);
      }
      return [...values].map(([handle, bytes]) => ({ handle, bytes }));
    };
  }
}
