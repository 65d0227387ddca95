/** How fast something gets on: of the last ten seconds. */
import { type Millis, SECOND } from "../clock.ts";

const SPAN: Millis = 10 * SECOND;
/** What comes faster than that is one point. */
const GRAIN: Millis = 100;

export interface SpeedProgress {
  readonly speed?: number;
  readonly remaining?: Millis;
}

export class Speed {
  private points: { readonly at: Millis; readonly bytes: number }[] = [];

  /** So much is there; less than before: it has begun anew. */
  note(bytes: number, at: Millis): void {
    const last = this.points.at(-1);
    if (last !== undefined && bytes < last.bytes) this.points = [];
    const before = this.points.at(-2);
    if (before !== undefined && at - before.at < GRAIN) this.points.pop();
    this.points.push({ at, bytes });
    this.trim(at);
  }

  /** It has begun anew, or is over. */
  clear(): void {
    this.points = [];
  }

  /** In whole bytes a second, and how long all of it takes still at that; neither before it is known. */
  progress(now: Millis, left?: number): SpeedProgress {
    const speed = this.at(now);
    if (speed === undefined) return {};
    const rounded = Math.round(speed);
    if (left === undefined || speed <= 0) return { speed: rounded };
    return { speed: rounded, remaining: Math.ceil((left * SECOND) / speed) };
  }

  /** Bytes a second; undefined: it was not looked at for long enough. */
  at(now: Millis): number | undefined {
    this.trim(now);
    const [first, last] = [this.points[0], this.points.at(-1)];
    if (first === undefined || last === undefined || now - first.at < SECOND) return undefined;
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
