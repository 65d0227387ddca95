import type { UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observations.ts";
import type { KnownObservation, ObservationMeasures } from "./calls.ts";
import type { HistoryEntry, HistoryReport, WaitingStats } from "./history.ts";
import { type SequenceRange, Sequences } from "./sequences.ts";

/** What one observation is owed, as the main thread knows it: the entries of the open window, of others their sequences. */
export class Waiting {
  readonly number: number;
  readonly id: ObservationId;
  keep = 0;
  /** The newest sequence, the newest that has left the window, and the newest that the thread was given. */
  last = 0;
  packed = 0;
  handed = 0;
  /** Nothing up to here waits. */
  watermark = 0;
  newest: UnixMillis = 0;
  /** Something on disk was dropped since it kept no more, which is not written: it follows from the number that it keeps. */
  unsaid = false;
  /** What the thread is to be told: see Watermark. */
  confirmed = false;
  /** Appended and not packed yet. */
  window: HistoryEntry[] = [];
  private sequences = new Sequences();

  constructor(number: number, id: ObservationId) {
    this.number = number;
    this.id = id;
  }

  static known({ number, id, keep, last, waiting, newest }: KnownObservation): Waiting {
    const known = new Waiting(number, id);
    Object.assign(known, { keep, last, packed: last, handed: last, newest });
    known.sequences = new Sequences(waiting);
    known.watermark = (waiting[0]?.from ?? last + 1) - 1;
    return known;
  }

  get count(): number {
    return this.sequences.count;
  }

  append({ samples, confirmable }: HistoryReport): HistoryEntry {
    const entry: HistoryEntry = { sequence: ++this.last, samples, confirmable };
    this.window.push(entry);
    this.sequences.add(entry.sequence);
    for (const { time } of samples) if (time > this.newest) this.newest = time;
    return entry;
  }

  /** With what the thread has of it; what it does not have takes no bytes yet. */
  stats(stored?: ObservationMeasures): WaitingStats {
    const { count, newest, window } = this;
    const { oldest = window[0]?.samples[0]?.time ?? newest, bytes = 0 } = stored ?? {};
    return { count, oldest, newest, bytes };
  }

  /** The sequence up to which everything is more than `keep`; undefined where nothing is. */
  get excess(): number | undefined {
    const excess = this.count - this.keep;
    return excess > 0 ? this.sequences.oldest(excess) : undefined;
  }

  /** Nothing up to this sequence waits any more. Returns how many did, and how many samples of theirs were in the window. */
  settle(sequence: number): { readonly entries: number; readonly windowSamples: number } {
    const entries = this.sequences.drop({ from: 1, to: sequence });
    this.watermark = Math.max(this.watermark, sequence);
    let gone = 0;
    let windowSamples = 0;
    for (const entry of this.window) {
      if (entry.sequence > sequence) break;
      gone++;
      windowSamples += entry.samples.length;
    }
    if (gone > 0) this.window.splice(0, gone);
    return { entries, windowSamples };
  }

  /** Sequences that left the window are lost. Returns how many of them waited. */
  lose(range: SequenceRange): number {
    return this.sequences.drop(range);
  }

  /** What the window holds leaves it. */
  pack(): readonly HistoryEntry[] {
    const entries = this.window;
    this.window = [];
    this.packed = this.last;
    return entries;
  }
}
