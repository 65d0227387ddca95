/** A vector on the device that it makes: what its keys and values mean there. */
import type { PointId, RawValue } from "../adapter.ts";
import type { Value } from "../lwm2m/sample.ts";
import { childOf, describeNode, type MapNode, plainValue, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError, toPlainMap } from "../yaml/read.ts";
import { bytesOfHex, constantValue } from "./constant.ts";
import { titleOf } from "./mapped-resource.ts";
import type { ResourcePlan } from "./plan-types.ts";
import type { PreparedMapping } from "./prepare.ts";
import type { ResolvedDevice } from "./resolve.ts";

export interface Setting {
  readonly mapping: PreparedMapping;
  readonly report: Report;
  /** A vector of what is extended may name sources that are no more. */
  readonly inherited: boolean;
}

export interface Run extends Setting {
  readonly device: ResolvedDevice;
}

/** The points that a key of `raw` means: one by its path, or all with this source, however its address is spelled. */
export function pointsOf(key: ScalarNode, { mapping: { adapter }, device }: Run): readonly PointId[] {
  if (device.nodes.has(key.text)) return [key.text];
  const named = [...device.plan.resources].filter(
    ([, { source }]) => source.kind === "point" && adapter.messageName?.(source.point, key.text) === key.text,
  );
  if (named.length > 0) return named.map(([point]) => point);
  const colon = key.text.indexOf(":");
  const source = key.text.slice(0, colon);
  const address = plainValue({ ...key, text: key.text.slice(colon + 1).trim(), quoted: false });
  return [...device.nodes].filter(([, node]) => isAt(node, source, address)).map(([point]) => point);
}

function isAt(node: MapNode, source: string, address: unknown): boolean {
  const own = childOf(node, source);
  return own?.kind === "scalar" && plainValue({ ...own, quoted: false }) === address;
}

export function isWhole(key: ScalarNode, { mapping, device }: Run): boolean {
  return mapping.adapter.delivered !== undefined && !device.nodes.has(key.text);
}

export function planOf(key: ScalarNode, { device, report }: Run): ResourcePlan | undefined {
  const plan = device.plan.resources.get(key.text);
  if (plan === undefined) {
    const have = [...device.plan.resources.keys()].slice(0, 3).join(", ");
    reportError(
      report,
      key.place,
      `test: "${key.text}" is no resource of this mapping; write the IDs, e.g. ${have}`,
      "LG322",
    );
  }
  return plan;
}

export function rawValue(plan: ResourcePlan, node: ScalarNode, { mapping, device, report }: Run): RawValue | undefined {
  const own = device.nodes.get(plan.point);
  const shape = mapping.adapter.shape(own === undefined ? {} : toPlainMap(own));
  const value = shape.kind === "bytes" ? bytesOfHex(node.text) : plainValue(node);
  if (value !== undefined && value !== null && (shape.kind !== "boolean" || typeof value === "boolean")) return value;
  const wanted = { bytes: "bytes in hexadecimal", boolean: "true or false", scalar: "a value" }[shape.kind];
  reportError(report, node.place, `test: ${titleOf(plan)}: expected ${wanted}, found ${describeNode(node)}`, "LG321");
  return undefined;
}

export function wantedValue(node: YamlNode, plan: ResourcePlan, { report }: Run): Value | undefined {
  const value = constantValue(node, { type: plan.definition.type });
  if ("value" in value) return value.value;
  reportError(report, node.place, `test: ${titleOf(plan)}: ${value.wrong}`, "LG321");
  return undefined;
}

export function describeRaw(raw: RawValue): string {
  return raw instanceof Uint8Array ? `"${Buffer.from(raw).toString("hex")}"` : String(raw);
}
