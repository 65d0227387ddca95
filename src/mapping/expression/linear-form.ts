/** Whether an expression is a * value + b: then it is exact in both directions, as `scale` and `offset` are. */
import type { Linear } from "../linear.ts";
import { add, divide, multiply, ONE, type Rational, rational, subtract, ZERO } from "../rational.ts";
import type { Constants } from "./scope.ts";
import type { Syntax } from "./syntax.ts";

/** The map from `name` to the result; undefined where it is no such map, or gives the same for every value. */
export function linearForm(syntax: Syntax, name: string, parameters: Constants = new Map()): Linear | undefined {
  const form = formOf(syntax, { name, parameters });
  return form === undefined || isConstant(form) ? undefined : form;
}

interface Context {
  readonly name: string;
  readonly parameters: Constants;
}

function formOf(syntax: Syntax, context: Context): Linear | undefined {
  switch (syntax.kind) {
    case "number":
      return constant(syntax.value);
    case "parameter": {
      const parameter = context.parameters.get(syntax.name);
      const value = typeof parameter === "string" ? undefined : parameter?.value;
      return typeof value === "number" || typeof value === "bigint" ? constant(value) : undefined;
    }
    case "name":
      return syntax.name === context.name ? { factor: ONE, offset: ZERO } : undefined;
    case "negate": {
      const operand = formOf(syntax.operand, context);
      return operand === undefined ? undefined : scaled(operand, rational(-1));
    }
    case "arithmetic": {
      const [left, right] = [formOf(syntax.left, context), formOf(syntax.right, context)];
      return left === undefined || right === undefined ? undefined : combined(syntax.operator, left, right);
    }
    case "text":
    case "truth":
    case "version":
    case "resource":
    case "not":
    case "comparison":
    case "logic":
    case "choice":
    case "call":
    case "lookup":
      return undefined;
  }
}

function combined(operator: string, a: Linear, b: Linear): Linear | undefined {
  switch (operator) {
    case "+":
      return { factor: add(a.factor, b.factor), offset: add(a.offset, b.offset) };
    case "-":
      return { factor: subtract(a.factor, b.factor), offset: subtract(a.offset, b.offset) };
    case "*":
      return isConstant(b) ? scaled(a, b.offset) : isConstant(a) ? scaled(b, a.offset) : undefined;
    case "/":
      return isConstant(b) && b.offset.numerator !== 0n ? scaled(a, divide(ONE, b.offset)) : undefined;
  }
  return undefined;
}

function scaled({ factor, offset }: Linear, by: Rational): Linear {
  return { factor: multiply(factor, by), offset: multiply(offset, by) };
}

function constant(value: number | bigint): Linear {
  return { factor: ZERO, offset: rational(String(value)) };
}

function isConstant({ factor }: Linear): boolean {
  return factor.numerator === 0n;
}
