import assert from "node:assert/strict";
import type { Millis } from "../../src/clock.ts";
import { type PollEffect, type PollEvent, PollSchedule } from "../../src/devices/poll-schedule.ts";
import type { Poll } from "../../src/mapping/plan-types.ts";

interface Read {
  readonly at: Millis;
  readonly points: readonly string[];
}

export interface PollPlayerOptions {
  /** How long each read takes; default: no time. */
  readonly duration?: (read: number) => Millis;
  /** What every random number is; default: 0. */
  readonly fraction?: number;
  /** Whether each read succeeds; default: it does. */
  readonly ok?: (read: number) => boolean;
}

/** Runs a poll schedule by its deadlines, and sees to it that one read runs at a time. */
export class PollPlayer {
  readonly reads: Read[] = [];
  readonly schedule: PollSchedule;
  now: Millis = 0;
  private done: { readonly at: Millis; readonly ok: boolean } | undefined;
  private readonly options: PollPlayerOptions;

  constructor(polls: Readonly<Record<string, Poll>>, options: PollPlayerOptions = {}) {
    this.schedule = new PollSchedule(new Map(Object.entries(polls)), () => options.fraction ?? 0);
    this.options = options;
  }

  feed(event: PollEvent): void {
    this.perform(this.schedule.handle(event, this.now));
  }

  runTo(end: Millis): void {
    for (;;) {
      const next = Math.min(this.done?.at ?? Infinity, this.schedule.deadline ?? Infinity);
      if (next > end) break;
      this.now = Math.max(this.now, next);
      if (this.done !== undefined && this.done.at <= this.now) {
        const { ok } = this.done;
        this.done = undefined;
        this.feed({ type: "finished", ok });
      } else this.perform(this.schedule.handle({ type: "timeout" }, this.now));
    }
    this.now = end;
  }

  timesOf(point: string): Millis[] {
    return this.reads.filter(({ points }) => points.includes(point)).map(({ at }) => at);
  }

  private perform(effects: readonly PollEffect[]): void {
    const { duration = () => 0, ok = () => true } = this.options;
    for (const { points } of effects) {
      assert.equal(this.done, undefined, "one read at a time");
      assert.equal(new Set(points).size, points.length, "each point once");
      const read = this.reads.push({ at: this.now, points }) - 1;
      this.done = { at: this.now + duration(read), ok: ok(read) };
    }
  }
}
