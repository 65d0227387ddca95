/** Times of records, as SenML (RFC 8428 §4.5.3) and LwM2M JSON tell them: a base time, and what differs from it. */
import { datedFrom, isUndated, type Millis, SECOND, type Undated, type UnixMillis } from "../../clock.ts";
import type { Sample } from "../sample.ts";

/** How a time is told: the milliseconds that stand for those of a sample. */
export type Grid = (time: UnixMillis) => UnixMillis;

export const exact: Grid = (time) => time;

/** How the times of a pack are told. */
export interface Timing {
  readonly grid: Grid;
  readonly undated: Undated | undefined;
}

/**
 * What each of the records that follow each other says of its time. A device is read as a whole: a time that two records in a row
 * have becomes the base time, any other stands beside the base. What was measured before the clock was right and cannot be dated
 * yet must come first, since a base time would count for it. Its time is relative to now, or is none where now is not known.
 */
export class RecordTimes {
  /** Of the record taken last, in seconds; undefined: it does not say it. */
  baseTime: number | undefined;
  time: number | undefined;
  private readonly timing: Timing;
  private base: UnixMillis | undefined;

  constructor(timing: Timing) {
    this.timing = timing;
  }

  take({ time }: Sample, next: Sample | undefined): void {
    const { timing, base } = this;
    this.baseTime = undefined;
    this.time = undefined;
    if (isUndated(time)) {
      const offset = offsetOf(time, timing, undefined);
      if (offset !== 0) this.time = offset / SECOND;
      return;
    }
    const told = timing.grid(time);
    if (told === base) return;
    if (base !== undefined && next?.time !== time) {
      this.time = (told - base) / SECOND;
    } else {
      this.base = told;
      this.baseTime = told / SECOND;
    }
  }
}

/** Whether all have a time of measurement: one from before the clock was right would read as relative. */
export function datable(samples: readonly Sample[]): boolean {
  return samples.every(isDatable);
}

/** The same samples with Unix time, as far as it is known; those without it first. */
export function settled(samples: readonly Sample[], undated: Undated | undefined): readonly Sample[] {
  if (undated === undefined || "now" in undated) return undatedFirst(samples);
  // A clock that is believed whatever it says may count from 1970.
  return undatedFirst(samples.map((sample) => ({ ...sample, time: datedFrom(undated.started, sample.time) })));
}

/** After the base time, where there is one; else relative to now, or 0 where now is not known. */
export function offsetOf(time: UnixMillis, { grid, undated }: Timing, base: UnixMillis | undefined): Millis {
  if (base !== undefined) return grid(time) - base;
  return undated !== undefined && "now" in undated ? grid(Math.min(0, time - undated.now)) : 0;
}

/** The time of a record in seconds, which may be relative to now; undefined where it is and now is not known. */
export function absoluteTime(seconds: number, now: UnixMillis | undefined): UnixMillis | undefined {
  // Rounded first: base and offset of a time at the border may add up to a hair less.
  const millis = Math.round(seconds * 1000);
  if (!isUndated(millis)) return millis;
  return now === undefined ? undefined : now + millis;
}

function isDatable({ time }: Sample): boolean {
  return !isUndated(time);
}

function undatedFirst(samples: readonly Sample[]): readonly Sample[] {
  return [...samples.filter((sample) => !isDatable(sample)), ...samples.filter(isDatable)];
}
