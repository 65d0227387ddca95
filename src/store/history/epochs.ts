/**
 * Samples that were measured before the clock was right count from the start of the machine (`Undated` in clock.ts). Each run of
 * the machine in which there were some is an epoch, of which is kept when it began: known once the clock was right, else as well
 * as it could be said.
 */
import { crc32 } from "node:zlib";
import { datedFrom, isUndated, type UnixMillis } from "../../clock.ts";
import type { HistoryBoot, HistoryEntry } from "./history.ts";

export interface Epoch {
  readonly number: number;
  /** The name of that run of the machine. */
  readonly boot: string;
  readonly started: UnixMillis;
  /** Whether that is known: else it may be known yet, as long as the machine runs. */
  readonly known: boolean;
}

/** The epoch of runs in which every sample has a date. */
export const DATED = 0;

export function crcOfEpoch({ number, boot, started, known }: Epoch): number {
  return crc32(`${number} ${started} ${known} ${boot}`);
}

export class Epochs {
  private readonly byNumber = new Map<number, Epoch>();
  /** Rows to be written. */
  readonly changed = new Set<Epoch>();
  private readonly used = new Set<number>();
  private current: Epoch | undefined;

  /** A row of the file. */
  load(epoch: Epoch): void {
    this.byNumber.set(epoch.number, epoch);
  }

  /** This run of the machine, of which the file may know. */
  begin(boot: HistoryBoot | undefined): void {
    if (boot === undefined) return;
    const { id, started, known } = boot;
    const before = [...this.byNumber.values()].find((epoch) => epoch.boot === id);
    // One that a damaged row had is not given to another.
    const number = before?.number ?? Math.max(DATED, ...this.byNumber.keys(), ...this.used) + 1;
    this.current = before ?? { number, boot: id, started, known };
    this.byNumber.set(number, this.current);
    if (known) this.redate(started);
  }

  /** Of samples that are measured now and have no date. */
  get own(): number {
    return this.current?.number ?? DATED;
  }

  /** A run of this epoch is there: its row must be, too. */
  use(number: number): void {
    if (number === DATED || this.used.has(number)) return;
    this.used.add(number);
    if (number === this.current?.number) this.changed.add(this.current);
  }

  /** The clock is right: this run of the machine started then. Once it is known it stays, so that no sample has two times. */
  redate(started: UnixMillis): void {
    const { current } = this;
    if (current === undefined || current.known) return;
    this.current = { ...current, started, known: true };
    this.byNumber.set(current.number, this.current);
    this.changed.delete(current);
    if (this.used.has(current.number)) this.changed.add(this.current);
  }

  /** With it the samples of an epoch get their dates; undefined: nobody knows it yet, or they have them. */
  startOf(number: number): UnixMillis | undefined {
    if (number === DATED) return undefined;
    // Where the row was damaged, this run of the machine is the nearest that is known.
    const { started, known } = this.byNumber.get(number) ?? this.current ?? { started: 0, known: true };
    return known || number !== this.current?.number ? started : undefined;
  }

  /** A time in a run of this epoch, dated where that is possible. */
  dated(number: number, time: UnixMillis): UnixMillis {
    const started = this.startOf(number);
    return started === undefined ? time : datedFrom(started, time);
  }

  /** Every start that is known. */
  get starts(): ReadonlyMap<number, UnixMillis> {
    const all = new Set([...this.byNumber.keys(), ...this.used]);
    const known = [...all].map((number) => [number, this.startOf(number)] as const);
    return new Map(known.flatMap(([number, started]) => (started === undefined ? [] : [[number, started]])));
  }

  /** Epochs of which nothing was there when the file was opened. */
  get unused(): readonly number[] {
    return [...this.byNumber.keys()].filter((number) => !this.used.has(number) && number !== this.own);
  }

  /** Their rows are gone. */
  forget(numbers: readonly number[]): void {
    for (const number of numbers) this.byNumber.delete(number);
  }

  /** The file has what changed. */
  stored(): void {
    this.changed.clear();
  }

  /** The file is a new one, with nothing in it. */
  forgetDisk(): void {
    for (const number of this.used) {
      const epoch = this.byNumber.get(number);
      if (epoch !== undefined) this.changed.add(epoch);
    }
  }
}

/** The same entries with their dates. */
export function datedEntries(
  entries: readonly HistoryEntry[],
  started: UnixMillis | undefined,
): readonly HistoryEntry[] {
  if (started === undefined) return entries;
  return entries.map((entry) => ({
    ...entry,
    samples: entry.samples.map((sample) => {
      return isUndated(sample.time) ? { ...sample, time: datedFrom(started, sample.time) } : sample;
    }),
  }));
}
