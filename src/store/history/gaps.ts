/** What does not wait between sequences that do: ranges in their order, none beside another. */
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { indexFrom, type SequenceRange } from "./sequences.ts";

/** What of a range lies in no gap. */
export function withoutGaps({ from, to }: SequenceRange, gaps: readonly SequenceRange[]): readonly SequenceRange[] {
  const parts: SequenceRange[] = [];
  let start = from;
  for (let at = indexFrom(gaps, from, lastIn); start <= to; at++) {
    const gap = gaps[at] ?? { from: to + 1, to };
    if (gap.from > start) parts.push({ from: start, to: Math.min(to, gap.from - 1) });
    start = Math.max(start, gap.to + 1);
    if (gap.from > to) break;
  }
  return parts;
}

/** Whether nothing of a range waits. */
export function isGap({ from, to }: SequenceRange, gaps: readonly SequenceRange[]): boolean {
  const gap = gaps[indexFrom(gaps, from, lastIn)];
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

function lastIn({ to }: SequenceRange): number {
  return to;
}

const ROOM = 64;
