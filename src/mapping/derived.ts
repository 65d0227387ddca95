/** `expr` as a source of its own: a resource that is computed from others of the same device. */
import type { Value } from "../lwm2m/sample.ts";
import { childOf } from "../yaml/nodes.ts";
import { readNode, reportError } from "../yaml/read.ts";
import type { Conversion } from "./conversion-types.ts";
import { tidy } from "./expression/arithmetic.ts";
import { type Expression, readExpression } from "./expression/expression.ts";
import type { ExpressionScope } from "./expression/scope.ts";
import type { Operand, Type } from "./expression/types.ts";
import { CORE_RESOURCE_KEYS, type ResourceKeys, resourceKeys } from "./keys.ts";
import { titleOf } from "./mapped-resource.ts";
import type { Converted, ResourceSource } from "./plan-types.ts";
import { reportingOf } from "./point.ts";
import { findReference } from "./references.ts";
import type { DeviceContext, ResolvableResource } from "./resource.ts";
import { convert } from "./resource-conversion.ts";
import { Bad } from "./stage.ts";

/** What has no meaning where there is no raw value, nothing on a wire and nothing to write. */
const OF_POINTS: ReadonlyMap<string, string> = new Map([
  ...["as", "length", "order", "mask", "bits", "invalid", "scale", "offset", "accept", "poll", "read"].map(
    (key): [string, string] => [key, ""],
  ),
  ["write", "; only what has a source of its own is written"],
  ["max_step", "; it stands beside what the value is computed from"],
  ["monotonic", "; it stands beside what the value is computed from"],
]);

/** The source of a resource that has `expr` and no other; a constant where it names none. Undefined: reported. */
export function resolveDerived(resource: ResolvableResource, context: DeviceContext): ResourceSource | undefined {
  const { mapped, node } = resource;
  const { report } = context;
  const written = childOf(node, "expr");
  if (written === undefined) return undefined;
  if (!mapped.definition.operations.includes("R")) {
    reportError(
      report,
      written.place,
      `${titleOf(mapped)} is write-only (W) in the registry: it cannot be computed`,
      "LG314",
    );
    return undefined;
  }
  const wrong = node.entries.filter(({ key }) => OF_POINTS.has(key.text) || !CORE_RESOURCE_KEYS.includes(key.text));
  for (const { key } of wrong) {
    const hint = OF_POINTS.get(key.text) ?? "";
    reportError(
      report,
      key.place,
      `"${key.text}" has no meaning beside an expression that is the source${hint}`,
      "LG210",
    );
  }
  const keys = readNode(node, resourceKeys, report);
  if (wrong.length > 0 || keys === undefined) return undefined;
  const expression = readExpression(written, ["number", "text", "truth"], scopeOf(resource, context), report);
  if (expression === undefined) return undefined;
  return sourceOf(expression, keys, resource, context);
}

function scopeOf({ mapped }: ResolvableResource, { constants, siblings }: DeviceContext): ExpressionScope {
  return {
    parameters: constants,
    resource: (reference) => findReference(reference, mapped, siblings),
    without: (name) =>
      name === "value" || name === "prev" || name === "dt"
        ? `"${name}" needs a source of its own beside "expr"; other resources are {name} or {/3303/0/5700}`
        : undefined,
  };
}

const AS: Readonly<Record<Type, string>> = { number: "number", truth: "bool", text: "string", version: "string" };

function sourceOf(
  expression: Expression,
  keys: ResourceKeys,
  resource: ResolvableResource,
  context: DeviceContext,
): ResourceSource | undefined {
  const { mapped, node } = resource;
  // What follows `expr` in the pipeline: enum, unit, valid and the type of the resource.
  const rest = { ...keys, expr: undefined, as: AS[expression.type] };
  const options = { context, writable: false, computed: true };
  const conversion = convert(rest, { kind: "scalar", writable: false }, resource, options);
  if (conversion === undefined) return undefined;
  const { inputs } = expression;
  const compute = (values: readonly Value[]): Converted => computed(expression, conversion, values);
  if (inputs.length > 0) {
    const { note } = conversion;
    const { reporting } = reportingOf(keys);
    return {
      kind: "derived",
      inputs,
      ...(note === undefined ? {} : { note }),
      ...(reporting === undefined ? {} : { reporting }),
      compute,
    };
  }
  const constant = compute([]);
  if ("good" in constant) return { kind: "constant", value: constant.good };
  reportError(
    context.report,
    childOf(node, "expr")?.place ?? node.place,
    `${titleOf(mapped)}: ${constant.bad}`,
    "LG331",
  );
  return undefined;
}

function computed(expression: Expression, conversion: Conversion, values: readonly Value[]): Converted {
  const result = expression.evaluate(values.filter(isOperand));
  if (result instanceof Bad) return { bad: result.bad };
  const converted = conversion.toValue(typeof result === "number" ? tidy(result) : result);
  return "good" in converted ? { good: asShortAs(values, converted.good) } : converted;
}

/** Nothing else becomes an input. */
function isOperand(value: Value): value is Operand {
  return typeof value !== "object";
}

/** What comes of float32 alone is one too: as short on the wire as its sources are precise. */
function asShortAs(sources: readonly Value[], value: Value): Value {
  if (typeof value !== "number" || Number.isInteger(value)) return value;
  const numbers = sources.filter((source) => typeof source === "number");
  const single =
    numbers.some((number) => !Number.isInteger(number)) && numbers.every((number) => Math.fround(number) === number);
  return single && Number.isFinite(Math.fround(value)) ? Math.fround(value) : value;
}
