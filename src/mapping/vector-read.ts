/** A vector with `expect`: what the resources read, of the raw values that it has. */

import type { PointId } from "../adapter.ts";
import { DeviceError } from "../errors.ts";
import { sameValue, type Value } from "../lwm2m/sample.ts";
import { describeNode, isEmpty, type MapEntry, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { reportError } from "../yaml/read.ts";
import { titleOf } from "./mapped-resource.ts";
import type { Converted, DerivedSource, PointSource, ResourcePlan } from "./plan-types.ts";
import { describeRaw, isWhole, planOf, pointsOf, type Run, rawValue, wantedValue } from "./vector-run.ts";

/** What a vector has for a point. */
interface Given {
  readonly node: ScalarNode;
  /** A message that may have something for several points: what this one gets of it the adapter knows. */
  readonly whole: boolean;
}

export function runRead(raw: readonly MapEntry[], expect: readonly MapEntry[], run: Run): void {
  const values = new Map<PointId, Given>();
  for (const { key, value } of raw) {
    const points = pointsOf(key, run);
    if (points.length === 0 && !run.inherited)
      reportError(run.report, key.place, `no resource of this mapping reads ${key.text}`, "LG322");
    const whole = isWhole(key, run);
    for (const point of points) if (value.kind === "scalar") values.set(point, { node: value, whole });
  }
  for (const { key, value } of expect) checkRead(key, value, values, run);
}

function checkRead(key: ScalarNode, expected: YamlNode, raw: ReadonlyMap<PointId, Given>, run: Run): void {
  const plan = planOf(key, run);
  if (plan === undefined) return;
  // What it is computed from may be another now.
  if (run.inherited && plan.source.kind === "derived") return;
  const actual = readValue(plan, raw, key, run);
  if (actual === undefined) return;
  const wanted = isEmpty(expected) ? undefined : wantedValue(expected, plan, run);
  if (wanted === undefined && !isEmpty(expected)) return;
  const good = "good" in actual;
  if (good ? wanted !== undefined && agree(actual.good, wanted) : wanted === undefined) return;
  const found = good ? describeValue(actual.good) : `no value (${actual.bad})`;
  const title = titleOf(plan);
  reportError(
    run.report,
    expected.place,
    `test: ${title}: expected ${describeNode(expected)}, found ${found}`,
    "LG321",
  );
}

function readValue(
  plan: ResourcePlan,
  given: ReadonlyMap<PointId, Given>,
  key: ScalarNode,
  run: Run,
): Converted | undefined {
  const { source } = plan;
  const raw = given.get(plan.point);
  if (source.kind === "constant") return { good: source.value };
  if (source.kind === "derived") return computedValue(source, given, key, run);
  if (source.kind !== "point") {
    const why = source.kind === "link" ? "is what the link knows" : "is executable";
    reportError(run.report, key.place, `test: ${titleOf(plan)} ${why}: it has no value`, "LG322");
    return undefined;
  }
  if (raw === undefined) {
    reportError(run.report, key.place, `test: this vector has no raw value for ${titleOf(plan)}`, "LG322");
    return undefined;
  }
  return convertedValue(plan, source, raw, run);
}

export function convertedValue(
  plan: ResourcePlan,
  source: PointSource,
  { node, whole }: Given,
  run: Run,
): Converted | undefined {
  try {
    const { adapter } = run.mapping;
    const value = whole ? adapter.delivered?.(source.point, node.text) : rawValue(plan, node, run);
    return value === undefined ? undefined : source.toValue(value);
  } catch (error) {
    if (error instanceof DeviceError) return { bad: error.message };
    throw error;
  }
}

/** From the raw values of the vector, as the device would. */
function computedValue(
  source: DerivedSource,
  given: ReadonlyMap<PointId, Given>,
  key: ScalarNode,
  run: Run,
): Converted | undefined {
  const values: Value[] = [];
  for (const input of source.inputs) {
    const plan = run.device.plan.resources.get(input);
    const value = plan === undefined ? undefined : readValue(plan, given, key, run);
    if (value === undefined || "bad" in value) return value;
    values.push(value.good);
  }
  return source.compute(values);
}

/** A 32-bit float has seven digits: what a person writes down is not more exact. */
const PRECISION = 1e-6;

function agree(actual: Value, wanted: Value): boolean {
  if (typeof actual !== "number" || typeof wanted !== "number") return sameValue(actual, wanted);
  return Object.is(actual, wanted) || Math.abs(actual - wanted) <= PRECISION * Math.max(Math.abs(wanted), 1e-3);
}

function describeValue(value: Value): string {
  if (value instanceof Uint8Array) return describeRaw(value);
  return typeof value === "object" ? `${value.object}:${value.instance}` : JSON.stringify(value, bigintText);
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
