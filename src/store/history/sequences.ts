/** Both ends are among them. */
export interface SequenceRange {
  readonly from: number;
  readonly to: number;
}

/** Which sequences of one observation wait: one range nearly always; another begins behind what was delivered out of turn. */
export class Sequences {
  private readonly ranges: SequenceRange[] = [];
  private size = 0;

  /** In their order; adjacent ones become one. */
  constructor(ranges: readonly SequenceRange[] = []) {
    for (const { from, to } of ranges) {
      const newest = this.ranges.at(-1);
      if (newest?.to === from - 1) this.ranges[this.ranges.length - 1] = { from: newest.from, to };
      else this.ranges.push({ from, to });
      this.size += to - from + 1;
    }
  }

  get count(): number {
    return this.size;
  }

  /** The oldest of all; undefined where there is none. */
  get first(): number | undefined {
    return this.ranges[0]?.from;
  }

  /** A sequence above all others. */
  add(sequence: number): void {
    const newest = this.ranges.at(-1);
    if (newest?.to === sequence - 1) this.ranges[this.ranges.length - 1] = { from: newest.from, to: sequence };
    else this.ranges.push({ from: sequence, to: sequence });
    this.size++;
  }

  has(sequence: number): boolean {
    const range = this.ranges[this.indexOf(sequence)];
    return range !== undefined && range.from <= sequence;
  }

  /** Whether one of these is there. */
  hasAny({ from, to }: SequenceRange): boolean {
    const range = this.ranges[this.indexOf(from)];
    return range !== undefined && range.from <= to;
  }

  /** Takes these out, as far as they are there; returns how many were. */
  drop({ from, to }: SequenceRange): number {
    const begin = this.indexOf(from);
    const left: SequenceRange[] = [];
    let gone = 0;
    let end = begin;
    for (let range = this.ranges[end]; range !== undefined && range.from <= to; range = this.ranges[++end]) {
      gone += Math.min(range.to, to) - Math.max(range.from, from) + 1;
      if (range.from < from) left.push({ from: range.from, to: from - 1 });
      if (range.to > to) left.push({ from: to + 1, to: range.to });
    }
    if (end > begin) this.ranges.splice(begin, end - begin, ...left);
    this.size -= gone;
    return gone;
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

  /** The oldest ranges, at most so many of them, without what is above `last`. */
  head(most: number, last: number): readonly SequenceRange[] {
    const head = this.ranges.slice(0, most).filter(({ from }) => from <= last);
    return head.map(({ from, to }) => ({ from, to: Math.min(to, last) }));
  }

  /** What is not there between the oldest and `last`. */
  gaps(last: number): readonly SequenceRange[] {
    const gaps: SequenceRange[] = [];
    for (const [i, { to }] of this.ranges.entries()) {
      const end = (this.ranges[i + 1]?.from ?? last + 1) - 1;
      if (end > to) gaps.push({ from: to + 1, to: end });
    }
    return gaps;
  }

  /** Of the first range that does not end before this sequence. */
  private indexOf(sequence: number): number {
    // Most are looked for in the first.
    if ((this.ranges[0]?.to ?? 0) >= sequence) return 0;
    return indexFrom(this.ranges, sequence, ({ to }) => to);
  }
}

/** Index of the first that does not end before this sequence, of some that stand in their order. */
export function indexFrom<T>(list: readonly T[], sequence: number, endOf: (item: T) => number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && endOf(item) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
