import type { Clock, Millis } from "../../clock.ts";

/** Rings once, at the earliest of the times that were asked for. */
export class Alarm {
  private readonly clock: Clock;
  private readonly onRing: () => void;
  private set: { readonly time: Millis; readonly cancel: () => void } | undefined;
  private closed = false;

  constructor(clock: Clock, onRing: () => void) {
    this.clock = clock;
    this.onRing = onRing;
  }

  ring(wait: Millis): void {
    if (this.closed) return;
    const time = this.clock.monotonic() + wait;
    if (this.set !== undefined && this.set.time <= time) return;
    this.set?.cancel();
    this.set = { time, cancel: this.clock.at(time, () => this.rings()) };
  }

  close(): void {
    this.closed = true;
    this.set?.cancel();
  }

  private rings(): void {
    this.set = undefined;
    this.onRing();
  }
}
