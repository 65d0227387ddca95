/** What was heard on a line, as it is looked at: pieces with their times, and what belongs together by the silences between. */
import type { Millis } from "../../../../src/adapter.ts";

/** Bytes that came together. */
export interface Heard {
  /** On any clock that does not run backwards. */
  readonly at: Millis;
  readonly bytes: Uint8Array;
}

/** Longer than what systems and USB adapters hold bytes back (16 ms is usual), shorter than the pause of a device that talks often. */
export const PAUSE: Millis = 25;

export function joined(heard: readonly Heard[]): Buffer {
  return Buffer.concat(heard.map(({ bytes }) => bytes));
}

/** What came without a silence of `pause` in it. */
export function burstsOf(heard: readonly Heard[], pause: Millis = PAUSE): readonly Heard[] {
  const bursts: { at: Millis; last: Millis; pieces: Uint8Array[] }[] = [];
  for (const { at, bytes } of heard) {
    const burst = bursts.at(-1);
    if (burst === undefined || at - burst.last > pause) bursts.push({ at, last: at, pieces: [bytes] });
    else {
      burst.last = at;
      burst.pieces.push(bytes);
    }
  }
  return bursts.map(({ at, pieces }) => ({ at, bytes: Buffer.concat(pieces) }));
}

/** Whether a person could read it: printable ASCII, and what ends lines and columns. */
export function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a || byte === 0x09;
}

/** 0 … 1; of nothing 0. */
export function shareOf(bytes: Uint8Array, is: (byte: number) => boolean): number {
  let count = 0;
  for (const byte of bytes) if (is(byte)) count++;
  return bytes.length === 0 ? 0 : count / bytes.length;
}
