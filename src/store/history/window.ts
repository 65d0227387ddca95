import type { HistoryEntry } from "./history.ts";
import type { SequenceRange } from "./sequences.ts";

/**
 * The entries of one observation that were appended and not packed yet. They stand by their sequences, so that one is taken out
 * anywhere at the price of looking at it.
 */
export class Window {
  /** Those that wait no more are undefined; the first never is. */
  private slots: (HistoryEntry | undefined)[] = [];
  /** Where the first is, and its sequence less that. */
  private head = 0;
  private base = 0;

  get empty(): boolean {
    return this.slots.length === 0;
  }

  /** In the order of their sequences. */
  get entries(): readonly HistoryEntry[] {
    return this.slots.filter((entry) => entry !== undefined);
  }

  /** The oldest. */
  get first(): HistoryEntry | undefined {
    return this.slots[this.head];
  }

  /** An entry whose sequence follows that of the one before, as long as there are any. */
  add(entry: HistoryEntry): void {
    if (this.slots.length === 0) this.base = entry.sequence;
    this.slots.push(entry);
  }

  /** Takes these out, as far as they are there; returns how many samples they had. */
  drop({ from, to }: SequenceRange): number {
    let samples = 0;
    const end = Math.min(to - this.base + 1, this.slots.length);
    for (let at = Math.max(from - this.base, this.head); at < end; at++) {
      samples += this.slots[at]?.samples.length ?? 0;
      this.slots[at] = undefined;
    }
    this.shorten();
    return samples;
  }

  /** All entries, with nothing left here. */
  take(): readonly HistoryEntry[] {
    const { entries } = this;
    this.clear();
    return entries;
  }

  private shorten(): void {
    while (this.head < this.slots.length && this.slots[this.head] === undefined) this.head++;
    if (this.head === this.slots.length) {
      this.clear();
    } else if (this.head > MANY && this.head > this.slots.length / 2) {
      this.slots = this.slots.slice(this.head);
      this.base += this.head;
      this.head = 0;
    }
  }

  private clear(): void {
    // What is delivered at once, which is the usual case, leaves the array as it is.
    if (this.slots.length === 1) this.slots.pop();
    else this.slots.length = 0;
    this.head = 0;
  }
}

/** With fewer in front it is not worth moving the others. */
const MANY = 256;
