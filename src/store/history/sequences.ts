/** Both ends are among them. */
export interface SequenceRange {
  readonly from: number;
  readonly to: number;
}

/** Which sequences of one observation wait: one range nearly always; another begins where a part was lost in between. */
export class Sequences {
  private ranges: SequenceRange[];
  private size: number;

  constructor(ranges: readonly SequenceRange[] = []) {
    this.ranges = [...ranges];
    this.size = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  }

  get count(): number {
    return this.size;
  }

  /** A sequence above all others. */
  add(sequence: number): void {
    const newest = this.ranges.at(-1);
    if (newest?.to === sequence - 1) this.ranges[this.ranges.length - 1] = { from: newest.from, to: sequence };
    else this.ranges.push({ from: sequence, to: sequence });
    this.size++;
  }

  /** Takes these out, as far as they are there; returns how many were. */
  drop({ from, to }: SequenceRange): number {
    const before = this.size;
    this.ranges = this.ranges.flatMap((range) => {
      if (range.to < from || range.from > to) return [range];
      this.size -= Math.min(range.to, to) - Math.max(range.from, from) + 1;
      const left = range.from < from ? [{ from: range.from, to: from - 1 }] : [];
      const right = range.to > to ? [{ from: to + 1, to: range.to }] : [];
      return [...left, ...right];
    });
    return before - this.size;
  }

  /** The sequence up to which so many of the oldest lie; at most `count` of them. */
  oldest(many: number): number {
    let left = many;
    for (const { from, to } of this.ranges) {
      if (left <= to - from + 1) return from + left - 1;
      left -= to - from + 1;
    }
    return this.ranges.at(-1)?.to ?? 0;
  }
}
