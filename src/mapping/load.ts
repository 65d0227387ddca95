/** A mapping file: text → its parts, checked as far as that goes without a device. */
import { z } from "zod";
import { ConfigError, type Problem } from "../errors.ts";
import { childOf, entryOf, isEmpty, type MapNode, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import { LATER_MAPPING_KEYS } from "./keys.ts";
import { type ParameterSpec, parameterSpec, RESERVED_NAMES, readParameter } from "./parameters.ts";

/** One device type, as its file says it; `$name` not filled in yet. */
export interface MappingFile {
  readonly name: string;
  readonly file: string;
  /** How far its addresses can be trusted; absent where the file does not say. */
  readonly source?: Provenance;
  readonly protocol: ScalarNode;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The section of the protocol (`modbus:`); absent where there is none. */
  readonly section?: MapNode;
  readonly every?: YamlNode;
  readonly availability?: YamlNode;
  readonly identity?: YamlNode;
  readonly objects: MapNode;
  readonly tests: readonly YamlNode[];
  readonly root: MapNode;
}

export interface Parameter {
  readonly spec: ParameterSpec;
  /** What `default:` says. */
  readonly defaultNode?: YamlNode;
}

/** `from-manual`: as documented, nobody has tried it yet; `field-verified`: compared with the display of a real device. */
const provenance = z.literal(["from-manual", "field-verified"]);

export type Provenance = z.output<typeof provenance>;

/** The top of a mapping, beside the section of its protocol. */
export const mappingKeys = z.strictObject({
  format: z.literal(1).optional(),
  mapping: z.string().describe("The name of the device type, the same as the file's"),
  description: z.string().optional(),
  source: provenance
    .describe("Where the addresses come from: a manual alone, or compared with a real device")
    .optional(),
  protocol: z.string().describe("The adapter"),
  params: z.record(z.string(), parameterSpec).nullable().optional(),
  every: z.unknown().optional(),
  availability: z.unknown().optional(),
  identity: z.unknown().optional(),
  objects: z.record(z.string(), z.unknown()).describe("Object → resource → where its value comes from"),
  test: z.array(z.unknown()).nullable().describe("Vectors: raw values and what becomes of them").optional(),
});

/** Parses a mapping file named `<name>.yaml`. Throws ConfigError with every problem. */
export function parseMapping(text: string, file: string, name: string): MappingFile {
  const root = parseYaml(text, file);
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const mapping = readMapping(root, name, report);
  if (mapping === undefined || problems.length > 0) throw new ConfigError(problems);
  return mapping;
}

function readMapping(root: YamlNode, name: string, report: Report): MappingFile | undefined {
  const protocol = childOf(root, "protocol");
  const section = protocol?.kind === "scalar" ? protocol.text : undefined;
  const without = new Set(section === undefined ? [] : [section]);
  const top = readNode(root, mappingKeys, report, { without, alsoKnown: without, later: LATER_MAPPING_KEYS });
  const objects = childOf(root, "objects");
  if (top === undefined || root.kind !== "map" || objects?.kind !== "map" || protocol?.kind !== "scalar")
    return undefined;
  if (top.mapping !== name) {
    const place = childOf(root, "mapping")?.place ?? root.place;
    reportError(
      report,
      place,
      `mapping: the file is called ${name}.yaml, so the name must be "${name}", not "${top.mapping}"`,
    );
  }
  const tests = childOf(root, "test");
  return {
    name,
    file: root.place.file,
    ...present("source", top.source),
    protocol,
    parameters: readParameters(top.params ?? {}, root, report),
    ...present("section", sectionOf(root, section, report)),
    ...present("every", childOf(root, "every")),
    ...present("availability", childOf(root, "availability")),
    ...present("identity", childOf(root, "identity")),
    objects,
    tests: tests?.kind === "list" ? tests.items : [],
    root,
  };
}

function sectionOf(root: YamlNode, name: string | undefined, report: Report): MapNode | undefined {
  const section = name === undefined ? undefined : childOf(root, name);
  if (section === undefined || section.kind === "map") return section;
  if (!isEmpty(section)) reportError(report, section.place, `${name}: expected a map`);
  return undefined;
}

function readParameters(
  specs: Readonly<Record<string, ParameterSpec>>,
  root: YamlNode,
  report: Report,
): Map<string, Parameter> {
  const section = childOf(root, "params");
  const parameters = new Map<string, Parameter>();
  for (const [name, spec] of Object.entries(specs)) {
    const entry = entryOf(section, name);
    const place = entry?.key.place ?? root.place;
    if (RESERVED_NAMES.includes(name))
      reportError(report, place, `"${name}" is a key of every device: choose another name`);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      reportError(report, place, `"${name}" is no name: letters, digits and _ only`);
    const defaultNode = childOf(entry?.value, "default");
    if (defaultNode !== undefined) readParameter(name, spec, defaultNode, report);
    parameters.set(name, { spec, ...present("defaultNode", defaultNode) });
  }
  return parameters;
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
