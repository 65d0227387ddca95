/** Whether bytes come at a rate that leads to an end: who sends next to nothing is worse than who sends nothing. */
import { type Clock, type Millis, SECOND } from "../../clock.ts";

const LOOK_EVERY: Millis = 30 * SECOND;
/** 137 bits a second: the slowest radio does more. */
const LEAST = 512;

export class Pace {
  private readonly clock: Clock;
  private readonly onSlow: (reason: string) => void;
  private bytes = 0;
  private cancel: () => void = () => {};

  constructor(clock: Clock, onSlow: (reason: string) => void) {
    this.clock = clock;
    this.onSlow = onSlow;
    this.look();
  }

  came(more: number): void {
    this.bytes += more;
  }

  stop(): void {
    this.cancel();
  }

  private look(): void {
    this.bytes = 0;
    this.cancel = this.clock.at(this.clock.monotonic() + LOOK_EVERY, () => {
      const enough = this.bytes >= LEAST;
      if (enough) this.look();
      else this.onSlow(`${this.bytes} bytes came within ${LOOK_EVERY / SECOND} s`);
    });
  }
}
