import type { Millis } from "../../clock.ts";
import type { WriteLimit } from "./policy.ts";

/** How much is left, as of a moment: it fills again at a steady rate. */
interface Bucket {
  readonly left: number;
  readonly at: Millis;
}

/** How often one server may change each of many things: a full bucket for each at first, which fills again evenly. */
export class WriteLimits {
  private readonly limit: WriteLimit;
  private readonly buckets = new Map<string, Bucket>();

  constructor(limit: WriteLimit) {
    this.limit = limit;
  }

  /** How long until so many changes are allowed; 0: now, Infinity: never so many at once. */
  wait(of: string, changes: number, now: Millis): Millis {
    const { writes, per } = this.limit;
    if (changes > writes) return Number.POSITIVE_INFINITY;
    return Math.max(0, ((changes - this.left(of, now)) * per) / writes);
  }

  /** They were made, or at least begun. What was allowed a moment ago may leave less than nothing. */
  take(of: string, changes: number, now: Millis): void {
    this.buckets.set(of, { left: this.left(of, now) - changes, at: now });
  }

  private left(of: string, now: Millis): number {
    const { writes, per } = this.limit;
    const bucket = this.buckets.get(of);
    if (bucket === undefined) return writes;
    return Math.min(writes, bucket.left + ((now - bucket.at) * writes) / per);
  }
}
