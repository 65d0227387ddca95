/** A vector with `write`: what the device gets of what a server writes. */
import type { PointId, RawValue } from "../adapter.ts";
import { Lwm2mError } from "../errors.ts";
import type { Value } from "../lwm2m/sample.ts";
import { describeNode, isEmpty, type MapEntry, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { reportError } from "../yaml/read.ts";
import { titleOf } from "./mapped-resource.ts";
import type { PointSource } from "./plan-types.ts";
import { describeRaw, planOf, pointsOf, type Run, rawValue, wantedValue } from "./vector-run.ts";

export function runWrite(writes: readonly MapEntry[], raw: readonly MapEntry[], run: Run): void {
  const written = new Map(writes.map((write) => [write.key.text, write]));
  const expected = new Map<PointId, ScalarNode>();
  for (const { key, value } of raw) {
    const points = pointsOf(key, run).filter((point) => written.has(point));
    if (points.length === 0 && !run.inherited)
      reportError(run.report, key.place, `this vector writes nothing to ${key.text}`, "LG322");
    for (const point of points) if (value.kind === "scalar") expected.set(point, value);
  }
  for (const { key, value } of writes) checkWrite(key, value, expected, run);
}

function checkWrite(key: ScalarNode, value: YamlNode, raw: ReadonlyMap<PointId, ScalarNode>, run: Run): void {
  const plan = planOf(key, run);
  if (plan === undefined) return;
  const { source } = plan;
  if (source.kind !== "point" || !source.writable) {
    reportError(run.report, key.place, `test: ${titleOf(plan)} cannot be written in this mapping`, "LG321");
    return;
  }
  const wanted = raw.get(plan.point);
  const given = wantedValue(value, plan, run);
  if (wanted === undefined)
    reportError(run.report, key.place, `test: this vector has no raw value for ${titleOf(plan)}`, "LG322");
  if (wanted === undefined || given === undefined) return;
  const actual = written(source, given);
  const bytes = isEmpty(wanted) ? undefined : rawValue(plan, wanted, run);
  if (bytes === undefined && !isEmpty(wanted)) return;
  if ("refused" in actual ? bytes === undefined : bytes !== undefined && sameRaw(actual.raw, bytes, actual.mask))
    return;
  const found = "refused" in actual ? `it is refused (${actual.refused})` : `found ${describeRaw(actual.raw)}`;
  reportError(run.report, wanted.place, `test: ${titleOf(plan)}: expected ${describeNode(wanted)}, ${found}`, "LG321");
}

function written(source: PointSource, value: Value): ReturnType<PointSource["toRaw"]> | { readonly refused: string } {
  try {
    return source.toRaw(value);
  } catch (error) {
    if (error instanceof Lwm2mError) return { refused: error.message };
    throw error;
  }
}

function sameRaw(actual: RawValue, wanted: RawValue, mask?: Uint8Array): boolean {
  if (!(actual instanceof Uint8Array) || !(wanted instanceof Uint8Array)) return actual === wanted;
  return (
    actual.length === wanted.length &&
    actual.every((byte, i) => (byte & (mask?.[i] ?? 0xff)) === ((wanted[i] ?? 0) & (mask?.[i] ?? 0xff)))
  );
}
