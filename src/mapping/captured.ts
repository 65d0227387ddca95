/** What a real device answered, as `test:` vectors of its mapping: the text that a person would write. */
import type { PointId, RawValue, Reading } from "../adapter.ts";
import type { Value } from "../lwm2m/sample.ts";
import { childOf, type MapNode } from "../yaml/nodes.ts";
import type { ResourcePlan } from "./plan-types.ts";
import type { ResolvedDevice } from "./resolve.ts";

export interface Capture {
  readonly device: Pick<ResolvedDevice, "plan" | "nodes">;
  /** The words behind which an address stands: the adapter's `sources`. */
  readonly sources: readonly string[];
  readonly readings: readonly Reading[];
  /** When, and from what: one line. */
  readonly description: string;
  /** Parameters on which the values depend, as they were given. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A value of the device, and what becomes of it. */
export interface CapturedValue {
  readonly plan: ResourcePlan;
  /** `"input:0x34"`, or the resource where its source is no address. */
  readonly key: string;
  readonly raw: string;
  /** Absent: no value, for this reason. */
  readonly value?: string;
  readonly bad?: string;
}

/** In the order of the mapping. */
export function capturedValues({ device, sources, readings }: Capture): readonly CapturedValue[] {
  const raws = new Map(readings.map(({ point, value }) => [point, value]));
  return [...device.plan.resources].flatMap(([point, plan]) => {
    const raw = raws.get(point);
    if (raw === undefined || plan.source.kind !== "point") return [];
    const converted = plan.source.toValue(raw);
    const outcome = "good" in converted ? { value: valueText(converted.good) } : { bad: converted.bad };
    return [{ plan, key: keyOf(point, device.nodes.get(point), sources), raw: rawText(raw), ...outcome }];
  });
}

/** Items for a list of vectors, a vector for each object instance; their first lines begin with "- ". */
export function vectorLines(capture: Capture): readonly string[] {
  const { description, parameters } = capture;
  const groups = new Map<string, CapturedValue[]>();
  for (const captured of capturedValues(capture)) {
    const instance = `${captured.plan.object}/${captured.plan.instance}`;
    groups.set(instance, [...(groups.get(instance) ?? []), captured]);
  }
  return [...groups.values()].flatMap((values) => {
    const raws = new Map(values.map(({ key, raw }) => [key, raw]));
    const params = [...parameters].map(([name, value]) => `${name}: ${value}`);
    return [
      `- description: ${JSON.stringify(description)}`,
      ...(params.length === 0 ? [] : [`  params: { ${params.join(", ")} }`]),
      "  raw:",
      ...[...raws].map(([key, raw]) => `    ${JSON.stringify(key)}: ${raw}`),
      "  expect:",
      ...values.map((value) => `    ${value.plan.point}: ${value.value ?? "null"}${commentOf(value)}`),
    ];
  });
}

function commentOf({ plan: { definition }, bad }: CapturedValue): string {
  const unit = definition.unit === undefined ? "" : `, ${definition.unit}`;
  return `  # ${definition.name.trim()}${bad === undefined ? unit : `: ${bad}`}`.replaceAll(/\p{Cc}/gu, " ");
}

function keyOf(point: PointId, node: MapNode | undefined, sources: readonly string[]): string {
  for (const source of sources) {
    const address = childOf(node, source);
    if (address?.kind === "scalar") return `${source}:${address.text}`;
  }
  return point;
}

/** Bytes by the word, as manuals print registers. */
function rawText(raw: RawValue): string {
  if (!(raw instanceof Uint8Array)) return typeof raw === "string" ? JSON.stringify(raw) : String(raw);
  const digits = Buffer.from(raw).toString("hex").toUpperCase();
  return JSON.stringify(digits.replaceAll(/.{4}(?=.)/g, "$& "));
}

/** Seven digits are all that a 32-bit float has; whole numbers keep all of theirs. */
export function valueText(value: Value): string {
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("hex"));
  if (typeof value === "object") return JSON.stringify(`${value.object}:${value.instance}`);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(7)));
}
