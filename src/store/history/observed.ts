/** What the store's thread knows of observations, segments and the runs that join them. */
import type { UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import type { Dropped } from "./calls.ts";
import { isGap } from "./gaps.ts";
import type { DropCause } from "./history.ts";
import { type EntryPlace, lastOf, type Run, type Segment } from "./segment.ts";
import { indexFrom, type SequenceRange } from "./sequences.ts";

/** A run of which something waits, at least when it was last looked at. */
export interface IndexedRun extends Run {
  readonly segment: IndexedSegment;
  /** Where the next entries to be read begin. */
  place?: EntryPlace;
}

export interface IndexedSegment {
  /** In the order in which they were packed. */
  readonly id: number;
  /** How often its entries were merged with those of others. */
  readonly level: number;
  readonly size: number;
  readonly newest: UnixMillis;
  /** Of the run that has the newest time. */
  readonly epoch: number;
  readonly runs: readonly IndexedRun[];
  /** Bytes of all runs. */
  readonly runBytes: number;
  /** Runs of which something waits, and their bytes. */
  live: number;
  liveBytes: number;
  /** Its bytes, as long as the disk does not have them. */
  pending: Segment | undefined;
}

export interface Observed {
  readonly number: number;
  readonly id: ObservationId;
  readonly device: string;
  keep: number;
  /** Nothing up to here waits; and up to where the server has it, which must be known after a restart. */
  watermark: number;
  confirmed: number;
  /** What does not wait above the watermark. */
  gaps: readonly SequenceRange[];
  over: boolean;
  /** Its runs of which something waits, the oldest first. */
  runs: IndexedRun[];
  /** Runs in all segments, of which nothing waits too: as long as there are any, the row must hold. */
  references: number;
  /** What its row says that it keeps; undefined: it has none. */
  rowKeep: number | undefined;
}

export function droppedOf({ number, watermark }: Observed, run: Run, cause: DropCause): Dropped {
  return { number, from: Math.max(run.first, watermark + 1), to: lastOf(run), cause };
}

/** Everything that segments have of it waits, as its row says already. */
export function isPlain({ references, runs, confirmed, gaps, keep, rowKeep }: Observed): boolean {
  if (references === 0 || rowKeep !== keep || runs.length !== references || (runs[0]?.first ?? 0) <= confirmed)
    return false;
  return gaps.every(({ from, to }) => (runs[runFrom(runs, from)]?.first ?? to + 1) > to);
}

export function isOwed(run: Run, { watermark, gaps }: Observed): boolean {
  const range = { from: Math.max(run.first, watermark + 1), to: lastOf(run) };
  return range.from <= range.to && !isGap(range, gaps);
}

/** Index of the first run that does not end before this sequence. */
export function runFrom(runs: readonly Run[], sequence: number): number {
  return indexFrom(runs, sequence, lastOf);
}

export function bySegment(a: IndexedRun, b: IndexedRun): number {
  return a.segment.id - b.segment.id || a.first - b.first;
}
