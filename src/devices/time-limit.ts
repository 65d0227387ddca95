import type { Clock, Millis } from "../clock.ts";
import { formatDuration } from "../duration.ts";

/**
 * Gives up on what takes too long. All may take equally long, so that what began first ends first: one timer is enough, and
 * it may ring for something that is done. A thousand devices with a timer for each request would do little else.
 */
export class TimeLimit {
  private readonly clock: Clock;
  private readonly length: Millis;
  /** Oldest first. */
  private readonly waiting: Waiting[] = [];
  private disarm: (() => void) | undefined;
  private closed = false;

  constructor(clock: Clock, length: Millis) {
    this.clock = clock;
    this.length = length;
  }

  /** Settles as the work does, or rejects when the limit has passed. */
  of<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { until: this.clock.monotonic() + this.length, giveUp: reject };
      this.waiting.push(waiting);
      if (this.disarm === undefined) this.arm(waiting.until);
      work.then(
        (result) => {
          this.settle(waiting);
          resolve(result);
        },
        (error) => {
          this.settle(waiting);
          reject(error);
        },
      );
    });
  }

  /** Nothing new will come: the timer goes with what still waits. */
  close(): void {
    this.closed = true;
    this.disarmIfIdle();
  }

  private arm(until: Millis): void {
    this.disarm = this.clock.at(until, () => this.ring());
  }

  private ring(): void {
    this.disarm = undefined;
    const now = this.clock.monotonic();
    const late = this.waiting.filter(({ until }) => until <= now);
    this.waiting.splice(0, late.length);
    const next = this.waiting[0];
    if (next !== undefined) this.arm(next.until);
    for (const { giveUp } of late) {
      giveUp(new Error(`the adapter left a request unsettled for ${formatDuration(this.length)}`));
    }
  }

  private settle(waiting: Waiting): void {
    const at = this.waiting.indexOf(waiting);
    if (at >= 0) this.waiting.splice(at, 1);
    this.disarmIfIdle();
  }

  private disarmIfIdle(): void {
    if (!this.closed || this.waiting.length > 0) return;
    this.disarm?.();
    this.disarm = undefined;
  }
}

interface Waiting {
  readonly until: Millis;
  giveUp(reason: Error): void;
}
