import type { ReadAnswer, ReadOrder } from "./calls.ts";
import type { IndexedRun } from "./observed.ts";
import { cutRun, lastOf, type Run, SegmentWriter } from "./segment.ts";

/** Cuts out of one run after the other what is wanted, as far as it is to be. */
export class Reading {
  private readonly order: ReadOrder;
  private readonly writer = new SegmentWriter();
  private samples = 0;
  /** Whether nothing was left out that is wanted. */
  private complete = true;

  constructor(order: ReadOrder) {
    this.order = order;
  }

  /** Whether it has as much as it may have. */
  get full(): boolean {
    return !this.complete;
  }

  wants(run: Run): boolean {
    return this.order.wanted.some(({ from, to }) => from <= lastOf(run) && to >= run.first);
  }

  /** Throws DamagedSegment. */
  take(body: Uint8Array, run: IndexedRun): void {
    const { wanted, maxSamples } = this.order;
    for (const range of wanted) {
      const to = Math.min(range.to, lastOf(run));
      if (!this.complete || range.from > to) return;
      if (range.to < run.first) continue;
      // One entry at least, which may be more than is to be; then it is left out by who asked.
      const cut = { after: Math.max(range.from, run.first) - 1, to, maxSamples: maxSamples - this.samples };
      const part = cutRun(body, run, run.place === undefined ? cut : { ...cut, known: run.place });
      this.writer.addBytes(part.run, ...part.parts);
      this.samples += part.run.samples;
      run.place = part.next;
      this.complete = part.next.sequence > to && this.samples <= maxSamples;
    }
  }

  end(): Omit<ReadAnswer, "dropped"> {
    const { writer, complete } = this;
    return { segment: writer.empty ? undefined : writer.take().segment, complete };
  }
}
