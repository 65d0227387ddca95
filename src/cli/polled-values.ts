/** What devices deliver by themselves, each value being one that a device of its kind could have. */

import { type Millis, SECOND, type UnixMillis } from "../clock.ts";
import { expectedPrefix } from "../gateway/shown/shown-by-config.ts";
import { makePath } from "../lwm2m/path.ts";
import type { ResourceType, Sample, Value } from "../lwm2m/sample.ts";
import type { DevicePlan, ResourcePlan, ResourceSource } from "../mapping/plan-types.ts";

/** One value of a device, as servers see it. */
export interface ExpectedValue {
  readonly sample: Sample;
  /** How often it is polled; absent: it stays as it is. */
  readonly period?: Millis;
}

/** Of everything that can be read. `number` counts the devices: no two of them are read at the same moment. */
export function expectedValues(plan: DevicePlan, number: number): readonly ExpectedValue[] {
  const prefix = expectedPrefix(plan, number);
  return [...plan.resources.values()].flatMap((resource, i): ExpectedValue[] => {
    const { source, object, instance, resourceInstance } = resource;
    if (source.kind === "execute" || (source.kind === "point" && !source.readable)) return [];
    const period = periodOf(source, plan);
    const time = SOME_DAY + number * APART - (period ?? LONG_AGO);
    const at = { prefix, object, instance, resource: resource.resource };
    const path = makePath(resourceInstance === undefined ? at : { ...at, resourceInstance });
    const value = exampleOf(source, resource, { time, seed: number + i });
    return [{ sample: { path, value, time }, ...(period === undefined ? {} : { period }) }];
  });
}

/** A computed value is new with each of what it is computed from. */
function periodOf(source: ResourceSource, plan: DevicePlan): Millis | undefined {
  if (source.kind === "point") return typeof source.poll === "object" ? source.poll.every : undefined;
  if (source.kind !== "derived") return undefined;
  const periods = source.inputs.flatMap((input) => {
    const from = plan.resources.get(input);
    return from === undefined ? [] : (periodOf(from.source, plan) ?? []);
  });
  return periods.length === 0 ? undefined : Math.min(...periods);
}

/** What the whole way from the raw value gives, so that a value has the digits that the device has. */
function exampleOf(
  source: ResourceSource,
  { definition }: ResourcePlan,
  { time, seed }: { readonly time: UnixMillis; readonly seed: number },
): Value {
  if (source.kind === "constant") return source.value;
  if (source.kind !== "point") return EXAMPLES[definition.type ?? "string"];
  const raw = source.simulate?.(seed)(time);
  const converted = raw === undefined ? undefined : source.toValue(raw);
  return converted !== undefined && "good" in converted ? converted.good : EXAMPLES[definition.type ?? "string"];
}

/** Of average length. */
const EXAMPLES: Readonly<Record<ResourceType, Value>> = {
  string: "some text",
  integer: 1000,
  unsigned: 1000,
  float: Math.fround(230.1),
  boolean: true,
  opaque: new Uint8Array(8),
  time: 1_767_225_600,
  objlnk: { object: 3, instance: 0 },
  corelnk: "</3/0>",
};

/** 2026-01-01; no whole second, as poll times are. */
const SOME_DAY: UnixMillis = 1_767_225_600_123;
const APART: Millis = 37;
const LONG_AGO: Millis = 3600 * SECOND;
