/** The `test:` of a mapping: raw values and what must become of them, both ways. */
import { z } from "zod";
import type { PointId } from "../adapter.ts";
import type { Problem } from "../errors.ts";
import type { Value } from "../lwm2m/sample.ts";
import { childOf, type MapEntry, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode } from "../yaml/read.ts";
import { exampleDevice } from "./example-device.ts";
import type { PreparedMapping } from "./prepare.ts";
import type { ResolvedDevice } from "./resolve.ts";
import { convertedValue, runRead } from "./vector-read.ts";
import { isWhole, pointsOf, type Run, type Setting } from "./vector-run.ts";
import { runWrite } from "./vector-write.ts";

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

function entriesOf(node: YamlNode | undefined): readonly MapEntry[] {
  return node?.kind === "map" ? node.entries : [];
}
