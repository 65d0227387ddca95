import { MINUTE, type Millis, SECOND } from "../clock.ts";

/** How many reports arrived: in all, and lately. */
export class Delivered {
  private count = 0;
  private newest: Millis | undefined;
  /** What the count was at these times, some seconds apart, in the last minute or so. */
  private marks: { readonly time: Millis; readonly count: number }[] = [];

  get total(): number {
    return this.count;
  }

  /** When something arrived last. */
  get last(): Millis | undefined {
    return this.newest;
  }

  add(reports: number, now: Millis): void {
    this.newest = now;
    if (now - (this.marks.at(-1)?.time ?? Number.NEGATIVE_INFINITY) >= APART) {
      this.marks = this.marks.filter(({ time }) => time > now - MINUTE);
      this.marks.push({ time: now, count: this.count });
    }
    this.count += reports;
  }

  /** In the last minute. */
  lately(now: Millis): number {
    const first = this.marks.find(({ time }) => time > now - MINUTE);
    return first === undefined ? 0 : this.count - first.count;
  }
}

const APART: Millis = 2 * SECOND;
