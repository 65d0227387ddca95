/** The `test:` of a mapping: raw values and what must become of them, both ways. */
import { z } from "zod";
import type { PointId, RawValue } from "../adapter.ts";
import { DeviceError, Lwm2mError, type Problem } from "../errors.ts";
import { sameValue, type Value } from "../lwm2m/sample.ts";
import {
  childOf,
  describeNode,
  isEmpty,
  type MapEntry,
  type MapNode,
  plainValue,
  type ScalarNode,
  type YamlNode,
} from "../yaml/nodes.ts";
import { type Report, readNode, reportError, toPlainMap } from "../yaml/read.ts";
import { bytesOfHex, constantValue } from "./constant.ts";
import { exampleDevice } from "./example-device.ts";
import { titleOf } from "./mapped-resource.ts";
import type { Converted, DerivedSource, PointSource, ResourcePlan } from "./plan-types.ts";
import type { PreparedMapping, ResolvedDevice } from "./resolve.ts";

const scalars = z.record(z.string(), z.union([z.string(), z.number(), z.bigint(), z.boolean(), z.null()]));

/** `{ raw, expect }` is read, `{ write, raw }` written; null stands for "no value" and for "refused". */
export const vectorSchema = z
  .strictObject({
    description: z.string().optional(),
    when: z.string().describe("It is run only where this holds for the device that it makes").optional(),
    params: scalars.describe("Parameters of this vector; default: the mapping's").optional(),
    raw: scalars.describe(
      'What the wire carries, by source ("input:0x00") or resource: bytes in hexadecimal, or a scalar',
    ),
    expect: scalars.describe("What the resources read then; null: no value").optional(),
    write: scalars.describe("What a server writes; raw is what the device gets, null: refused").optional(),
  })
  .refine(({ expect, write }) => (expect === undefined) !== (write === undefined), {
    message: "a vector has either `expect` or `write`",
  });

/** Runs every vector of a mapping. What is wrong, of the vectors or of their outcome; empty: all is as expected. */
export function runVectors(mapping: PreparedMapping): readonly Problem[] {
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  for (const vector of mapping.file.tests) runVector(vector, { mapping, report, inherited: false });
  for (const vector of mapping.file.inheritedTests) runVector(vector, { mapping, report, inherited: true });
  return problems;
}

interface Setting {
  readonly mapping: PreparedMapping;
  readonly report: Report;
  /** A vector of what is extended may name sources that are no more. */
  readonly inherited: boolean;
}

interface Run extends Setting {
  readonly device: ResolvedDevice;
}

function runVector(vector: YamlNode, setting: Setting): void {
  const { mapping, report } = setting;
  if (readNode(vector, vectorSchema, report) === undefined) return;
  const unasked = exampleDevice(mapping, report, childOf(vector, "params"));
  if (unasked === undefined) return;
  const raw = entriesOf(childOf(vector, "raw"));
  const device = afterAsking({ ...setting, device: unasked }, raw);
  const condition = childOf(vector, "when");
  if (condition !== undefined && !device.holds([condition])) return;
  const run = { ...setting, device };
  const write = childOf(vector, "write");
  if (write === undefined) runRead(raw, entriesOf(childOf(vector, "expect")), run);
  else runWrite(entriesOf(write), raw, run);
}

/** The device that has said of itself what this vector has for it: on that may depend what else it has. */
function afterAsking(run: Run, raw: readonly MapEntry[]): ResolvedDevice {
  const { device } = run;
  const needed = device.plan.variants?.facts ?? [];
  const facts = new Map<PointId, Value>();
  for (const { key, value } of raw) {
    for (const point of pointsOf(key, run)) {
      const plan = needed.includes(point) ? device.plan.resources.get(point) : undefined;
      if (plan?.source.kind !== "point" || value.kind !== "scalar") continue;
      const said = convertedValue(plan, plan.source, { node: value, whole: isWhole(key, run) }, run);
      if (said !== undefined && "good" in said) facts.set(point, said.good);
    }
  }
  return facts.size === 0 ? device : device.withFacts(facts);
}

function runRead(raw: readonly MapEntry[], expect: readonly MapEntry[], run: Run): void {
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

/** What a vector has for a point. */
interface Given {
  readonly node: ScalarNode;
  /** A message that may have something for several points: what this one gets of it the adapter knows. */
  readonly whole: boolean;
}

function isWhole(key: ScalarNode, { mapping, device }: Run): boolean {
  return mapping.adapter.delivered !== undefined && !device.nodes.has(key.text);
}

function convertedValue(
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

function runWrite(writes: readonly MapEntry[], raw: readonly MapEntry[], run: Run): void {
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

/** The points that a key of `raw` means: one by its path, or all with this source, however its address is spelled. */
function pointsOf(key: ScalarNode, { mapping: { adapter }, device }: Run): readonly PointId[] {
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

function planOf(key: ScalarNode, { device, report }: Run): ResourcePlan | undefined {
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

function rawValue(plan: ResourcePlan, node: ScalarNode, { mapping, device, report }: Run): RawValue | undefined {
  const own = device.nodes.get(plan.point);
  const shape = mapping.adapter.shape(own === undefined ? {} : toPlainMap(own));
  const value = shape.kind === "bytes" ? bytesOfHex(node.text) : plainValue(node);
  if (value !== undefined && value !== null && (shape.kind !== "boolean" || typeof value === "boolean")) return value;
  const wanted = { bytes: "bytes in hexadecimal", boolean: "true or false", scalar: "a value" }[shape.kind];
  reportError(report, node.place, `test: ${titleOf(plan)}: expected ${wanted}, found ${describeNode(node)}`, "LG321");
  return undefined;
}

function wantedValue(node: YamlNode, plan: ResourcePlan, { report }: Run): Value | undefined {
  const value = constantValue(node, { type: plan.definition.type });
  if ("value" in value) return value.value;
  reportError(report, node.place, `test: ${titleOf(plan)}: ${value.wrong}`, "LG321");
  return undefined;
}

/** A 32-bit float has seven digits: what a person writes down is not more exact. */
const PRECISION = 1e-6;

function agree(actual: Value, wanted: Value): boolean {
  if (typeof actual !== "number" || typeof wanted !== "number") return sameValue(actual, wanted);
  return Object.is(actual, wanted) || Math.abs(actual - wanted) <= PRECISION * Math.max(Math.abs(wanted), 1e-3);
}

function sameRaw(actual: RawValue, wanted: RawValue, mask?: Uint8Array): boolean {
  if (!(actual instanceof Uint8Array) || !(wanted instanceof Uint8Array)) return actual === wanted;
  return (
    actual.length === wanted.length &&
    actual.every((byte, i) => (byte & (mask?.[i] ?? 0xff)) === ((wanted[i] ?? 0) & (mask?.[i] ?? 0xff)))
  );
}

function describeRaw(raw: RawValue): string {
  return raw instanceof Uint8Array ? `"${Buffer.from(raw).toString("hex")}"` : String(raw);
}

function describeValue(value: Value): string {
  if (value instanceof Uint8Array) return describeRaw(value);
  return typeof value === "object" ? `${value.object}:${value.instance}` : JSON.stringify(value, bigintText);
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function entriesOf(node: YamlNode | undefined): readonly MapEntry[] {
  return node?.kind === "map" ? node.entries : [];
}
