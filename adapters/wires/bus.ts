/** One wire, one talker: whose turn it is, among all lines that lead to the wire. */
import type { Clock, DeviceError, Millis } from "../../src/adapter.ts";
import { until } from "./deadline.ts";
import { Occupancy } from "./occupancy.ts";

/** Writes overtake reads that still wait: somebody stands at the switch. */
export type Urgency = "write" | "read";

/** What waits for its turn. `start` settles, and never rejects, when the wire is free again. */
export interface Waiting {
  readonly urgency: Urgency;
  readonly unit: number;
  readonly lane: Lane;
  readonly start: () => Promise<void>;
  readonly reject: (error: DeviceError) => void;
}

/** One connection to the wire. */
export interface Lane {
  /** Nothing of it starts. */
  readonly held: boolean;
}

/**
 * Runs one task at a time, none before the wire has been silent for as long as it must: writes first, in the order in which
 * they came; then the read of the unit that was served longest ago, so that none can crowd the others out.
 */
export class Bus {
  private readonly clock: Clock;
  private readonly use: Occupancy;
  private waiting: Waiting[] = [];
  /** The turns are numbered; when each unit had its last. */
  private turns = 0;
  private readonly served = new WeakMap<Lane, Map<number, number>>();
  private busy = false;
  private quietUntil: Millis = 0;
  private cancelAlarm: (() => void) | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
    this.use = new Occupancy(clock.monotonic());
  }

  add(task: Waiting): void {
    this.waiting.push(task);
    this.next();
  }

  /** How many wait, of all lanes or of one. */
  count(lane?: Lane): number {
    return lane === undefined ? this.waiting.length : this.waiting.filter((task) => task.lane === lane).length;
  }

  /** Takes out what still waits of this lane. */
  remove(lane: Lane): readonly Waiting[] {
    const removed = this.waiting.filter((task) => task.lane === lane);
    this.waiting = this.waiting.filter((task) => task.lane !== lane);
    if (this.waiting.length === 0) this.disarm();
    return removed;
  }

  /** Starts what may start: called where a lane is held no more. */
  next(): void {
    if (this.busy) return;
    const task = this.choose();
    if (task === undefined) return;
    if (this.clock.monotonic() < this.quietUntil) {
      this.arm();
      return;
    }
    this.disarm();
    this.waiting.splice(this.waiting.indexOf(task), 1);
    this.served.set(task.lane, this.turnsOf(task.lane).set(task.unit, ++this.turns));
    this.busy = true;
    void task.start().then(() => {
      this.busy = false;
      this.next();
    });
  }

  /** The wire was in use since then; nothing is sent on it before it has been silent until the given time. */
  used(since: Millis, quietUntil: Millis): void {
    this.quietUntil = Math.max(this.quietUntil, quietUntil);
    this.use.add(since, this.quietUntil);
  }

  /** Resolves when the silence is over; rejects with the signal's reason where that comes first. */
  async quiet(signal: AbortSignal): Promise<void> {
    if (this.clock.monotonic() < this.quietUntil) await until(this.quietUntil, this.clock, signal);
  }

  /** How much of the last minute the wire was in use, the silences after requests included: 0 … 100. */
  get load(): number {
    return Math.round(100 * this.use.share(this.clock.monotonic()));
  }

  private choose(): Waiting | undefined {
    let chosen: Waiting | undefined;
    let longestAgo = Infinity;
    for (const task of this.waiting) {
      if (task.lane.held) continue;
      if (task.urgency === "write") return task;
      const turn = this.turnsOf(task.lane).get(task.unit) ?? 0;
      if (turn >= longestAgo) continue;
      chosen = task;
      longestAgo = turn;
    }
    return chosen;
  }

  private turnsOf(lane: Lane): Map<number, number> {
    return this.served.get(lane) ?? new Map<number, number>();
  }

  private arm(): void {
    this.cancelAlarm ??= this.clock.at(this.quietUntil, () => {
      this.cancelAlarm = undefined;
      this.next();
    });
  }

  private disarm(): void {
    this.cancelAlarm?.();
    this.cancelAlarm = undefined;
  }
}
