import type { Millis } from "./clock.ts";

/** Something that waits in `Deadlines`; it belongs to one of them only. */
export interface Waiting {
  /** When it is due; written by Deadlines. */
  due: Millis;
  /** Its place in the heap, -1 outside; written by Deadlines. */
  slot: number;
}

/**
 * Many deadlines, of which the next is wanted: a binary heap in which each entry knows its place, so that moving one among
 * thousands costs a few steps and leaves nothing behind.
 */
export class Deadlines<T extends Waiting> {
  private readonly heap: T[] = [];

  /** The soonest; undefined: nothing waits. */
  get next(): Millis | undefined {
    return this.heap[0]?.due;
  }

  /** Sets or moves the deadline of an entry. */
  set(entry: T, due: Millis): void {
    entry.due = due;
    if (entry.slot < 0) {
      entry.slot = this.heap.length;
      this.heap.push(entry);
    }
    this.settle(entry);
  }

  /** Takes the entry out; nothing happens where it does not wait. */
  remove(entry: T): void {
    const { slot } = entry;
    if (slot < 0) return;
    entry.slot = -1;
    const last = this.heap.pop();
    if (last === undefined || last === entry) return;
    this.place(last, slot);
    this.settle(last);
  }

  /** Takes out the earliest entry that is due; undefined: none is. */
  take(now: Millis): T | undefined {
    const first = this.heap[0];
    if (first === undefined || first.due > now) return undefined;
    this.remove(first);
    return first;
  }

  clear(): void {
    for (const entry of this.heap) entry.slot = -1;
    this.heap.length = 0;
  }

  /** Moves an entry up or down until its parent is not later and its children are not earlier. */
  private settle(entry: T): void {
    this.sink(entry, this.rise(entry));
  }

  /** The place is kept free while others move, and filled once. */
  private rise(entry: T): number {
    let { slot } = entry;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const parent = this.heap[above];
      if (parent === undefined || parent.due <= entry.due) break;
      this.place(parent, slot);
      slot = above;
    }
    return slot;
  }

  private sink(entry: T, from: number): void {
    let slot = from;
    for (;;) {
      const left = this.heap[2 * slot + 1];
      const right = this.heap[2 * slot + 2];
      const child = left !== undefined && right !== undefined && right.due < left.due ? right : left;
      if (child === undefined || child.due >= entry.due) break;
      const below = child.slot;
      this.place(child, slot);
      slot = below;
    }
    this.place(entry, slot);
  }

  private place(entry: T, slot: number): void {
    this.heap[slot] = entry;
    entry.slot = slot;
  }
}
