import type { Millis } from "../clock.ts";

/** Something that happens at its time unless it is called off. Belongs to one `Alarms`. */
export class Alarm {
  /** Place in the heap; -1 while not set. Only `Alarms` writes these two. */
  slot = -1;
  time: Millis = 0;
  readonly ring: (now: Millis) => void;

  constructor(ring: (now: Millis) => void) {
    this.ring = ring;
  }
}

/** What a machine waits for, soonest first: a binary heap in which each alarm knows its place, so that calling off is cheap. */
export class Alarms {
  private readonly heap: Alarm[] = [];

  /** The time of the soonest; undefined: nothing is set. */
  get next(): Millis | undefined {
    return this.heap[0]?.time;
  }

  /** Sets the alarm, or moves it where it is set already. */
  set(alarm: Alarm, time: Millis): void {
    alarm.time = time;
    if (alarm.slot < 0) {
      alarm.slot = this.heap.length;
      this.heap.push(alarm);
    }
    this.sink(alarm, this.rise(alarm));
  }

  /** Calls the alarm off; nothing happens where it is not set. */
  clear(alarm: Alarm): void {
    const slot = alarm.slot;
    if (slot < 0) return;
    alarm.slot = -1;
    const last = this.heap.pop();
    if (last === undefined || last === alarm) return;
    this.place(last, slot);
    this.sink(last, this.rise(last));
  }

  /** Rings everything that is due, soonest first. An alarm that is set anew while it rings rings again only if due. */
  ring(now: Millis): void {
    for (let first = this.heap[0]; first !== undefined && first.time <= now; first = this.heap[0]) {
      this.clear(first);
      first.ring(now);
    }
  }

  private rise(alarm: Alarm): number {
    let slot = alarm.slot;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const parent = this.heap[above];
      if (parent === undefined || parent.time <= alarm.time) break;
      this.place(parent, slot);
      slot = above;
    }
    this.place(alarm, slot);
    return slot;
  }

  private sink(alarm: Alarm, from: number): void {
    let slot = from;
    for (;;) {
      const left = this.heap[2 * slot + 1];
      const right = this.heap[2 * slot + 2];
      const child = left !== undefined && right !== undefined && right.time < left.time ? right : left;
      if (child === undefined || child.time >= alarm.time) break;
      const below = child.slot;
      this.place(child, slot);
      slot = below;
    }
    this.place(alarm, slot);
  }

  private place(alarm: Alarm, slot: number): void {
    this.heap[slot] = alarm;
    alarm.slot = slot;
  }
}
