/** The names that may stand in an expression, with their types. */
import { parseDuration } from "../../duration.ts";
import { plainValue, type ScalarNode } from "../../yaml/nodes.ts";
import type { Parameter } from "../load.ts";
import type { ParameterSpec } from "../parameters.ts";
import { parseNumber } from "../scalars.ts";
import type { Scope } from "../substitute.ts";
import type { Operand, Type } from "./types.ts";

export interface ExpressionScope {
  /** Plain names, e.g. `value`, or the fields of a message. */
  readonly names?: ReadonlyMap<string, Type>;
  /** Why a name that might be expected is none here; undefined: it is any other word. */
  without?(name: string): string | undefined;
  /** `$name` */
  readonly parameters?: Constants;
  /** `{reference}`: the input that it becomes, or a sentence why it cannot be one. */
  resource?(reference: string): { readonly key: string; readonly type: Type } | { readonly wrong: string };
}

/** Parameters with the value that they have for one device. `absent`: optional, and not given. `secret`: nobody may see it. */
export type Constants = ReadonlyMap<string, Constant>;

type Constant = { readonly type: Type; readonly value: Operand } | "absent" | "secret";

/**
 * Parameters as expressions see them: int and number are numbers, bool is true or false, a duration is a number of seconds,
 * an enum of numbers is a number, all else is text. Of secrets the name alone: nothing can be computed with them, or betrayed.
 */
export function constantsOf(parameters: ReadonlyMap<string, Parameter>, scope: Scope): Constants {
  const constants = new Map<string, Constant>();
  for (const [name, { spec }] of parameters) {
    const node = scope.get(name);
    if (spec.type === "secret") constants.set(name, spec.type);
    else if (node !== undefined) constants.set(name, node === "absent" ? node : constantOf(spec, node));
  }
  return constants;
}

function constantOf(spec: ParameterSpec, node: ScalarNode): { readonly type: Type; readonly value: Operand } {
  switch (spec.type) {
    case "int":
    case "number":
      return { type: "number", value: Number(plainValue(node)) };
    case "bool":
      return { type: "truth", value: plainValue(node) === true };
    case "duration":
      return { type: "number", value: parseDuration(node.text) / 1000 };
    case "enum": {
      const numbers = spec.values?.every((word) => parseNumber(word) !== undefined) === true;
      const value = numbers ? parseNumber(node.text) : undefined;
      return value === undefined ? { type: "text", value: node.text } : { type: "number", value };
    }
    case "string":
    case "mac":
    case "eui64":
    case "secret":
    case "topic":
      return { type: "text", value: node.text };
  }
}
