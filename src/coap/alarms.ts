import type { Millis } from "../clock.ts";
import { Deadlines, type Waiting } from "../deadlines.ts";

/** Something that happens at its time unless it is called off. Belongs to one `Alarms`. */
export class Alarm implements Waiting {
  due: Millis = 0;
  slot = -1;
  readonly ring: (now: Millis) => void;

  constructor(ring: (now: Millis) => void) {
    this.ring = ring;
  }
}

/** What a machine waits for, soonest first. */
export class Alarms {
  private readonly waiting = new Deadlines<Alarm>();

  /** The time of the soonest; undefined: nothing is set. */
  get next(): Millis | undefined {
    return this.waiting.next;
  }

  /** Sets the alarm, or moves it where it is set already. */
  set(alarm: Alarm, time: Millis): void {
    this.waiting.set(alarm, time);
  }

  /** Calls the alarm off; nothing happens where it is not set. */
  clear(alarm: Alarm): void {
    this.waiting.remove(alarm);
  }

  /** Rings everything that is due, soonest first. An alarm that is set anew while it rings rings again only if due. */
  ring(now: Millis): void {
    for (let first = this.waiting.take(now); first !== undefined; first = this.waiting.take(now)) first.ring(now);
  }
}
