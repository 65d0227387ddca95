/** `scale`, `offset` and units as one map: value = raw * factor + offset. */
import { integer } from "../lwm2m/formats/value.ts";
import { add, divide, gcd, multiply, ONE, type Rational, rational, subtract, toNumber, ZERO } from "./rational.ts";
import { isNumeric, refuse, refuseKind, type Stage, type WriteMode, wrongKind } from "./stage.ts";

export interface Linear {
  readonly factor: Rational;
  readonly offset: Rational;
}

/** What the raw number is: whole steps, a float32, a float64, or a number that was spelled in decimal. */
export type Precision = "integer" | "single" | "double" | "decimal";

export const IDENTITY: Linear = { factor: ONE, offset: ZERO };

export function linear(factor: number | string, offset: number | string): Linear {
  return { factor: rational(factor), offset: rational(offset) };
}

/** First `inner`, then `outer`. */
export function compose(inner: Linear, outer: Linear): Linear {
  return {
    factor: multiply(inner.factor, outer.factor),
    offset: add(multiply(inner.offset, outer.factor), outer.offset),
  };
}

/** The way back. Throws RangeError for a factor of zero. */
export function invert({ factor, offset }: Linear): Linear {
  return { factor: divide(ONE, factor), offset: divide(subtract(ZERO, offset), factor) };
}

export function isIdentity({ factor, offset }: Linear): boolean {
  return factor.numerator === 1n && factor.denominator === 1n && offset.numerator === 0n;
}

/** Applies the map to one number that was spelled in decimal, such as those of an enum. */
export function applyLinear(map: Linear, value: number | bigint): number | bigint {
  return typeof value === "bigint" ? exactly(fraction(map), value) : tidy(forward(map)(value));
}

/**
 * The stage of a pipeline. On write to whole steps the inverse must be exact, or it is refused; a server that wrote a
 * float32 means the step that looks the same as float32.
 */
export function linearStage(map: Linear, precision: Precision): Stage {
  const exact = forward(map);
  const read = precision === "decimal" ? (value: number) => tidy(exact(value)) : exact;
  const parts = fraction(map);
  const write = precision === "integer" ? toSteps(map, read) : toFloat(map, read, precision);
  return {
    read(value) {
      if (typeof value === "number") return read(value);
      return typeof value === "bigint" ? exactly(parts, value) : wrongKind("a number", value);
    },
    write,
  };
}

/** 1.013 * 100000 prints as 101299.99999999999: 15 digits are all that a decimal text of today's sensors can mean. */
function tidy(value: number | bigint): number | bigint {
  return typeof value === "bigint" ? value : Number(value.toPrecision(15));
}

/** (value * factor + offset) / divisor, all whole. */
interface Fraction {
  readonly factor: bigint;
  readonly offset: bigint;
  readonly divisor: bigint;
}

function fraction({ factor, offset }: Linear): Fraction {
  const common = factor.denominator * offset.denominator;
  const parts = [factor.numerator * offset.denominator, offset.numerator * factor.denominator, common] as const;
  const divisor = parts.reduce((a, b) => gcd(a, b < 0n ? -b : b), 0n) || 1n;
  return { factor: parts[0] / divisor, offset: parts[1] / divisor, divisor: parts[2] / divisor };
}

/** With whole parts a whole raw number is rounded once only, by the division: 2305 / 10, never 2305 * 0.1. */
function forward(map: Linear): (value: number) => number | bigint {
  const parts = fraction(map);
  const [factor, offset, divisor] = [Number(parts.factor), Number(parts.offset), Number(parts.divisor)];
  if (![factor, offset, divisor].every(Number.isSafeInteger)) {
    const [slope, shift] = [toNumber(map.factor), toNumber(map.offset)];
    return (value) => value * slope + shift;
  }
  return (value) => {
    const top = value * factor + offset;
    // Above 2^53 the product may have lost its last digits: only a whole raw value has them all.
    if (!(top <= Number.MAX_SAFE_INTEGER && top >= -Number.MAX_SAFE_INTEGER) && Number.isSafeInteger(value)) {
      return exactly(parts, BigInt(value));
    }
    return top / divisor;
  };
}

function exactly({ factor, offset, divisor }: Fraction, value: bigint): number | bigint {
  const top = value * factor + offset;
  const whole = top / divisor;
  const rest = top - whole * divisor;
  if (rest === 0n) return integer(whole);
  return Number(whole) + Number(rest) / Number(divisor);
}

function toSteps(map: Linear, read: (value: number) => number | bigint): Stage["write"] {
  const parts = fraction(map);
  const step = Math.abs(toNumber(map.factor));
  const back = invert(map);
  const [slope, shift] = [toNumber(back.factor), toNumber(back.offset)];
  return (value, mode) => {
    if (!isNumeric(value)) return refuseKind("a number", value);
    if (typeof value === "bigint" || Number.isSafeInteger(value)) {
      const top = BigInt(value) * parts.divisor - parts.offset;
      if (top % parts.factor === 0n) return integer(top / parts.factor);
    }
    const near = Math.round(Number(value) * slope + shift) + 0;
    if (mode === "nearest" || sameNumber(Number(read(near)), Number(value), step)) return near;
    return refuse(`${value} is between two steps of the device; the nearest is ${read(near)}`);
  };
}

function sameNumber(stepped: number, wanted: number, step: number): boolean {
  if (Math.fround(wanted) === wanted && Math.fround(stepped) === wanted) return true;
  return Math.abs(stepped - wanted) <= 1e-9 * step;
}

function toFloat(map: Linear, read: (value: number) => number | bigint, precision: Precision): Stage["write"] {
  const back = forward(invert(map));
  return (value, mode) => {
    if (!isNumeric(value)) return refuseKind("a number", value);
    const raw = Number(typeof value === "bigint" ? back(Number(value)) : back(value));
    return precision !== "single" ? shortest(raw, (candidate) => read(candidate) === value, mode) : raw;
  };
}

/** 21.5 / 0.1 prints as 215.00000000000003: a neighbour with fewer digits that gives the same value is meant. */
function shortest(raw: number, givesTheSame: (candidate: number) => boolean, mode: WriteMode): number {
  const short = Number(raw.toPrecision(mode === "nearest" ? 7 : 12));
  return mode === "nearest" || givesTheSame(short) ? short : raw;
}

/** For the reader: "x0.001", "-273.15", "x0.555556 -17.7778". */
export function describeLinear({ factor, offset }: Linear): string {
  const [slope, shift] = [toNumber(factor), toNumber(offset)];
  const parts = [];
  if (slope !== 1) parts.push(`x${short(slope)}`);
  if (shift !== 0) parts.push(`${shift < 0 ? "-" : "+"}${short(Math.abs(shift))}`);
  return parts.join(" ");
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
