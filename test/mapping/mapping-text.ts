/** Mappings as text → plans and problems, with the real adapters and the real catalogue. */
import assert from "node:assert/strict";
import { loadAdapters } from "../../adapters/index.ts";
import type { AdapterModule } from "../../src/adapter.ts";
import { ConfigError, type Place, problemText } from "../../src/errors.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { resolveDevice } from "../../src/mapping/device-plan.ts";
import { type MappingFile, parseMapping } from "../../src/mapping/load.ts";
import type { DevicePlan, PointSource, ResourcePlan } from "../../src/mapping/plan-types.ts";
import { type PreparedMapping, prepareMapping } from "../../src/mapping/prepare.ts";
import type { MapEntry } from "../../src/yaml/nodes.ts";
import { parseYaml } from "../../src/yaml/parse.ts";

const adapters = await loadAdapters();

export interface Outcome {
  readonly plan?: DevicePlan;
  /** Without the file's name: "3:5: error: …". */
  readonly problems: readonly string[];
}

export const PLACE: Place = { file: "device", line: 1, column: 1 };

/** The keys of a device entry: "unit_id: 3". */
export function entriesOf(text: string): readonly MapEntry[] {
  const node = parseYaml(text, PLACE.file);
  assert.ok(node.kind === "map");
  return node.entries;
}

/** A mapping called "t", in the file t.yaml. Throws ConfigError. */
export function parsed(text: string): MappingFile {
  return parseMapping(text, "t.yaml", "t");
}

/** `ways`: in place of those that its protocol has for firmware. */
export function prepared(
  text: string,
  ways?: AdapterModule["firmware"],
): { readonly mapping: PreparedMapping; readonly problems: string[] } {
  const file = parsed(text);
  const found = adapters.find(({ name }) => name === file.protocol.text);
  assert.ok(found !== undefined);
  const adapter = ways === undefined ? found : { ...found, firmware: ways };
  const problems: string[] = [];
  const mapping = prepareMapping(file, adapter, catalogue, (problem) => problems.push(problemText(problem)));
  return { mapping, problems };
}

/** One device of the mapping; `parameters` as they would stand in its entry: "unit_id: 3". */
export function resolved(text: string, parameters = "{}", ways?: AdapterModule["firmware"]): Outcome {
  try {
    const { mapping, problems } = prepared(text, ways);
    const device = { id: "d", place: PLACE, link: "l", parameters: entriesOf(parameters) };
    const plan = resolveDevice(mapping, device, (problem) => problems.push(problemText(problem)));
    return { problems: problems.map(withoutFile), ...(plan === undefined ? {} : { plan }) };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems.map(problemText).map(withoutFile) };
    throw error;
  }
}

/** The plan of a mapping that must be right. */
export function planOf(text: string, parameters?: string): DevicePlan {
  const { plan, problems } = resolved(text, parameters);
  assert.ok(plan !== undefined, problems.join("\n"));
  return plan;
}

export function resourceOf(plan: DevicePlan, point: string): ResourcePlan {
  const resource = plan.resources.get(point);
  assert.ok(resource !== undefined, `no ${point} in ${[...plan.resources.keys()].join(", ")}`);
  return resource;
}

export function pointOf(plan: DevicePlan, point: string): PointSource {
  const { source } = resourceOf(plan, point);
  assert.ok(source.kind === "point", `${point} is ${source.kind}`);
  return source;
}

/** A Modbus mapping with these lines below `objects:` (indented by two spaces already) and these above it. */
export function modbus(objects: string, above = ""): string {
  return `mapping: t\nprotocol: modbus\nmodbus: { unit_id: 1 }\n${above}objects:\n${objects}\n`;
}

function withoutFile(problem: string): string {
  return problem.replace(/^t\.yaml:/, "");
}
