import { type Millis, SECOND } from "../../src/adapter.ts";

const SLOT: Millis = 5 * SECOND;
/** A minute, and the slot that has just begun. */
const SLOTS = 13;

/** How much of the last minute something was in use. Bounded. */
export class Occupancy {
  /** By the number of the slot modulo their count. */
  private readonly slots: { number: number; busy: Millis }[] = [];
  private readonly since: Millis;
  private until: Millis;

  constructor(now: Millis) {
    this.since = now;
    this.until = now;
  }

  /** In use over this time. What was counted before is not counted twice; later calls begin later. */
  add(from: Millis, to: Millis): void {
    let start = Math.max(from, this.until);
    this.until = Math.max(this.until, to);
    while (start < to) {
      const number = Math.floor(start / SLOT);
      const end = Math.min(to, (number + 1) * SLOT);
      this.slotOf(number).busy += end - start;
      start = end;
    }
  }

  /** 0 … 1; of the time since the start, where that is less than a minute. */
  share(now: Millis): number {
    const last = Math.floor(now / SLOT);
    const first = last - SLOTS + 1;
    const counted = this.slots.filter(({ number }) => number >= first && number <= last);
    const busy = counted.reduce((sum, slot) => sum + slot.busy, 0);
    const span = now - Math.max(this.since, first * SLOT);
    return span <= 0 ? 0 : Math.min(1, busy / span);
  }

  private slotOf(number: number): { number: number; busy: Millis } {
    const at = number % SLOTS;
    const known = this.slots[at];
    if (known?.number === number) return known;
    const slot = { number, busy: 0 };
    this.slots[at] = slot;
    return slot;
  }
}
