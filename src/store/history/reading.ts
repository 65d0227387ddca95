import type { IndexedRun } from "./archive-index.ts";
import type { ReadAnswer, ReadOrder } from "./calls.ts";
import { cutRun, lastOf, type Run, SegmentWriter } from "./segment.ts";
import type { SequenceRange } from "./sequences.ts";

/** Cuts out of one run after the other what is wanted, as far as it is to be. */
export class Reading {
  private readonly order: ReadOrder;
  private readonly writer = new SegmentWriter();
  private samples = 0;
  private complete = true;

  constructor(order: ReadOrder) {
    this.order = order;
  }

  /** Whether it has as much as is to be, and more is there. */
  get full(): boolean {
    if (!this.writer.empty && this.samples > this.order.maxSamples) this.complete = false;
    return !this.complete;
  }

  wants(run: Run): boolean {
    return this.order.wanted.some(({ from, to }) => from <= lastOf(run) && to >= run.first);
  }

  /** Throws DamagedSegment. */
  take(body: Uint8Array, run: IndexedRun): void {
    for (const { from, to } of this.partsOf(run)) {
      if (this.full) return;
      const cut = { after: from - 1, to, maxSamples: this.order.maxSamples - this.samples };
      const part = cutRun(body, run, run.place === undefined ? cut : { ...cut, known: run.place });
      this.writer.addBytes(part.run, ...part.parts);
      this.samples += part.run.samples;
      run.place = part.next;
      if (part.next.sequence <= to) this.complete = false;
    }
  }

  end(): Omit<ReadAnswer, "dropped"> {
    const { writer, complete } = this;
    return { segment: writer.empty ? undefined : writer.take().segment, complete };
  }

  private partsOf(run: Run): readonly SequenceRange[] {
    const last = lastOf(run);
    const overlapping = this.order.wanted.filter(({ from, to }) => from <= last && to >= run.first);
    return overlapping.map(({ from, to }) => ({ from: Math.max(from, run.first), to: Math.min(to, last) }));
  }
}
