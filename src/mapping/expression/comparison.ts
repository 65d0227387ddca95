import { Bad } from "../stage.ts";
import { compareNumbers } from "./arithmetic.ts";
import type { ComparisonOperator } from "./syntax.ts";
import { asNumber, type Operand, type Run } from "./types.ts";
import { compareVersions } from "./version.ts";

/** Compares two operands of one type; `versions`: part by part. */
export function comparing(operator: ComparisonOperator, versions: boolean, [a, b]: readonly [Run, Run]): Run {
  const holds = HOLDS[operator];
  return (inputs) => {
    const x = a(inputs);
    if (x instanceof Bad) return x;
    const y = b(inputs);
    if (y instanceof Bad) return y;
    const order = compare(x, y, versions);
    return order instanceof Bad ? order : holds(order);
  };
}

const HOLDS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function compare(a: Operand, b: Operand, versions: boolean): number | Bad {
  if (versions) return compareVersions(String(a), String(b));
  if (typeof a === "string" || typeof a === "boolean") return a === b ? 0 : 1;
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x instanceof Bad) return x;
  return y instanceof Bad ? y : compareNumbers(x, y);
}
