/** The historical queue: what servers are owed and do not have yet, in memory for a moment, then on disk. */
import type { Clock, Millis, UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import type { SequenceRange } from "./sequences.ts";

export type { SequenceRange } from "./sequences.ts";

/** One due report that a server does not have yet. */
export interface HistoryEntry {
  /** Rises by one with each report of an observation; after a restart it goes on after those that wait. */
  readonly sequence: number;
  readonly samples: readonly Sample[];
  readonly confirmable: boolean;
}

export type HistoryReport = Omit<HistoryEntry, "sequence">;

/**
 * Why a report was dropped that no server has:
 * - `hqmax`: its observation keeps no more;
 * - `bytes`, `age`, `share`: the limit of that name;
 * - `damaged`: the disk did not give back what it was given;
 * - `disk`: the disk took nothing, and memory had no more room.
 */
export type DropCause = "hqmax" | "bytes" | "age" | "share" | "damaged" | "disk";

export interface History {
  /**
   * Keeps the newest `keep` entries of this observation, this one among them. It is on disk when the commit window ends, unless
   * it is confirmed before. Never waits for the disk. The samples are not copied: nobody may change them.
   *
   * Where the queue is full and `drop-newest` is asked for, the entry waits to the end of its window and no longer: it is counted
   * as dropped, while what was there before stays. It has its sequence all the same: who holds it may still deliver it, and
   * confirm it then, which does nothing.
   */
  append(id: ObservationId, report: HistoryReport, keep: number): HistoryEntry;
  /**
   * The oldest that wait, the oldest first, from memory and disk alike: whole entries of at most so many samples together, but
   * one entry at least; empty where nothing waits. What is confirmed is left out, wherever it lies, so sequences may have gaps.
   * There may be more than it gives, but none between. Rejects with StoreError where the disk cannot be read now.
   */
  peek(id: ObservationId, maxSamples: number): Promise<readonly HistoryEntry[]>;
  /**
   * The server has these entries: they are never given again, after a restart too, but for one commit window. They may lie
   * anywhere among what waits; those that do not wait (any more) are no error.
   */
  confirm(id: ObservationId, sequences: SequenceRange): void;
  /** The observation is over: forgets what waits, and its sequences. */
  forget(id: ObservationId): void;
  /**
   * Forgets what waits of these observations, as if their servers had it; the sequences go on. Returns how many entries that
   * were. They are no drops: somebody wanted it.
   */
  forgetWhere(match: (id: ObservationId) => boolean): number;
  /** How many entries of this observation wait. */
  waiting(id: ObservationId): number;
  /** Those of which an entry waits: after a restart, what was left. */
  observations(): readonly ObservationId[];
  /** How many entries of this server (its Short Server ID) were dropped since the start, by cause. */
  dropped(server: number): Readonly<Record<DropCause, number>>;
  /** The clock is right, and was not before: this run of the machine started then, and what it measured without date has one. */
  redate(started: UnixMillis): void;
  /** Asks the disk: not for every message. */
  stats(): Promise<HistoryStats>;
  /**
   * Resolves when everything appended and confirmed so far is on disk: an orderly stop waits for it. Rejects with StoreError
   * `unwritable` where the disk does not take it; it stays in memory and is tried again.
   */
  flush(): Promise<void>;
}

export interface HistoryStats {
  readonly observations: ReadonlyMap<ObservationId, WaitingStats>;
  /** Of all entries, in the form in which they lie on disk; what is delivered counts until its segment goes. */
  readonly bytes: number;
  /** What they may take: `bytes` of the limits. */
  readonly limit: number | undefined;
  /** Of the oldest sample that waits; undefined where nothing waits. */
  readonly oldest: UnixMillis | undefined;
  readonly inflow: Inflow;
  /** Of the file and its log. */
  readonly fileBytes: number;
}

/** What was appended in the last hour, or since the start where that is shorter. */
export interface Inflow {
  readonly span: Millis;
  readonly samples: number;
  /** What it takes on disk where no server takes it: estimated by what lies there. */
  readonly bytes: number;
}

/**
 * For how long there is room while no server takes anything and reports come as in the last hour; undefined where that cannot be
 * told: without limit, or before anything came. hqmax and the limit of age may keep the queue from ever being full.
 */
export function roomLasts({
  bytes,
  limit,
  inflow,
}: Pick<HistoryStats, "bytes" | "limit" | "inflow">): Millis | undefined {
  if (limit === undefined || inflow.bytes === 0) return undefined;
  return (Math.max(0, limit - bytes) * inflow.span) / inflow.bytes;
}

export interface WaitingStats {
  readonly count: number;
  /** Of the oldest and newest sample; `oldest` is exact to one segment, of which a part may be delivered. */
  readonly oldest: UnixMillis;
  readonly newest: UnixMillis;
  /** As they lie on disk; what is in memory alone is not counted. */
  readonly bytes: number;
}

/** One that is absent is no limit, but for `memory`. */
export interface HistoryLimits {
  /**
   * What all entries may take on disk. Beyond it the oldest segment goes, or with `drop-newest` what came in the last window:
   * every observation loses the same stretch of time, however much it reports.
   */
  readonly bytes?: number;
  /** Older samples go, a segment at a time. */
  readonly age?: Millis;
  /** Part of `bytes` that one device may take, in (0, 1]: beyond it that device's oldest go, or what is new of it. */
  readonly share?: number;
  /** What goes where `bytes`, `share` or `memory` is reached. The oldest. hqmax always keeps the newest. */
  readonly whenFull?: WhenFull;
  /** What may wait in memory, in bytes, while the disk takes nothing; in the thread and before it so much each. 16 MiB. */
  readonly memory?: number;
}

export type WhenFull = "drop-oldest" | "drop-newest";

/** This run of the machine, for samples without date. */
export interface HistoryBoot {
  /** Another in each run of the machine. */
  readonly id: string;
  /** When it started: known, or as well as it can be said in case it ends before that. */
  readonly started: UnixMillis;
  readonly known: boolean;
}

export interface HistoryOptions extends HistoryLimits {
  readonly clock: Clock;
  /** Absent: every sample has a date. */
  readonly boot?: HistoryBoot;
  /** The commit window: what a crash may lose. One second. */
  readonly commit?: Millis;
}
