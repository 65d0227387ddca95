/** What expressions compute with. */
import { Bad, describe } from "../stage.ts";
import type { Numeric } from "./arithmetic.ts";

/** `version`: text such as 2.10.1 that is compared part by part; only a name can have this type. */
export type Type = "number" | "text" | "truth" | "version";

/** Whole numbers beyond the safe ones are bigints; numbers are finite. */
export type Operand = number | bigint | string | boolean;

/** The values of the inputs of an expression, in their order. */
export type Inputs = readonly Operand[];

/** Never throws, and never gives NaN. */
export type Run = (inputs: Inputs) => Operand | Bad;

export const TYPE_NAMES: Readonly<Record<Type, string>> = {
  number: "a number",
  text: "a text",
  truth: "true or false",
  version: "a version",
};

export function typeOf(value: Operand): Exclude<Type, "version"> {
  return typeof value === "string" ? "text" : typeof value === "boolean" ? "truth" : "number";
}

/** Types are checked when an expression is compiled: these hold whatever the inputs are. */
export function asNumber(value: Operand | Bad): Numeric | Bad {
  if (value instanceof Bad || typeof value === "bigint") return value;
  if (typeof value !== "number") return new Bad(`expected a number, got ${describe(value)}`);
  return Number.isFinite(value) ? value : new Bad(`${value} is no value`);
}

export function asText(value: Operand | Bad): string | Bad {
  return value instanceof Bad || typeof value === "string" ? value : new Bad(`expected text, got ${describe(value)}`);
}

export function asTruth(value: Operand | Bad): boolean | Bad {
  if (value instanceof Bad || typeof value === "boolean") return value;
  return new Bad(`expected true or false, got ${describe(value)}`);
}
