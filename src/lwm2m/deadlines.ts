import type { Millis } from "../clock.ts";

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

  get next(): Millis | undefined {
    return this.heap[0]?.due;
  }

  /** Sets, moves or (undefined) takes away the deadline of an entry. */
  set(entry: T, due: Millis | undefined): void {
    if (due === undefined) {
      this.remove(entry);
      return;
    }
    entry.due = due;
    if (entry.slot < 0) {
      entry.slot = this.heap.length;
      this.heap.push(entry);
    }
    this.settle(entry);
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

  private remove(entry: T): void {
    const { slot } = entry;
    if (slot < 0) return;
    const last = this.heap.pop();
    entry.slot = -1;
    if (last === undefined || last === entry) return;
    last.slot = slot;
    this.heap[slot] = last;
    this.settle(last);
  }

  /** Moves an entry up or down until its parent is not later and its children are not earlier. */
  private settle(entry: T): void {
    while (entry.slot > 0 && this.swapIfEarlier(entry, (entry.slot - 1) >> 1)) {}
    for (let child = this.earlierChild(entry.slot); child !== undefined && child.due < entry.due; ) {
      this.swap(child, entry);
      child = this.earlierChild(entry.slot);
    }
  }

  private swapIfEarlier(entry: T, parentSlot: number): boolean {
    const parent = this.heap[parentSlot];
    if (parent === undefined || parent.due <= entry.due) return false;
    this.swap(entry, parent);
    return true;
  }

  private earlierChild(slot: number): T | undefined {
    const left = this.heap[2 * slot + 1];
    const right = this.heap[2 * slot + 2];
    return left !== undefined && right !== undefined && right.due < left.due ? right : left;
  }

  private swap(a: T, b: T): void {
    [a.slot, b.slot] = [b.slot, a.slot];
    this.heap[a.slot] = a;
    this.heap[b.slot] = b;
  }
}
