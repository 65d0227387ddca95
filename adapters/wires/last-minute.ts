import { MINUTE, type Millis, SECOND } from "../../src/adapter.ts";

/** How often something happened in the last minute. */
export class LastMinute {
  private readonly now: () => Millis;
  /** Of each of the last 60 seconds. */
  private readonly counts = new Uint32Array(60);
  private second = 0;

  constructor(now: () => Millis) {
    this.now = now;
  }

  get sum(): number {
    this.forward();
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  count(): void {
    this.forward();
    const at = this.second % 60;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  private forward(): void {
    const second = Math.floor(this.now() / SECOND);
    const passed = Math.min(second - this.second, MINUTE / SECOND);
    for (let i = 0; i < passed; i++) this.counts[(second - i) % 60] = 0;
    this.second = second;
  }
}
