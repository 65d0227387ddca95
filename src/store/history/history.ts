/** The historical queue: what servers are owed and do not have yet, in memory for a moment, then on disk. */
import type { Clock, Millis, UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observations.ts";
import type { Sample } from "../../lwm2m/sample.ts";

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
   */
  append(id: ObservationId, report: HistoryReport, keep: number): HistoryEntry;
  /**
   * The oldest first, from memory and disk alike: whole entries of at most so many samples together, but one entry at least;
   * empty where nothing waits. There may be more than it gives, but none between. Rejects with StoreError where the disk cannot
   * be read now.
   */
  peek(id: ObservationId, maxSamples: number): Promise<readonly HistoryEntry[]>;
  /** Forgets every entry up to and including `sequence`: the server has them. */
  confirm(id: ObservationId, sequence: number): void;
  /** The observation is over: forgets what waits, and its sequences. */
  forget(id: ObservationId): void;
  /** How many entries of this observation wait. */
  waiting(id: ObservationId): number;
  /** Those of which an entry waits: after a restart, what was left. */
  observations(): readonly ObservationId[];
  /** How many entries were dropped since the start, by cause. */
  readonly dropped: Readonly<Record<DropCause, number>>;
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
  /** Of the file and its log. */
  readonly fileBytes: number;
}

export interface WaitingStats {
  readonly count: number;
  /** Of the oldest and newest sample; `oldest` is exact to one segment, of which a part may be delivered. */
  readonly oldest: UnixMillis;
  readonly newest: UnixMillis;
  /** As they lie on disk; what is in memory alone is not counted. */
  readonly bytes: number;
}

/** Where one of them is reached, the oldest go first. One that is absent is no limit, but for `memory`. */
export interface HistoryLimits {
  /**
   * What all entries may take on disk. Beyond it the oldest segment goes: every observation loses the same stretch of time,
   * however much it reports.
   */
  readonly bytes?: number;
  /** Older samples go, a segment at a time. */
  readonly age?: Millis;
  /** Part of `bytes` that one device may take, in (0, 1]: beyond it that device's oldest go. */
  readonly share?: number;
  /** What may wait in memory, in bytes, while the disk takes nothing; in the thread and before it so much each. 16 MiB. */
  readonly memory?: number;
}

export interface HistoryOptions extends HistoryLimits {
  readonly clock: Clock;
  /** The commit window: what a crash may lose. One second. */
  readonly commit?: Millis;
}
