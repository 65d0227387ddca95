import type { UnixMillis } from "../../clock.ts";
import { deviceOf, type ObservationId, serverOf } from "../../lwm2m/observation-id.ts";
import type { KnownObservation, ObservationMeasures } from "./calls.ts";
import type { HistoryEntry, HistoryReport, WaitingStats } from "./history.ts";
import { type SequenceRange, Sequences } from "./sequences.ts";
import { Window } from "./window.ts";

/** What one observation is owed, as the main thread knows it: the entries of the open window, of others their sequences. */
export class Waiting {
  readonly number: number;
  readonly id: ObservationId;
  /** Short Server ID. */
  readonly server: number;
  readonly device: string;
  keep = 0;
  /** The newest sequence, the newest that has left the window, and the newest that the thread was given. */
  last = 0;
  packed = 0;
  handed = 0;
  newest: UnixMillis = 0;
  /** Something on disk was dropped since it kept no more, which is not written: it follows from the number that it keeps. */
  unsaid = false;
  /** What the thread is to be told: see Watermark. */
  confirmed = false;
  /** Appended and not packed yet. */
  readonly window = new Window();
  private sequences = new Sequences();

  constructor(number: number, id: ObservationId) {
    this.number = number;
    this.id = id;
    this.server = serverOf(id);
    this.device = deviceOf(id);
  }

  static known({ number, id, keep, last, waiting, newest }: KnownObservation): Waiting {
    const known = new Waiting(number, id);
    Object.assign(known, { keep, last, packed: last, handed: last, newest });
    known.sequences = new Sequences(waiting);
    return known;
  }

  get count(): number {
    return this.sequences.count;
  }

  /** Nothing up to here waits. */
  get watermark(): number {
    return (this.sequences.first ?? this.last + 1) - 1;
  }

  /** What does not wait above the watermark. */
  get gaps(): readonly SequenceRange[] {
    return this.sequences.gaps(this.last);
  }

  append({ samples, confirmable }: HistoryReport): HistoryEntry {
    const entry: HistoryEntry = { sequence: ++this.last, samples, confirmable };
    this.window.add(entry);
    this.sequences.add(entry.sequence);
    for (const { time } of samples) if (time > this.newest) this.newest = time;
    return entry;
  }

  /** With what the thread has of it; what it does not have takes no bytes yet. */
  stats(stored?: ObservationMeasures): WaitingStats {
    const { count, newest, window } = this;
    const { oldest = window.first?.samples[0]?.time ?? newest, bytes = 0 } = stored ?? {};
    return { count, oldest, newest, bytes };
  }

  /** The sequence up to which everything is more than `keep`; undefined where nothing is. */
  get excess(): number | undefined {
    const excess = this.count - this.keep;
    return excess > 0 ? this.sequences.oldest(excess) : undefined;
  }

  /** What is not packed yet: the oldest of them, or all. */
  windowRange(most: "oldest" | "all"): SequenceRange {
    const from = this.window.first?.sequence ?? this.last + 1;
    return { from, to: most === "all" ? this.last : from };
  }

  /** Whether this one waits. */
  waits(sequence: number): boolean {
    return this.sequences.has(sequence);
  }

  /** Whether one of these waits. */
  owes(range: SequenceRange): boolean {
    return this.sequences.hasAny(range);
  }

  /** Whether one of these waits that has left the window. */
  owesPacked({ from, to }: SequenceRange): boolean {
    return from <= this.packed && this.sequences.hasAny({ from, to: Math.min(to, this.packed) });
  }

  /** The oldest ranges that wait and that the thread was given, at most so many. */
  handedOldest(most: number): readonly SequenceRange[] {
    return this.sequences.head(most, this.handed);
  }

  /** These wait no more. Returns how many did, and how many samples of theirs were in the window. */
  settle(range: SequenceRange): { readonly entries: number; readonly windowSamples: number } {
    return { entries: this.sequences.drop(range), windowSamples: this.window.drop(range) };
  }

  /** What the window holds leaves it. */
  pack(): readonly HistoryEntry[] {
    this.packed = this.last;
    return this.window.take();
  }
}
