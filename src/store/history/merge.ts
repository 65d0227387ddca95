/**
 * Segments of a second become segments of a minute, and those of an hour: what a server gets next then lies together, the index
 * stays small, and of what is delivered nothing is left. It costs one more writing of what waits so long.
 */

import { datedEntries, type Epochs } from "./epochs.ts";
import { isGap } from "./gaps.ts";
import type { HistoryEntry } from "./history.ts";
import type { IndexedSegment, Observed } from "./observed.ts";
import { type Piece, readRun, SegmentWriter } from "./segment.ts";

/**
 * Adjacent segments to be made one, where there are any; of one alone, what is delivered is cut out, where room is scarce while it
 * is little.
 */
export function mergeable(segments: readonly IndexedSegment[], scarce: boolean): readonly IndexedSegment[] {
  const most = scarce ? CUT_SCARCE : CUT;
  let run: IndexedSegment[] = [];
  let bytes = 0;
  for (const segment of segments) {
    if (segment.pending !== undefined) break;
    if (segment.size >= WORTH_CUTTING && segment.liveBytes <= most * segment.runBytes) return [segment];
    const full = bytes + segment.liveBytes > MERGED_BYTES;
    if (run[0]?.level !== segment.level || full) {
      if (full && run[0]?.level === 0 && run.length >= MANY_LARGE) return run;
      run = [];
      bytes = 0;
    }
    run.push(segment);
    bytes += segment.liveBytes;
    if (run.length === MANY) return run;
  }
  return [];
}

/** What waits of these segments, as one. Throws what `reading` throws. */
export function merged(
  segments: readonly IndexedSegment[],
  observed: ReadonlyMap<number, Observed>,
  reading: (segment: IndexedSegment, work: (body: Uint8Array) => void) => void,
  epochs: Epochs,
): Piece {
  const entries = new Map<Observed, HistoryEntry[]>();
  for (const segment of segments) {
    reading(segment, (body) => {
      for (const run of segment.runs) {
        const owner = observed.get(run.observation);
        if (owner === undefined || !owner.runs.includes(run)) continue;
        const own = entries.get(owner) ?? [];
        for (const entry of datedEntries(readRun(body, run, owner.id, owner.watermark), epochs.startOf(run.epoch))) {
          if (!isGap({ from: entry.sequence, to: entry.sequence }, owner.gaps)) own.push(entry);
        }
        entries.set(owner, own);
      }
    });
  }
  const writer = new SegmentWriter(epochs.own);
  for (const [{ number, id }, own] of entries) writer.add(number, id, own);
  return writer.take();
}

/** So many small segments are made one. */
const MANY = 64;
/** So many where they are large, but once only. */
const MANY_LARGE = 4;
/** What a segment takes at most that was made of others: it is in memory while it is made and while it is read. */
const MERGED_BYTES = 2 ** 20;
/** A segment of at least so many bytes is written anew when no more than this part of it waits. */
const WORTH_CUTTING = 2 ** 16;
const [CUT, CUT_SCARCE] = [1 / 4, 3 / 4];
