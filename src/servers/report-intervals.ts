/**
 * The turns of entries with an interval: at its multiples since 1970, so that all devices, and all entries of one interval, are
 * due together, a quarter of an hour begins on the quarter, and a restart moves nothing.
 */
import type { Clock, Millis } from "../clock.ts";

export class ReportIntervals {
  private readonly clock: Clock;
  private readonly onTurn: (every: Millis) => void;
  private readonly floor: () => Millis;
  private readonly cancels = new Map<Millis, () => void>();

  /** `floor`: no interval is shorter now. */
  constructor(clock: Clock, onTurn: (every: Millis) => void, floor: () => Millis = () => 0) {
    this.clock = clock;
    this.onTurn = onTurn;
    this.floor = floor;
  }

  start(intervals: Iterable<Millis>): void {
    for (const every of new Set(intervals)) this.arm(every);
  }

  stop(): void {
    for (const cancel of this.cancels.values()) cancel();
    this.cancels.clear();
  }

  /** The floor is another now. */
  floorChanged(): void {
    const intervals = [...this.cancels.keys()];
    this.stop();
    for (const every of intervals) this.arm(every);
  }

  private arm(every: Millis): void {
    const { clock } = this;
    const pace = Math.max(every, this.floor());
    const cancel = clock.at(clock.monotonic() + untilTurn(clock.wall(), pace), () => {
      this.arm(every);
      this.onTurn(every);
    });
    this.cancels.set(every, cancel);
  }
}

/** A turn that is nearer than half an interval was this one: the clocks of wall and timer differ, or the wall's was set. */
function untilTurn(wall: Millis, every: Millis): Millis {
  const until = every - (wall % every);
  return until < every / 2 ? until + every : until;
}
