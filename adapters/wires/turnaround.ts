import type { Millis } from "../../src/adapter.ts";

/** So many of the newest answers count: enough for a 95th percentile, few enough to follow a device that changes. */
const KEPT = 64;

/** How long a device thinks before it answers, as measured. Bounded. */
export class Turnaround {
  private readonly newest: Millis[] = [];
  private at = 0;
  private sorted: readonly Millis[] | undefined;

  /** From the end of the request to the beginning of the answer. */
  add(time: Millis): void {
    this.newest[this.at] = Math.max(0, time);
    this.at = (this.at + 1) % KEPT;
    this.sorted = undefined;
  }

  get measured(): boolean {
    return this.newest.length > 0;
  }

  /** Undefined before the first answer. */
  get median(): Millis | undefined {
    return this.percentile(50);
  }

  get p95(): Millis | undefined {
    return this.percentile(95);
  }

  /** The smallest time that so many percent do not exceed (nearest rank). */
  private percentile(percent: number): Millis | undefined {
    this.sorted ??= [...this.newest].sort((a, b) => a - b);
    return this.sorted[Math.max(0, Math.ceil((percent / 100) * this.sorted.length) - 1)];
  }
}
