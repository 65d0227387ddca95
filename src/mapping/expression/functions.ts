/** The functions of expressions: a closed list, in docs/mapping.md too. */
import { integer } from "../../lwm2m/formats/value.ts";
import { parseNumber } from "../scalars.ts";
import { Bad, describe } from "../stage.ts";
import { compareNumbers, finite, hasBit, type Numeric, negated, rounded } from "./arithmetic.ts";
import { asNumber, asText, type Inputs, type Operand, type Run, type Type } from "./types.ts";

export interface Function {
  /** For a sentence: "clamp(x, low, high)". */
  readonly usage: string;
  readonly takes: Type;
  readonly gives: Type;
  readonly least: number;
  readonly most: number;
  make(args: readonly Run[]): Run;
}

/** So many arguments have min and max at most. */
const MANY = 16;

export const FUNCTIONS: ReadonlyMap<string, Function> = new Map<string, Function>([
  ["min", ofNumbers("min(a, b, …)", [1, MANY], (args) => args.reduce((a, b) => (compareNumbers(b, a) < 0 ? b : a)))],
  ["max", ofNumbers("max(a, b, …)", [1, MANY], (args) => args.reduce((a, b) => (compareNumbers(b, a) > 0 ? b : a)))],
  ["abs", ofNumbers("abs(x)", [1, 1], ([x = 0]) => (x < 0 ? negated(x) : x))],
  ["round", ofNumbers("round(x) or round(x, digits)", [1, 2], ([x = 0, digits = 0]) => rounded(x, digits))],
  ["floor", ofNumbers("floor(x)", [1, 1], ([x = 0]) => (typeof x === "bigint" ? x : Math.floor(x) + 0))],
  ["ceil", ofNumbers("ceil(x)", [1, 1], ([x = 0]) => (typeof x === "bigint" ? x : Math.ceil(x) + 0))],
  ["clamp", ofNumbers("clamp(x, low, high)", [3, 3], ([x = 0, low = 0, high = 0]) => clamped(x, low, high))],
  ["sqrt", ofDouble("sqrt", Math.sqrt)],
  ["log10", ofDouble("log10", Math.log10)],
  ["ln", ofDouble("ln", Math.log)],
  ["exp", ofDouble("exp", Math.exp)],
  [
    "bit",
    { ...ofNumbers("bit(value, number)", [2, 2], ([x = 0, bit = 0]) => hasBit(x, bit)), gives: "truth" } as const,
  ],
  ["hex", ofText("hex", hexNumber)],
  ["number", ofText("number", decimalNumber)],
]);

/** What other languages call them: only for "did you mean". */
export const FOREIGN_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ["log", "ln or log10"],
  ["lg", "log10"],
  ["pow", "a ** b"],
  ["power", "a ** b"],
  ["mod", "a % b"],
  ["if", "condition ? a : b"],
  ["iif", "condition ? a : b"],
  ["int", "floor or round"],
  ["trunc", "floor or ceil"],
  ["parseInt", "hex or number"],
  ["limit", "clamp"],
]);

function ofNumbers(
  usage: string,
  [least, most]: readonly [number, number],
  apply: (args: readonly Numeric[]) => Operand | Bad,
): Function {
  return {
    usage,
    takes: "number",
    gives: "number",
    least,
    most,
    make: (args) => (inputs) => {
      const values = numbersOf(args, inputs);
      return values instanceof Bad ? values : apply(values);
    },
  };
}

function numbersOf(args: readonly Run[], inputs: Inputs): readonly Numeric[] | Bad {
  const values: Numeric[] = [];
  for (const arg of args) {
    const value = asNumber(arg(inputs));
    if (value instanceof Bad) return value;
    values.push(value);
  }
  return values;
}

function ofDouble(name: string, apply: (x: number) => number): Function {
  return ofNumbers(`${name}(x)`, [1, 1], ([x = 0]) => finite(apply(Number(x)), () => `${name}(${x})`));
}

function ofText(name: string, apply: (text: string) => Operand | Bad): Function {
  return {
    usage: `${name}(text)`,
    takes: "text",
    gives: "number",
    least: 1,
    most: 1,
    make:
      ([arg]) =>
      (inputs) => {
        const text = arg === undefined ? "" : asText(arg(inputs));
        return text instanceof Bad ? text : apply(text);
      },
  };
}

function clamped(x: Numeric, low: Numeric, high: Numeric): Numeric | Bad {
  if (compareNumbers(low, high) > 0) return new Bad(`clamp: ${low} is above ${high}`);
  return compareNumbers(x, low) < 0 ? low : compareNumbers(x, high) > 0 ? high : x;
}

function hexNumber(text: string): Numeric | Bad {
  const [, digits] = /^\s*(?:0x)?([0-9a-f]{1,16})\s*$/i.exec(text) ?? [];
  return digits === undefined ? new Bad(`${describe(text)} is no hexadecimal number`) : integer(BigInt(`0x${digits}`));
}

function decimalNumber(text: string): Numeric | Bad {
  const value = text.length > 40 ? undefined : parseNumber(text);
  return value === undefined || !Number.isFinite(Number(value)) ? new Bad(`${describe(text)} is no number`) : value;
}
