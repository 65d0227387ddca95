/** What words of a message say of its values: by what a number is to be multiplied, and whether it is to be believed. */
import type { RawValue } from "../../src/adapter.ts";

/** What a number is multiplied by, by the word that says its unit. */
export type Factors = ReadonlyMap<string, number>;

/**
 * The number times the factor: by a power of ten as a decimal, so that 12.3 g stay 0.0123 kg and get no more digits. What is no number
 * stays as it is.
 */
export function scaled(value: RawValue, factor: number): RawValue {
  if (typeof value === "boolean" || value instanceof Uint8Array) return value;
  const text = String(value);
  const number = Number(text);
  if (text.trim() === "" || Number.isNaN(number)) return value;
  const exponent = Math.round(Math.log10(Math.abs(factor)));
  const power = Number(`1e${exponent}`) === factor && /^\s*[-+]?[\d.]+\s*$/.test(text);
  return power ? Number(`${text.trim()}e${exponent}`) : number * factor;
}

const MOST_DIGITS = 8;

/** The number that `scaled` makes this one of. */
export function unscaled(value: number, factor: number): number {
  return Number((value / factor).toPrecision(MOST_DIGITS));
}

/** A word, and its factor, with which a message is easily made: one that leaves the number as it is, where there is one. */
export function easiestWord(factors: Factors): readonly [word: string, factor: number] | undefined {
  return [...factors].sort((a, b) => Number(b[1] === 1) - Number(a[1] === 1))[0];
}

/** For people: the word that stands there is none of these. */
export function unexpectedWord(where: string, found: string | undefined, expected: Iterable<string>): string {
  const what = found === undefined ? "nothing" : `"${found}"`;
  return `${where} is ${what}: expected ${[...expected].join(" or ")}`;
}
