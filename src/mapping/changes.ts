/**
 * `max_step` and `monotonic`: what a reading must be to be believed after the one before, in the unit of the resource. A device
 * that really is elsewhere must not be unreadable for ever: what is doubted is believed once the next reading bears it out.
 */
import type { Value } from "../lwm2m/sample.ts";
import { suffix } from "./limits.ts";
import type { PointHistory } from "./plan-types.ts";
import { Bad, describe, isNumeric, type Stage } from "./stage.ts";

export interface StepRule {
  /** The greatest change from one reading to the next. */
  readonly maxStep: number;
  /** Whether it is a counter: then only the way up counts, the way down is that of `monotonic`. */
  readonly counts: boolean;
}

/** A greater step is believed where the next reading lies within a step of it, or the device is known to be another one. */
export function stepStage({ maxStep, counts }: StepRule, unit = ""): Stage {
  return lookingBack((value, last, { doubted, renewed }) => {
    if (within(maxStep, last, value) || (counts && value < last)) return undefined;
    if (renewed === true || (isKnown(doubted) && within(maxStep, doubted, value))) return undefined;
    const [now, before] = [describe(value), describe(last)];
    return `${now}${suffix(unit)} is more than max_step (${maxStep}${suffix(unit)}) from ${before} before`;
  });
}

/**
 * A counter does not fall, but it begins anew: where it is known that the device did (it was replaced, or restarted by us),
 * where it wraps at `top`, or where it counts on from what it fell to. A zero that only stays, as of a device that is starting
 * or asleep, is none of that.
 */
export function monotonicStage(top: number | undefined): Stage {
  return lookingBack((value, last, { doubted, renewed }) => {
    if (value >= last || renewed === true) return undefined;
    if (top !== undefined && isWrap(top, last, value)) return undefined;
    if (isKnown(doubted) && doubted < value) return undefined;
    return `${describe(value)} is less than ${describe(last)} before, and a counter does not fall`;
  });
}

type Num = number | bigint;

/** `doubt`: why the value is not believed; undefined: it is. */
function lookingBack(doubt: (value: Num, last: Num, history: PointHistory) => string | undefined): Stage {
  return {
    looksBack: true,
    read(value, history) {
      if (history === undefined || !isNumeric(value) || !isNumeric(history.value)) return value;
      const reason = doubt(value, history.value, history);
      return reason === undefined ? value : new Bad(reason, value);
    },
    write: (value) => value,
  };
}

function isKnown(doubted: Value | undefined): doubted is Num {
  return doubted !== undefined && isNumeric(doubted);
}

/** From 20.3 to 20.4 is a step of 0.1, though the difference of their doubles is more. */
function within(step: number, from: Num, to: Num): boolean {
  if (typeof from === "bigint" && typeof to === "bigint") return Number(from > to ? from - to : to - from) <= step;
  const [start, end] = [Number(from), Number(to)];
  return Math.abs(end - start) <= step + (Math.abs(start) + Math.abs(end) + step) * SINGLE;
}

/** Half of the last digit of a 32-bit float, which most meters deliver. */
const SINGLE = 2 ** -25;

/** From the last quarter to the first: no meter counts half of its range between two readings. */
function isWrap(top: number, from: Num, to: Num): boolean {
  return Number(from) >= top * 0.75 && Number(to) <= top * 0.25;
}
