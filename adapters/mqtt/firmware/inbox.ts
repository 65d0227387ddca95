/** What came and is not dealt with yet, for somebody who deals with one thing after the other. */
import type { Clock, Millis } from "../../../src/adapter.ts";

export class Inbox<T> {
  private readonly waiting: T[] = [];
  private wake: (() => void) | undefined;
  /** By which whoever waits is told that it is over: one is listened to once, not with each wait. */
  private signal: AbortSignal | undefined;

  push(one: T): void {
    this.waiting.push(one);
    this.wake?.();
  }

  /** What came so far is of no interest. */
  clear(): void {
    this.waiting.length = 0;
  }

  /** The next; undefined: nothing came for so long. Rejects with the signal's reason. One waits at a time. */
  async next(span: Millis, clock: Clock, signal: AbortSignal): Promise<T | undefined> {
    signal.throwIfAborted();
    if (this.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const cancel = clock.at(clock.monotonic() + span, () => done());
        const done = (): void => {
          this.wake = undefined;
          cancel();
          resolve();
        };
        this.wake = done;
        this.obey(signal);
      });
    }
    signal.throwIfAborted();
    return this.waiting.shift();
  }

  private obey(signal: AbortSignal): void {
    if (signal === this.signal) return;
    this.signal = signal;
    signal.addEventListener("abort", () => this.wake?.(), { once: true });
  }
}
