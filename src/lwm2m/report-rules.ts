/** Which attributes count for one observed path, and whether a value is worth a report: Core 1.2 §6.4.2. */
import { type Millis, SECOND } from "../clock.ts";
import type { AttributeSource } from "./attribute-store.ts";
import { type Attributes, areThresholdsConsistent } from "./attributes.ts";
import { scaled } from "./decimal.ts";
import type { Path } from "./path.ts";
import { sameValue, type Value } from "./sample.ts";

/** Attributes as the evaluation needs them: times in milliseconds, and nothing that contradicts itself. */
export interface Rules {
  readonly pmin: Millis;
  /** Never less than pmin. */
  readonly pmax: Millis;
  readonly epmin: Millis;
  readonly epmax: Millis;
  readonly conditions: Pick<Attributes, "gt" | "lt" | "st" | "edge">;
  readonly confirmable: boolean;
  readonly keep: number | undefined;
}

/** How often an observed path is to be evaluated, in milliseconds: not more often than epmin, at least each epmax. */
export interface Evaluation {
  readonly path: Path;
  /** 0 where there is none. */
  readonly epmin: Millis;
  /** Infinite where there is none; always more than epmin. */
  readonly epmax: Millis;
  /** Each measurement is to be told, also one that gives the same value. */
  readonly each?: boolean;
}

/**
 * Attributes in the request of an Observe stand alone; in that of an Observe-Composite they stand for what can be set on an
 * object, and what belongs to a resource remains (Core 1.2 §6.4.1, §6.4.4). Both have the defaults of the Server object below them.
 */
export function effectiveAttributes(
  path: Path,
  requested: Attributes | undefined,
  composite: boolean,
  source: AttributeSource,
): Attributes {
  const attributes = attributesAsked(path, requested, composite, source);
  const floor = source.floor?.() ?? 0;
  return floor === 0 ? attributes : above(floor, attributes);
}

/** Whether they report nothing but that a limit is crossed, or a boolean goes one way. */
export function watchesLimit({ gt, lt, st, edge }: Rules["conditions"]): boolean {
  return st === undefined && (gt !== undefined || lt !== undefined || edge !== undefined);
}

/** A pmax that counts goes up with pmin, so that a value which does not change is told, too, and as seldom. */
function above(floor: number, attributes: Attributes): Attributes {
  const { pmin = 0, pmax = 0 } = attributes;
  return {
    ...attributes,
    ...(watchesLimit(attributes) ? {} : { pmin: Math.max(pmin, floor) }),
    ...(pmax === 0 || pmax < pmin ? {} : { pmax: Math.max(pmax, floor) }),
  };
}

function attributesAsked(
  path: Path,
  requested: Attributes | undefined,
  composite: boolean,
  source: AttributeSource,
): Attributes {
  if (requested === undefined) return source.effective(path);
  if (!composite) return { ...source.defaults(), ...requested };
  const { pmin: _pmin, pmax: _pmax, epmin: _epmin, epmax: _epmax, con: _con, ...rest } = source.effective(path);
  return { ...source.defaults(), ...rest, ...requested };
}

export function toRules(attributes: Attributes): Rules {
  const { pmin = 0, pmax = 0, epmin = 0, epmax, con, hqmax } = attributes;
  return {
    pmin: pmin * SECOND,
    // Core 1.2 §6.4.2: pmax below pmin is ignored, and 0 means none.
    pmax: pmax === 0 || pmax < pmin ? Number.POSITIVE_INFINITY : pmax * SECOND,
    epmin: epmin * SECOND,
    // No single write can bring it about, but levels that contradict each other: then the device is spared.
    epmax: epmax === undefined || epmax <= epmin ? Number.POSITIVE_INFINITY : epmax * SECOND,
    // Levels may contradict each other though no single write did; then only the times count.
    conditions: areThresholdsConsistent(attributes) ? attributes : {},
    confirmable: con !== 0,
    keep: hqmax,
  };
}

/**
 * Whether a value is worth a report after the last reported one; any of the conditions is enough (Core 1.2 §6.4.2). Where
 * there is none, a change must be as great as the `deadband` of the mapping.
 */
export function isMet(
  { gt, lt, st, edge }: Rules["conditions"],
  last: Value | undefined,
  value: Value,
  deadband?: number,
): boolean {
  if (last === undefined) return true;
  if (sameValue(last, value)) return false;
  if (edge !== undefined && typeof value === "boolean") return value === (edge === 1);
  if (gt === undefined && lt === undefined && st === undefined) {
    return deadband === undefined || !isNumber(last) || !isNumber(value) || reaches(deadband, last, value);
  }
  // Thresholds say nothing of what is no number, so that every change of it counts.
  if (!isNumber(last) || !isNumber(value)) return true;
  return crosses(gt, last, value) || crosses(lt, last, value) || (st !== undefined && reaches(st, last, value));
}

/** In either direction; to reach the limit is not to cross it. Integers of 64 bits and numbers compare exactly as they are. */
function crosses(limit: number | bigint | undefined, from: number | bigint, to: number | bigint): boolean {
  return limit !== undefined && ((from <= limit && to > limit) || (from >= limit && to < limit));
}

/** From 20.3 to 20.4 is a step of 0.1, though the difference of their doubles is less. */
function reaches(step: number | bigint, from: number | bigint, to: number | bigint): boolean {
  const distance = Math.abs(Number(to) - Number(from));
  const doubt = (Math.abs(Number(from)) + Math.abs(Number(to)) + Number(step)) * Number.EPSILON;
  if (Math.abs(distance - Number(step)) > doubt || !Number.isFinite(distance)) return distance >= step;
  const [start, end, least] = scaled(from, to, step);
  return (end > start ? end - start : start - end) >= least;
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && !Number.isNaN(value));
}
