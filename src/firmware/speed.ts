/** How fast something gets on: of the last ten seconds. */
import { type Millis, SECOND } from "../clock.ts";

const SPAN: Millis = 10 * SECOND;

export class Speed {
  private points: { readonly at: Millis; readonly bytes: number }[] = [];

  /** So much is there; less than before: it has begun anew. */
  note(bytes: number, at: Millis): void {
    const last = this.points.at(-1);
    if (last !== undefined && bytes < last.bytes) this.points = [];
    this.points.push({ at, bytes });
    this.trim(at);
  }

  /** Bytes a second. */
  at(now: Millis): number {
    this.trim(now);
    const [first, last] = [this.points[0], this.points.at(-1)];
    if (first === undefined || last === undefined || now - first.at < SECOND) return 0;
    return ((last.bytes - first.bytes) * 1000) / (now - first.at);
  }

  /** The last one before the span stays: from there it is counted. */
  private trim(now: Millis): void {
    const from = now - SPAN;
    const old = this.points.findLastIndex(({ at }) => at <= from);
    if (old > 0) this.points = this.points.slice(old);
    const [first, second] = this.points;
    if (first !== undefined && first.at < from && second === undefined)
      this.points = [{ at: from, bytes: first.bytes }];
  }
}
