/** `expr` as a source of its own: a resource that is computed from others of the same device. */
import type { Value } from "../lwm2m/sample.ts";
import { childOf } from "../yaml/nodes.ts";
import { readNode, reportError } from "../yaml/read.ts";
import type { Conversion } from "./conversion-types.ts";
import { tidy } from "./expression/arithmetic.ts";
import { type Expression, readExpression } from "./expression/expression.ts";
import type { ExpressionScope } from "./expression/scope.ts";
import type { Operand, Type } from "./expression/types.ts";
import { CORE_RESOURCE_KEYS, resourceKeys } from "./keys.ts";
import { titleOf } from "./mapped-resource.ts";
import type { Converted, PointHistory, ResourceSource } from "./plan-types.ts";
import { convert } from "./point.ts";
import { findReference } from "./references.ts";
import type { DeviceContext, ResolvableResource } from "./resource.ts";
import { Bad } from "./stage.ts";

/** What has no meaning where there is no raw value, nothing on a wire and nothing to write. */
const OF_POINTS: ReadonlySet<string> = new Set([
  ...["as", "length", "order", "mask", "bits", "invalid", "scale", "offset", "accept", "poll", "read", "write"],
]);

/** The source of a resource that has `expr` and no other; a constant where it names none. Undefined: reported. */
export function resolveDerived(resource: ResolvableResource, context: DeviceContext): ResourceSource | undefined {
  const { mapped, node } = resource;
  const { report } = context;
  const written = childOf(node, "expr");
  if (written === undefined) return undefined;
  if (!mapped.definition.operations.includes("R")) {
    reportError(report, written.place, `${titleOf(mapped)} is write-only (W) in the registry: it cannot be computed`);
    return undefined;
  }
  const wrong = node.entries.filter(({ key }) => OF_POINTS.has(key.text) || !CORE_RESOURCE_KEYS.includes(key.text));
  for (const { key } of wrong) {
    const hint = key.text === "write" ? "; only what has a source of its own is written" : "";
    reportError(report, key.place, `"${key.text}" has no meaning beside an expression that is the source${hint}`);
  }
  const keys = readNode(node, resourceKeys, report);
  if (wrong.length > 0 || keys === undefined) return undefined;
  const expression = readExpression(written, ["number", "text", "truth"], scopeOf(resource, context), report);
  if (expression === undefined) return undefined;
  const conversion = conversionOf(expression, resource, context);
  return conversion === undefined ? undefined : sourceOf(expression, conversion, resource, context);
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

/** What follows `expr` in the pipeline: enum, unit, valid and the type of the resource. */
function conversionOf(
  expression: Expression,
  resource: ResolvableResource,
  context: DeviceContext,
): Conversion | undefined {
  const { node } = resource;
  const entries = node.entries.filter(({ key }) => key.text !== "expr");
  const keys = readNode({ ...node, entries }, resourceKeys, context.report);
  if (keys === undefined) return undefined;
  const shape = { kind: "scalar", writable: false } as const;
  return convert({ ...keys, as: AS[expression.type] }, shape, resource, { context, writable: false, computed: true });
}

function sourceOf(
  expression: Expression,
  conversion: Conversion,
  { mapped, node }: ResolvableResource,
  { report }: DeviceContext,
): ResourceSource | undefined {
  const { inputs, evaluate } = expression;
  const compute = (values: readonly Value[], history?: PointHistory): Converted => {
    const result = evaluate(values.filter(isOperand));
    if (result instanceof Bad) return { bad: result.bad };
    const converted = conversion.toValue(typeof result === "number" ? tidy(result) : result, history);
    return "good" in converted ? { good: asShortAs(values, converted.good) } : converted;
  };
  if (inputs.length > 0) {
    const { note, looksBack } = conversion;
    return {
      kind: "derived",
      inputs,
      ...(note === undefined ? {} : { note }),
      ...(looksBack ? { looksBack } : {}),
      compute,
    };
  }
  const constant = compute([]);
  if ("good" in constant) return { kind: "constant", value: constant.good };
  reportError(report, childOf(node, "expr")?.place ?? node.place, `${titleOf(mapped)}: ${constant.bad}`);
  return undefined;
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
