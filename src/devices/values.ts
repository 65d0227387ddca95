import { datedFrom, type Millis, type UnixMillis } from "../clock.ts";
import { isWithin, type Path } from "../lwm2m/path.ts";
import { type ReportingRule, type Sample, sameValue, type Value } from "../lwm2m/sample.ts";
import { SparseMap } from "../sparse-map.ts";
import { ROW, ValueRows } from "./value-rows.ts";

/** What is known of one leaf now. */
export interface Known {
  /** The last good value; undefined: there was none yet. */
  readonly value: Value | undefined;
  /** When it was measured. */
  readonly time: UnixMillis;
  /** Why the newest reading is no value, and when it came; undefined while the value is good. */
  readonly bad: Trouble | undefined;
  /** When the newest reading, good or bad, came in, in whole milliseconds; NEVER: none did. Monotonic: an NTP step makes no value younger. */
  readonly heard: Millis;
  /** How many readings have come in. */
  readonly readings: number;
}

/** A counter that was believed though it fell: what it counted before, and from where it counts on. */
export interface Reset {
  readonly from: Value;
  readonly to: Value;
  readonly time: UnixMillis;
}

export interface Trouble {
  readonly reason: string;
  readonly time: UnixMillis;
}

/** What values must know of a leaf of the device's model. */
export interface ValueLeaf {
  readonly path: Path;
  readonly reporting?: ReportingRule;
}

export const NEVER: Millis = -1;

const NO_PATHS: ReadonlySet<Path> = new Set();
const NO_LEAVES: ReadonlySet<number> = new Set();

/** What stands where in the row of a leaf; first what each read looks at: a row seldom begins where a line of memory does. */
const HEARD = 0;
/** Whether the newest reading is bad: 0 or 1. */
const BAD = 1;
/** Whether the last good value is a number: 0 or 1. Another stands elsewhere. */
const IS_NUMBER = 2;
const NUMBER = 3;
const TIME = 4;
/** Whether its leaf has a rule of reporting: 0 or 1. Of a leaf without one no read has to look at the leaf itself. */
const RULED = 5;
const READINGS = 6;

/**
 * The newest reading of each leaf of a device, good or bad, by the position of the leaf. It is written in place: thousands of
 * values that are polled for ever must leave no garbage behind.
 */
export class Values {
  private readonly numbers: Float64Array;
  private readonly start: number;
  private readonly count: number;
  private readonly leaves: readonly ValueLeaf[];
  /** Good values that are no numbers. */
  private readonly others = new Map<number, Value>();
  private readonly troubles = new SparseMap<number, Trouble>();
  private readonly resets = new SparseMap<number, Reset>();
  /** Of what lies at or below these each reading is told. */
  private toldEach: ReadonlySet<Path> = NO_PATHS;
  /** Their leaves. */
  private each: ReadonlySet<number> = NO_LEAVES;

  /** `leaves`: those of the device's model. */
  constructor(leaves: readonly ValueLeaf[], rows = new ValueRows()) {
    const { numbers, start } = rows.take(leaves.length);
    this.numbers = numbers;
    this.start = start;
    this.count = leaves.length;
    this.leaves = leaves;
    for (let at = 0; at < leaves.length; at++) {
      numbers[start + at * ROW + HEARD] = NEVER;
      numbers[start + at * ROW + TIME] = Number.NaN;
      numbers[start + at * ROW + RULED] = leaves[at]?.reporting === undefined ? 0 : 1;
    }
  }

  /** Whether somebody wants each reading at or below this path, also one that gives the same value. */
  tellEach(path: Path, wanted: boolean): void {
    if (this.toldEach.has(path) === wanted) return;
    const all = wanted ? [...this.toldEach, path] : [...this.toldEach].filter((told) => told !== path);
    this.toldEach = new Set(all);
    const wide = (leaf: Path): boolean => all.some((told) => isWithin(leaf, told));
    this.each = new Set(this.leaves.flatMap(({ path: leaf }, at) => (wide(leaf) ? [at] : [])));
  }

  /**
   * Takes a good value; returns it as a sample where it is new, or each reading is wanted, or its age counts (`max_age`). One
   * that is read again unchanged is younger, but not new.
   */
  take(at: number, value: Value, time: UnixMillis, now: Millis): Sample | undefined {
    const row = this.row(at);
    const { numbers } = this;
    const old = this.value(at, row);
    const isNew = old === undefined || !sameValue(old, value);
    if (isNew) this.set(at, row, value);
    numbers[row + TIME] = time;
    if (numbers[row + BAD] === 1) this.troubles.delete(at);
    numbers[row + BAD] = 0;
    this.hear(row, now);
    if (!isNew && !this.each.has(at) && this.ruleOf(at, row)?.maxAge === undefined) return undefined;
    return sampleOf(this.pathOf(at), value, time, this.ruleOf(at, row));
  }

  /**
   * The newest reading is no value; the last good one stays as it was. Returns whether that is new: a reason that changes
   * with each reading ("999 is not within 0..400") is none.
   */
  bad(at: number, reason: string, time: UnixMillis, now: Millis): boolean {
    const row = this.row(at);
    const isNew = this.numbers[row + BAD] === 0;
    this.numbers[row + BAD] = 1;
    this.troubles.set(at, { reason, time });
    this.hear(row, now);
    return isNew;
  }

  /** The counter is about to take a smaller value that is believed. */
  beganAnew(at: number, reset: Reset): void {
    this.resets.set(at, reset);
  }

  /** The last time that a counter began anew. */
  reset(at: number): Reset | undefined {
    return this.resets.get(at);
  }

  /** How many are no good values now. */
  get badCount(): number {
    return this.troubles.size;
  }

  get(at: number): Known {
    const row = this.row(at);
    return {
      value: this.value(at, row),
      time: this.numbers[row + TIME] ?? Number.NaN,
      bad: this.troubles.get(at),
      heard: this.heard(at),
      readings: this.numbers[row + READINGS] ?? 0,
    };
  }

  /** As `heard` of what is known. */
  heard(at: number): Millis {
    return this.numbers[this.row(at) + HEARD] ?? NEVER;
  }

  /** Whether the newest reading is no value. */
  isBad(at: number): boolean {
    return this.numbers[this.row(at) + BAD] === 1;
  }

  /** The last good value with the time at which it was measured; `path`: that of the leaf, for who has it at hand. */
  sample(at: number, path = this.pathOf(at)): Sample | undefined {
    const row = this.row(at);
    const value = this.value(at, row);
    if (value === undefined) return undefined;
    return sampleOf(path, value, this.numbers[row + TIME] ?? Number.NaN, this.ruleOf(at, row));
  }

  /** The clock is right now: the machine started then. What was measured before gets its time. */
  dated(started: UnixMillis): void {
    for (let at = 0; at < this.count; at++) {
      const row = this.row(at);
      this.numbers[row + TIME] = datedFrom(started, this.numbers[row + TIME] ?? Number.NaN);
    }
    for (const [at, { reason, time }] of this.troubles) {
      this.troubles.set(at, { reason, time: datedFrom(started, time) });
    }
    for (const [at, reset] of this.resets) this.resets.set(at, { ...reset, time: datedFrom(started, reset.time) });
  }

  private ruleOf(at: number, row: number): ReportingRule | undefined {
    return this.numbers[row + RULED] === 1 ? this.leaves[at]?.reporting : undefined;
  }

  private value(at: number, row: number): Value | undefined {
    return this.numbers[row + IS_NUMBER] === 1 ? this.numbers[row + NUMBER] : this.others.get(at);
  }

  private set(at: number, row: number, value: Value): void {
    if (typeof value === "number") {
      this.numbers[row + IS_NUMBER] = 1;
      this.numbers[row + NUMBER] = value;
      this.others.delete(at);
    } else {
      this.numbers[row + IS_NUMBER] = 0;
      this.others.set(at, value);
    }
  }

  private hear(row: number, now: Millis): void {
    this.numbers[row + HEARD] = wholeMillis(now);
    this.numbers[row + READINGS] = (this.numbers[row + READINGS] ?? 0) + 1;
  }

  private pathOf(at: number): Path {
    const leaf = this.leaves[at];
    if (leaf === undefined) throw new RangeError(`the device has no leaf ${at}`);
    return leaf.path;
  }

  private row(at: number): number {
    if (at >= this.count) throw new RangeError(`the device has no leaf ${at}`);
    return this.start + at * ROW;
  }
}

function sampleOf(path: Path, value: Value, time: UnixMillis, reporting: ReportingRule | undefined): Sample {
  return reporting === undefined ? { path, value, time } : { path, value, time, reporting };
}

/** A small integer stands in its object; a float would be one more place in memory that each read has to look at. */
export function wholeMillis(time: Millis): Millis {
  return Math.floor(time);
}
