/** When a peripheral advertises: at even distances from when it began, and only while somebody listens. */
import type { Clock, Millis } from "../../../src/adapter.ts";

export class Advertiser {
  private readonly clock: Clock;
  private readonly task: () => void;
  private interval: Millis | undefined;
  /** A moment at which it advertises, or would. */
  private origin: Millis = 0;
  /** Which of these moments was the last one: a timer may ring a little early, and that is no other moment. */
  private last = -1;
  private cancel: (() => void) | undefined;

  constructor(clock: Clock, task: () => void) {
    this.clock = clock;
    this.task = task;
  }

  /** Undefined: never. */
  schedule(interval: Millis | undefined, first: Millis): void {
    this.interval = interval;
    this.origin = first;
    this.last = -1;
    const running = this.cancel !== undefined;
    this.stop();
    if (running) this.start();
  }

  start(): void {
    if (this.cancel !== undefined || this.interval === undefined) return;
    const { clock, interval, origin } = this;
    const passed = Math.floor((clock.monotonic() - origin) / interval);
    const next = Math.max(passed, this.last) + 1;
    this.cancel = clock.at(origin + next * interval, () => {
      this.cancel = undefined;
      this.last = next;
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
