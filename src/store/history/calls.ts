/** What the main thread and the store's thread tell each other of the history. Observations have numbers here. */
import type { UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import type { DropCause, HistoryBoot, HistoryLimits } from "./history.ts";
import type { Segment } from "./segment.ts";
import type { SequenceRange } from "./sequences.ts";

export interface HistoryCalls {
  /** Asked once, before the others. */
  readonly openHistory: { readonly argument: HistoryOpening; readonly result: HistoryContent };
  readonly commitHistory: { readonly argument: CommitOrder; readonly result: CommitOutcome };
  readonly readHistory: { readonly argument: ReadOrder; readonly result: ReadAnswer };
  /** From now on another thread may read the file until `endHistoryCheck`. Gives its name. */
  readonly shareHistory: { readonly argument: undefined; readonly result: string };
  /** Gives what is lost. */
  readonly endHistoryCheck: { readonly argument: HistoryFindings; readonly result: readonly Dropped[] };
  readonly measureHistory: { readonly argument: undefined; readonly result: HistoryMeasures };
}

export interface HistoryOpening extends HistoryLimits {
  readonly now: UnixMillis;
  readonly boot?: HistoryBoot;
}

export interface HistoryContent {
  readonly observations: readonly KnownObservation[];
  /** Above all numbers that are in use. */
  readonly nextNumber: number;
  /** Of samples that are measured now and have no date; when it started, as those before it, as far as that is known. */
  readonly epoch: number;
  readonly starts: ReadonlyMap<number, UnixMillis>;
}

/** An observation of which something waits. */
export interface KnownObservation {
  readonly number: number;
  readonly id: ObservationId;
  readonly keep: number;
  /** The highest sequence that the disk knows of. */
  readonly last: number;
  readonly waiting: readonly SequenceRange[];
  readonly newest: UnixMillis;
}

/** What one commit window leaves. */
export interface CommitOrder {
  readonly segments: readonly Segment[];
  /** Of the observations in the segments. */
  readonly names: readonly ObservationName[];
  readonly marks: readonly Watermark[];
  readonly now: UnixMillis;
  /** When this run of the machine started, where that is known by now. */
  readonly started: UnixMillis | undefined;
}

export interface ObservationName {
  readonly number: number;
  readonly id: ObservationId;
  readonly keep: number;
}

/** Nothing up to this sequence waits any more, and nothing of the gaps above it. */
export interface Watermark {
  readonly number: number;
  readonly sequence: number;
  /** In their order, none beside another. */
  readonly gaps: readonly SequenceRange[];
  /** Whether the server has it, so that it must not come again after a restart; else it was dropped, and would be again. */
  readonly confirmed: boolean;
  /** The observation is over. */
  readonly over: boolean;
}

/** Sequences of an observation that were dropped. Those that did not wait any more are not counted. */
export interface Dropped extends SequenceRange {
  readonly number: number;
  readonly cause: DropCause;
}

export interface CommitOutcome {
  /** Why the disk does not have everything; undefined: it has. */
  readonly unwritten: string | undefined;
  readonly dropped: readonly Dropped[];
  readonly full: Fullness;
}

/** What is not to be given to the thread, since it keeps what it has and has no room for more. */
export interface Fullness {
  /** Which limit keeps everything out; undefined: none. */
  readonly cause: DropCause | undefined;
  /** Those that have their share. */
  readonly devices: readonly string[];
}

/** What is wanted of an observation, the oldest first. */
export interface ReadOrder {
  readonly number: number;
  readonly wanted: readonly SequenceRange[];
  readonly maxSamples: number;
}

export interface ReadAnswer {
  readonly segment: Segment | undefined;
  /** Whether the thread has no more of what was wanted. */
  readonly complete: boolean;
  /** What turned out to be unreadable. */
  readonly dropped: readonly Dropped[];
}

/** What a check of the whole file found. */
export interface HistoryFindings {
  /** What is wrong with the file itself; undefined: nothing. */
  readonly damage: string | undefined;
  /** Segments, by id, whose content is not what was written. */
  readonly segments: readonly number[];
}

export interface HistoryMeasures {
  readonly observations: readonly ObservationMeasures[];
  readonly bytes: number;
  /** Of all segments. */
  readonly samples: number;
  readonly fileBytes: number;
}

export interface ObservationMeasures {
  readonly number: number;
  readonly oldest: UnixMillis;
  readonly bytes: number;
}
