/** When a peripheral advertises: at even distances from when it began, and only while somebody listens. */
import type { Clock, Millis } from "../../../src/adapter.ts";

export class Advertiser {
  private readonly clock: Clock;
  private readonly task: () => void;
  private interval: Millis | undefined;
  /** A moment at which it advertises, or would. */
  private origin: Millis = 0;
  private cancel: (() => void) | undefined;

  constructor(clock: Clock, task: () => void) {
    this.clock = clock;
    this.task = task;
  }

  /** Undefined: never. */
  schedule(interval: Millis | undefined, first: Millis): void {
    this.interval = interval;
    this.origin = first;
    const running = this.cancel !== undefined;
    this.stop();
    if (running) this.start();
  }

  start(): void {
    if (this.cancel !== undefined || this.interval === undefined) return;
    const { clock, interval, origin } = this;
    const now = clock.monotonic();
    const next = origin > now ? origin : origin + (Math.floor((now - origin) / interval) + 1) * interval;
    this.cancel = clock.at(next, () => {
      this.cancel = undefined;
      // The task may stop it: a central has connected.
      this.start();
      this.task();
    });
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }
}
