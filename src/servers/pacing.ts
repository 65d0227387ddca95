/** How often non-confirmable notifications may leave: RFC 7641 §4.5.1. */
import type { Millis } from "../clock.ts";
import { SECOND } from "../clock.ts";

/** RFC 7641 §4.5.1, where no round trip was measured. */
const UNKNOWN_ROUND_TRIP = 3 * SECOND;
/** RFC 6298 §2.3: the weight of a new measurement. */
const GAIN = 1 / 8;
/** What a timer may come too late, which must not make the line slower than it is. */
const TIMER_GRAIN: Millis = 5;

export class Pacing {
  private readonly window: number;
  private readonly ambiguous: Millis;
  /** The mean of them; undefined: none was measured. */
  private roundTrip: Millis | undefined;
  private credit: number;
  private counted: Millis = 0;

  /**
   * `window`: so many a round trip, as many as confirmable messages may be outstanding (NSTART). `ambiguous`: an answer that
   * took as long may be one to a repetition, and says nothing (Karn).
   */
  constructor(window: number, ambiguous: Millis) {
    this.window = window;
    this.ambiguous = ambiguous;
    this.credit = window;
  }

  /** A confirmable message was acknowledged after so long. */
  measure(took: Millis): void {
    if (took < 0 || took >= this.ambiguous) return;
    this.roundTrip = this.roundTrip === undefined ? took : this.roundTrip + GAIN * (took - this.roundTrip);
  }

  /** When the next may leave: now or later. */
  ready(now: Millis): Millis {
    this.count(now);
    return this.credit >= 1 ? now : now + (1 - this.credit) * this.interval;
  }

  /** One leaves. */
  spend(now: Millis): void {
    this.count(now);
    this.credit--;
  }

  private get interval(): Millis {
    return Math.max(this.roundTrip ?? UNKNOWN_ROUND_TRIP, LEAST_ROUND_TRIP) / this.window;
  }

  private count(now: Millis): void {
    const { interval } = this;
    const most = Math.max(this.window, TIMER_GRAIN / interval);
    this.credit = Math.min(most, this.credit + (now - this.counted) / interval);
    this.counted = now;
  }
}

/** What no clock tells from nothing. */
const LEAST_ROUND_TRIP: Millis = 0.1;
