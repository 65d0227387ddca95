import { datedFrom, type Millis, type UnixMillis } from "../clock.ts";
import { isWithin, type Path } from "../lwm2m/path.ts";
import { type Sample, sameValue, type Value } from "../lwm2m/sample.ts";

/** What is known of one leaf now. It changes with each reading: take of it what is needed, and keep nothing. */
export interface Known {
  /** The last good value; undefined: there was none yet. */
  readonly value: Value | undefined;
  /** When it was measured. */
  readonly time: UnixMillis;
  /** Why the newest reading is no value, and when it came; undefined while the value is good. */
  readonly bad: { readonly reason: string; readonly time: UnixMillis } | undefined;
  /** When the newest reading, good or bad, came in, in whole milliseconds; NEVER: none did. Monotonic: an NTP step makes no value younger. */
  readonly heard: Millis;
  /** How many readings have come in. */
  readonly readings: number;
}

export const NEVER: Millis = -1;

type Cell = { -readonly [Key in keyof Known]: Known[Key] } & {
  readonly path: Path;
  /** Each reading is told, also one that gives the same value. */
  each: boolean;
};

/**
 * The newest reading of each leaf of a device, good or bad, by the position of the leaf. Cells are made once and written in
 * place: thousands of values that are polled for ever must leave no garbage behind.
 */
export class Values {
  private readonly cells: readonly Cell[];
  /** Of what lies at or below these each reading is told. */
  private readonly toldEach = new Set<Path>();

  /** `leaves`: those of the device's model. */
  constructor(leaves: readonly { readonly path: Path }[]) {
    this.cells = leaves.map(({ path }) => ({
      path,
      value: undefined,
      time: Number.NaN,
      bad: undefined,
      heard: NEVER,
      readings: 0,
      each: false,
    }));
  }

  /** Whether somebody wants each reading at or below this path, also one that gives the same value. */
  tellEach(path: Path, wanted: boolean): void {
    if (this.toldEach.has(path) === wanted) return;
    if (wanted) this.toldEach.add(path);
    else this.toldEach.delete(path);
    const all = [...this.toldEach];
    for (const cell of this.cells) {
      if (isWithin(cell.path, path)) cell.each = all.some((wide) => isWithin(cell.path, wide));
    }
  }

  /**
   * Takes a good value; returns it as a sample where it is new, or each reading is wanted. One that is read again unchanged is
   * younger, but not new.
   */
  take(at: number, value: Value, time: UnixMillis, now: Millis): Sample | undefined {
    const cell = this.cell(at);
    const isNew = cell.value === undefined || !sameValue(cell.value, value);
    if (isNew) cell.value = value;
    cell.time = time;
    cell.bad = undefined;
    cell.heard = wholeMillis(now);
    cell.readings++;
    return isNew || cell.each ? { path: cell.path, value, time } : undefined;
  }

  /**
   * The newest reading is no value; the last good one stays as it was. Returns whether that is new: a reason that changes
   * with each reading ("999 is not within 0..400") is none.
   */
  bad(at: number, reason: string, time: UnixMillis, now: Millis): boolean {
    const cell = this.cell(at);
    const isNew = cell.bad === undefined;
    cell.bad = { reason, time };
    cell.heard = wholeMillis(now);
    cell.readings++;
    return isNew;
  }

  get(at: number): Known {
    return this.cell(at);
  }

  /** The last good value with the time at which it was measured. */
  sample(at: number): Sample | undefined {
    const { path, value, time } = this.cell(at);
    return value === undefined ? undefined : { path, value, time };
  }

  /** The clock is right now: the machine started then. What was measured before gets its time. */
  dated(started: UnixMillis): void {
    for (const cell of this.cells) {
      cell.time = datedFrom(started, cell.time);
      if (cell.bad !== undefined) cell.bad = { ...cell.bad, time: datedFrom(started, cell.bad.time) };
    }
  }

  private cell(at: number): Cell {
    const cell = this.cells[at];
    if (cell === undefined) throw new RangeError(`the device has no leaf ${at}`);
    return cell;
  }
}

/** A small integer stands in its cell; a float would be one more place in memory that each read has to look at. */
export function wholeMillis(time: Millis): Millis {
  return Math.floor(time);
}
