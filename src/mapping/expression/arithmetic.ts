/**
 * Numbers of expressions. Whole ones stay exact as far as 64 bits reach; where a fraction comes in, or more than 64 bits, a
 * result is as precise as a double. What is no number is Bad, with the reason: nothing here returns NaN or an infinity.
 */
import { integer } from "../../lwm2m/formats/value.ts";
import { Bad } from "../stage.ts";
import type { ArithmeticOperator } from "./syntax.ts";

/** A bigint only where it is no safe integer. */
export type Numeric = number | bigint;

export function calculate(operator: ArithmeticOperator, a: Numeric, b: Numeric): Numeric | Bad {
  const [x, y] = [Number(a), Number(b)];
  switch (operator) {
    case "+":
      return result(x + y) ?? exactly(a, b, x + y, (left, right) => left + right);
    case "-":
      return result(x - y) ?? exactly(a, b, x - y, (left, right) => left - right);
    case "*":
      return result(x * y) ?? exactly(a, b, x * y, (left, right) => left * right);
    case "/":
      return y === 0 ? new Bad("division by zero") : divide(a, b);
    case "%":
      if (y === 0) return new Bad("division by zero");
      return exactly(a, b, x % y, (left, right) => left % right);
    case "**":
      return power(a, b);
  }

  /** Small whole numbers, the usual case, are exact as they are. */
  function result(near: number): number | undefined {
    return typeof a === "number" && typeof b === "number" && Number.isSafeInteger(near) ? near + 0 : undefined;
  }
}

export function negated(a: Numeric): Numeric {
  return typeof a === "bigint" ? integer(-a) : 0 - a;
}

/** Less than 0, 0, or more; exact also between a number and a bigint. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Half a step away from zero, as people round: 2.5 is 3, -2.5 is -3. `digits` behind the point. */
export function rounded(a: Numeric, digits: Numeric): Numeric | Bad {
  if (!isWhole(digits) || digits < 0 || digits > 15) return new Bad(`cannot round to ${digits} digits`);
  if (typeof a === "bigint") return a;
  const scale = 10 ** Number(digits);
  const scaled = tidy(Math.abs(a) * scale);
  return Number.isFinite(scaled) ? (Math.sign(a) * Math.round(scaled)) / scale + 0 : a;
}

/** Of a number with a sign its two's complement of 64 bits. */
export function hasBit(a: Numeric, bit: Numeric): boolean | Bad {
  if (!isWhole(a)) return new Bad(`${a} has no bits: it is not whole`);
  if (!isWhole(bit) || bit < 0 || bit > 63) return new Bad(`there is no bit ${bit}: they go from 0 to 63`);
  return ((BigInt.asUintN(64, BigInt(a)) >> BigInt(bit)) & 1n) === 1n;
}

/** What a function of doubles gives; `what` names it in the sentence where that is no number. */
export function finite(value: number, what: () => string): number | Bad {
  if (Number.isFinite(value)) return value + 0;
  return new Bad(Number.isNaN(value) ? `${what()} is no number` : `${what()} is too large`);
}

/** 0.1 + 0.2 prints as 0.30000000000000004: 15 digits are all that a double holds for sure. */
export function tidy(value: number): number {
  return Number.isSafeInteger(value) || !Number.isFinite(value) ? value : Number(value.toPrecision(15));
}

function isWhole(value: Numeric): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

function exactly(a: Numeric, b: Numeric, near: number, whole: (left: bigint, right: bigint) => bigint): Numeric | Bad {
  if (!isWhole(a) || !isWhole(b)) return finite(near, () => "the result");
  const exact = whole(BigInt(a), BigInt(b));
  return exact >= LEAST && exact <= MOST ? integer(exact) : Number(exact);
}

function divide(a: Numeric, b: Numeric): Numeric | Bad {
  if (typeof a === "bigint" && isWhole(b) && a % BigInt(b) === 0n) return integer(a / BigInt(b));
  return finite(Number(a) / Number(b), () => "the result");
}

function power(a: Numeric, b: Numeric): Numeric | Bad {
  const near = Number(a) ** Number(b);
  if (isWhole(a) && isWhole(b) && b >= 0 && Math.abs(near) < Number(MOST) && Math.abs(Number(a)) > 1) {
    return integer(BigInt(a) ** BigInt(b));
  }
  return finite(near, () => `${a} ** ${b}`);
}
