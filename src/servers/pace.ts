import type { Clock, Millis } from "../clock.ts";
import { SECOND } from "../clock.ts";

/** A timer that rings late, the machine being busy, does not slow the rest down: what was missed meanwhile is made up for. */
const MOST_LATE: Millis = 200;

/** Turns at a steady rate, in the order in which they were asked for: many clients at one server must not come all at once. */
export class Pace {
  private readonly clock: Clock;
  private readonly every: Millis;
  private readonly waiting: (() => void)[] = [];
  private notBefore: Millis = Number.NEGATIVE_INFINITY;
  private disarm: (() => void) | undefined;

  constructor(clock: Clock, perSecond: number) {
    this.clock = clock;
    this.every = SECOND / perSecond;
  }

  /** Resolves when it is the caller's turn; at once where nobody had one lately. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.disarm !== undefined) return;
      // What nobody used is not saved up.
      this.notBefore = Math.max(this.notBefore, this.clock.monotonic());
      this.run();
    });
  }

  /** How many wait for theirs. */
  get length(): number {
    return this.waiting.length;
  }

  /** Nobody waits any more: all have their turn now. */
  stop(): void {
    this.disarm?.();
    this.disarm = undefined;
    for (const go of this.waiting.splice(0)) go();
  }

  private run(): void {
    this.disarm = undefined;
    const now = this.clock.monotonic();
    for (; this.waiting.length > 0 && this.notBefore <= now; this.waiting.shift()?.()) {
      this.notBefore = Math.max(this.notBefore, now - MOST_LATE) + this.every;
    }
    if (this.waiting.length > 0) this.disarm = this.clock.at(this.notBefore, () => this.run());
  }
}
