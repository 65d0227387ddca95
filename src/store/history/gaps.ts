/** What does not wait between sequences that do: ranges in their order, none beside another. */
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { SequenceRange } from "./sequences.ts";

/** What of a range lies in no gap. */
export function withoutGaps({ from, to }: SequenceRange, gaps: readonly SequenceRange[]): readonly SequenceRange[] {
  const parts: SequenceRange[] = [];
  let start = from;
  for (let at = gapFrom(gaps, from); start <= to; at++) {
    const gap = gaps[at] ?? { from: to + 1, to };
    if (gap.from > start) parts.push({ from: start, to: Math.min(to, gap.from - 1) });
    start = Math.max(start, gap.to + 1);
    if (gap.from > to) break;
  }
  return parts;
}

/** Whether nothing of a range waits. */
export function isGap({ from, to }: SequenceRange, gaps: readonly SequenceRange[]): boolean {
  const gap = gaps[gapFrom(gaps, from)];
  return gap !== undefined && gap.from <= from && gap.to >= to;
}

/** By the length of what waits before each, and its own. */
export function encodeGaps(gaps: readonly SequenceRange[]): Uint8Array {
  const writer = new ByteWriter(ROOM);
  let before = 0;
  for (const { from, to } of gaps) {
    writer.varint(from - before);
    writer.varint(to - from);
    before = to;
  }
  return writer.take();
}

/** Throws DamagedSegment. */
export function decodeGaps(bytes: Uint8Array): readonly SequenceRange[] {
  const reader = new ByteReader(bytes);
  const gaps: SequenceRange[] = [];
  let before = 0;
  while (reader.left > 0) {
    const from = before + reader.varint();
    const to = from + reader.varint();
    // One beside another would be one, and none begins with the first sequence, which is 1.
    if (from < before + 2 || !Number.isSafeInteger(to)) reader.fail("gaps that cannot be");
    gaps.push({ from, to });
    before = to;
  }
  return gaps;
}

/** Index of the first that does not end before this sequence. */
function gapFrom(gaps: readonly SequenceRange[], sequence: number): number {
  let [low, high] = [0, gaps.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((gaps[middle]?.to ?? 0) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

const ROOM = 64;
