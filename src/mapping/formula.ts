/** `expr` in the pipeline: after `scale` and `offset`, before enum and unit; and its way back. */
import type { Value } from "../lwm2m/sample.ts";
import { ConversionError, type ConversionSpec, type Formula } from "./conversion-types.ts";
import { tidy } from "./expression/arithmetic.ts";
import { compileExpression, type Expression } from "./expression/expression.ts";
import type { ExpressionScope } from "./expression/scope.ts";
import { ExpressionError } from "./expression/syntax.ts";
import { type Operand, TYPE_NAMES, type Type, typeOf } from "./expression/types.ts";
import { applyLinear, invert, type Linear } from "./linear.ts";
import type { PointHistory } from "./plan-types.ts";
import type { RawType } from "./raw-types.ts";
import { Bad, isNumeric, refuse, type Stage, wrongKind } from "./stage.ts";

/** What an expression is to the pipeline: part of its scale, or a stage with a type of its own. */
export type FormulaPlan =
  /** a * value + b: exact in both directions. */
  | { readonly kind: "linear"; readonly map: Linear }
  /** `raw`: what the stages behind it take. */
  | { readonly kind: "stage"; readonly stage: Stage; readonly raw: RawType };

export interface FormulaContext {
  readonly raw: RawType;
  /** From the unit of the device to that of the resource. */
  readonly unit: Linear;
  /** Whether what servers see is a number that comes from the expression, and not from an enum behind it. */
  readonly numeric: boolean;
}

type FormulaSpec = Pick<ConversionSpec, "expr" | "writeExpr" | "writable">;

/** Undefined where there is none. Throws ConversionError (`expr`, `write.expr`) with an ExpressionError as its cause. */
export function planFormula(spec: FormulaSpec, context: FormulaContext): FormulaPlan | undefined {
  if (spec.expr === undefined && spec.writeExpr === undefined) return undefined;
  const { raw } = context;
  const given = typeOfRaw(raw);
  if (given === undefined) throw new ConversionError(keyOf(spec), `${raw.name}: nothing can be computed with them`);
  const read = spec.expr === undefined ? undefined : readingOf(spec.expr, given, context);
  const map = read?.linearIn("value");
  if (map !== undefined && spec.writeExpr === undefined) return { kind: "linear", map };
  const type = read?.type ?? given;
  const back = spec.writeExpr === undefined ? undefined : writingOf(spec.writeExpr, type, given);
  const write = back ?? inverseOf(read, given);
  if (write === undefined && spec.writable) throw new ConversionError("expr", NO_INVERSE);
  return { kind: "stage", stage: formulaStage(read, write, { ...context, given }), raw: RAW_TYPES[type] };
}

const NO_INVERSE =
  "the expression has no inverse that is known: what is written needs `write: { expr: … }`, in which value is what the server wrote";

const NO_RESOURCES = 'other resources have no place beside a source of its own: give them a resource with "expr" alone';

function readingOf(formula: Formula, given: Type, { numeric }: FormulaContext): Expression {
  const usesPrev = given === "number" && numeric;
  const names = new Map<string, Type>([
    ["value", given],
    ...(usesPrev ? [["prev", given] as const] : []),
    ["dt", "number"],
  ]);
  const expression = compiled("expr", formula, {
    names,
    without: (name) =>
      name === "prev" ? "prev is for numbers: this value is none, or its enum makes it another" : undefined,
  });
  if (!expression.inputs.includes("value")) throw new ConversionError("expr", 'expr: it does not use "value"');
  return expression;
}

function writingOf(formula: Formula, given: Type, wanted: Type): (value: Operand) => Operand | Bad {
  const names = new Map([["value", given]]);
  const without = (name: string): string | undefined =>
    name === "prev" || name === "dt" ? `${name} has no meaning in what is written` : undefined;
  const { type, inputs, evaluate } = compiled("write.expr", formula, { names, without });
  if (type !== wanted) {
    throw new ConversionError(
      "write.expr",
      `write: expr gives ${TYPE_NAMES[type]}, the device takes ${TYPE_NAMES[wanted]}`,
    );
  }
  return (value) => evaluate(inputs.map(() => value));
}

function compiled(key: "expr" | "write.expr", { text, parameters }: Formula, scope: ExpressionScope): Expression {
  try {
    return compileExpression(text, { ...scope, parameters, resource: () => ({ wrong: NO_RESOURCES }) });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ConversionError(key, error.message, { cause: error });
  }
}

/** What is true or false has two values only: where they give different ones, each of those tells which it was. */
function inverseOf(read: Expression | undefined, given: Type): ((value: Operand) => Operand | Bad) | undefined {
  if (read === undefined) return (value) => value;
  if (given !== "truth" || read.inputs.some((name) => name !== "value")) return undefined;
  const [yes, no] = [read.evaluate([true]), read.evaluate([false])];
  if (yes === no || yes instanceof Bad || no instanceof Bad) return undefined;
  return (value) => (value === yes ? true : value === no ? false : new Bad(`${value} is neither ${yes} nor ${no}`));
}

function formulaStage(
  read: Expression | undefined,
  write: ((value: Operand) => Operand | Bad) | undefined,
  { unit, given }: FormulaContext & { readonly given: Type },
): Stage {
  const inputs = read?.inputs ?? [];
  const looksBack = inputs.includes("prev") || inputs.includes("dt");
  const toDevice = invert(unit);
  const candidates = [...(read?.words ?? []), ...GUESSES].filter((word) => typeOf(word) === given);
  const compute = (value: Operand, history: PointHistory | undefined): Operand | Bad => {
    if (read === undefined) return value;
    return read.evaluate(inputs.map((name) => inputOf(name, value, { history, toDevice })));
  };
  return {
    ...(looksBack ? { looksBack } : {}),
    read(value, history) {
      if (!isOperand(value)) return wrongKind("a number, text or truth value", value);
      return tidied(compute(value, history));
    },
    write(value, mode) {
      if (!isOperand(value)) return refuse("nothing can be computed with this value");
      const written = write === undefined ? nearest(value, candidates, (raw) => compute(raw, undefined)) : write(value);
      if (!(written instanceof Bad)) return tidied(written);
      return mode === "nearest" ? value : refuse(written.bad);
    },
  };
}

interface Moment {
  readonly history: PointHistory | undefined;
  /** From the unit of the resource to that of the device. */
  readonly toDevice: Linear;
}

/** Of the first good reading `prev` is the value itself, and no time has gone by. */
function inputOf(name: string, value: Operand, { history, toDevice }: Moment): Operand {
  if (name === "dt") return (history?.elapsed ?? 0) / 1000;
  if (name !== "prev" || history === undefined || !isNumeric(history.value)) return value;
  return applyLinear(toDevice, history.value);
}

function tidied<T extends Operand | Bad>(value: T): T | number {
  return typeof value === "number" ? tidy(value) : value;
}

function isOperand(value: Value): value is Operand {
  return typeof value !== "object";
}

/** For a simulation: of what a device might well deliver, the raw value that comes nearest to the wanted one. */
function nearest(
  wanted: Operand,
  candidates: readonly Operand[],
  compute: (value: Operand) => Operand | Bad,
): Operand | Bad {
  let best: { readonly value: Operand; readonly distance: number } | undefined;
  for (const value of typeOf(wanted) === typeOf(candidates[0] ?? wanted) ? [wanted, ...candidates] : candidates) {
    const result = compute(value);
    if (result instanceof Bad) continue;
    const distance =
      typeof wanted === "number" && isNumeric(result) ? Math.abs(Number(result) - wanted) : Number(result !== wanted);
    if (best === undefined || distance < best.distance) best = { value, distance };
  }
  return best?.value ?? new Bad("no raw value gives it");
}

const GUESSES: readonly Operand[] = [
  true,
  false,
  "0",
  ...Array.from({ length: 33 }, (_, i) => i),
  ...[50, 100, 200, 230, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, -1, -10, -100],
];

/** What follows an expression takes what a scalar of its type gives. */
const RAW_TYPES: Readonly<Record<Type, RawType>> = {
  number: { kind: "number", name: "number" },
  truth: { kind: "bool", name: "bool" },
  text: { kind: "string", name: "string" },
  version: { kind: "string", name: "string" },
};

function typeOfRaw(raw: RawType): Type | undefined {
  switch (raw.kind) {
    case "integer":
    case "bcd":
    case "float":
    case "number":
      return "number";
    case "bool":
      return "truth";
    case "string":
      return "text";
    case "bytes":
      return undefined;
  }
}

function keyOf({ expr }: FormulaSpec): string {
  return expr === undefined ? "write.expr" : "expr";
}
