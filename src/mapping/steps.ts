/** The `do:` list of an executable resource: its core keys become a raw value, its arguments are filled in, the adapter reads the rest. */
import type { PointShape, RawValue } from "../adapter.ts";
import { Lwm2mError } from "../errors.ts";
import { badRequest } from "../lwm2m/refusals.ts";
import { isObjectLink, type Value } from "../lwm2m/sample.ts";
import { bytesOfHex } from "./constant.ts";
import { type ByteOrder, ConversionError } from "./conversion-types.ts";
import type { RawType } from "./raw-types.ts";
import { parseBoolean, parseNumber } from "./scalars.ts";
import { makeSource, type Source } from "./source.ts";
import { describe, refuse } from "./stage.ts";

/**
 * One step of a `do:` list as the mapping spells it, parameters filled in; `$0` … `$9` and `$$` are still there. `as`,
 * `order`, `length` and `value` belong to the core, all else to the adapter.
 */
export type StepRecord = Readonly<Record<string, unknown>>;

export interface StepContext {
  /** The adapter's `shape`: what a step with `value` writes to. */
  shape(step: StepRecord): PointShape;
  /** The adapter's `step.parse`. */
  parse(step: unknown): unknown;
  /** The device's default. */
  readonly order?: ByteOrder;
}

/** The steps of an executable resource for these arguments. Throws Lwm2mError 4.00 where an argument is missing or wrong. */
export type Steps = (args: ReadonlyMap<number, string>) => readonly unknown[];

/** A step that cannot be: its place in the list, the key to blame where one is, the adapter's own error as cause. */
export class StepError extends Error {
  readonly index: number;
  readonly key: string | undefined;

  constructor(index: number, key: string | undefined, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StepError";
    this.index = index;
    this.key = key;
  }
}

/** Reads the list. Whatever does not depend on an argument is checked now; throws StepError. */
export function compileSteps(steps: readonly StepRecord[], context: StepContext): Steps {
  const compiled = steps.map((step, index) => compileStep(step, index, context));
  return (args) => compiled.map((step) => step(args));
}

type Args = ReadonlyMap<number, string>;

const NO_ARGS: Args = new Map();

function compileStep(step: StepRecord, index: number, context: StepContext): (args: Args) => unknown {
  const make = located(index, () => stepMaker(step, context));
  if (takesArguments(step)) return (args) => asked(() => make(args));
  const parsed = located(index, () => make(NO_ARGS));
  return () => parsed;
}

function stepMaker(step: StepRecord, context: StepContext): (args: Args) => unknown {
  const { as, order, length, value, ...own } = step;
  if (value === undefined) {
    const [key] = Object.entries({ as, order, length }).find(([, given]) => given !== undefined) ?? [];
    if (key !== undefined) throw new ConversionError(key, `"${key}" has no meaning without "value"`);
    return (args) => context.parse(fillIn(own, args));
  }
  const shape = context.shape(own);
  const source = makeSource(
    {
      shape,
      ...(as === undefined ? {} : { as: String(as) }),
      ...(length === undefined ? {} : { length: Number(length) }),
      ...orderOf(order, context.order),
    },
    undefined,
  );
  const asSpelled = shape.kind === "scalar" && as === undefined;
  return (args) => {
    const given = fillInText(value, args);
    return context.parse({ ...fillIn(own, args), value: asSpelled ? given : rawValue(given, source) });
  };
}

function orderOf(given: unknown, fallback: ByteOrder | undefined): { readonly order?: ByteOrder } {
  if (given === undefined) return fallback === undefined ? {} : { order: fallback };
  if (typeof given === "string") return { order: given };
  if (typeof given === "object" && given !== null && "words" in given && "bytes" in given) {
    const { words, bytes } = given;
    if (isEnd(words) && isEnd(bytes)) return { order: { words, bytes } };
  }
  throw new ConversionError("order", `order is ABCD, CDAB, BADC, DCBA or { words: big | little, bytes: big | little }`);
}

function isEnd(word: unknown): word is "big" | "little" {
  return word === "big" || word === "little";
}

/** The value as the mapping or the server spells it → what the wire carries. */
function rawValue(given: unknown, { type, stage }: Source): RawValue {
  const raw = stage.write(typedValue(given, type), "exact");
  return isObjectLink(raw) ? refuse("a link has no raw value") : raw;
}

function typedValue(given: unknown, type: RawType): Value {
  const text = typeof given === "object" ? describe(given) : String(given);
  return spelled(given, text, type) ?? refuse(`value: ${JSON.stringify(text)} is no ${type.name}`);
}

function spelled(given: unknown, text: string, type: RawType): Value | undefined {
  switch (type.kind) {
    case "integer":
    case "float":
    case "bcd":
    case "number":
      return typeof given === "boolean" ? undefined : parseNumber(text);
    case "bool":
      return parseBoolean(text);
    case "string":
      return text;
    case "bytes":
      return bytesOfHex(text);
  }
}

function takesArguments(given: unknown): boolean {
  if (typeof given === "string") return /\$\d/.test(given.replaceAll("$$", ""));
  return typeof given === "object" && given !== null && Object.values(given).some(takesArguments);
}

function fillIn(step: StepRecord, args: Args): Record<string, unknown> {
  return Object.fromEntries(Object.entries(step).map(([key, given]) => [key, fillInText(given, args)]));
}

/** In text `$0` … `$9` are the arguments and `$$` is a dollar; lists and maps are gone through. */
function fillInText(given: unknown, args: Args): unknown {
  if (typeof given === "string") {
    return given.replaceAll(/\$(\$|\d)/g, (_, mark: string) => (mark === "$" ? "$" : argument(Number(mark), args)));
  }
  if (Array.isArray(given)) return given.map((item) => fillInText(item, args));
  return typeof given === "object" && given !== null && !(given instanceof Uint8Array)
    ? fillIn({ ...given }, args)
    : given;
}

function argument(index: number, args: Args): string {
  return args.get(index) ?? refuse(`argument ${index} is missing: the device needs it`);
}

/** What the mapping's author must mend: each error with the step that it is about. */
function located<T>(index: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Error) || isBug(error)) throw error;
    const key = error instanceof ConversionError ? error.key : error instanceof Lwm2mError ? "value" : undefined;
    throw new StepError(index, key, error.message, { cause: error });
  }
}

/** What the server asked for: where the adapter does not take a step, its argument is at fault. */
function asked<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof Lwm2mError || isBug(error)) throw error;
    throw badRequest("the device cannot do it with these arguments", { cause: error });
  }
}

function isBug(error: unknown): boolean {
  return !(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError;
}
