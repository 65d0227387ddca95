/** A mapping file: text → its parts, checked as far as that goes without a device. */
import { z } from "zod";
import { ConfigError, formatPlace, type Problem } from "../errors.ts";
import { childOf, entryOf, isEmpty, type MapNode, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import type { MappingTree } from "./extend.ts";
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
  readonly connectivity?: YamlNode;
  readonly firmware?: YamlNode;
  readonly objects: MapNode;
  readonly tests: readonly YamlNode[];
  /** Vectors of the mappings that it extends, as far as they still hold. */
  readonly inheritedTests: readonly YamlNode[];
  readonly root: MapNode;
}

export interface Parameter {
  readonly spec: ParameterSpec;
  /** What `default:` says. */
  readonly defaultNode?: YamlNode;
}

/**
 * How far a mapping can be trusted. `from-manual`: as the manual says, nobody has tried it yet; `field-verified`: compared with
 * the display of a real device.
 */
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
  extends: z.string().describe("The mapping over which this one is laid, by its name").optional(),
  params: z.record(z.string(), parameterSpec).nullable().optional(),
  every: z.unknown().optional(),
  availability: z.unknown().optional(),
  identity: z.unknown().optional(),
  connectivity: z.unknown().optional(),
  firmware: z.unknown().optional(),
  quirks: z.unknown().describe("What these devices do otherwise than the protocol says").optional(),
  objects: z.record(z.string(), z.unknown()).describe("Object → resource → where its value comes from"),
  test: z.array(z.unknown()).nullable().describe("Vectors: raw values and what becomes of them").optional(),
});

/** Parses a mapping file named `<name>.yaml` that extends no other. Throws ConfigError with every problem. */
export function parseMapping(text: string, file: string, name: string): MappingFile {
  const root = parseYaml(text, file);
  return readMappingTree({ root, inherited: [] }, name);
}

/** A mapping of this name, with all that it extends laid below it. Throws ConfigError with every problem. */
export function readMappingTree(
  tree: Omit<MappingTree, "root"> & { readonly root: YamlNode },
  name: string,
): MappingFile {
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const mapping = readMapping(tree.root, name, report);
  if (mapping === undefined || problems.length > 0) throw new ConfigError(problems);
  return { ...mapping, inheritedTests: tree.inherited };
}

function readMapping(root: YamlNode, name: string, report: Report): MappingFile | undefined {
  const protocol = childOf(root, "protocol");
  const section = protocol?.kind === "scalar" ? protocol.text : undefined;
  const without = new Set(section === undefined ? [] : [section]);
  const top = readNode(root, mappingKeys, report, { without, alsoKnown: without });
  const objects = childOf(root, "objects");
  if (top === undefined || root.kind !== "map" || objects?.kind !== "map" || protocol?.kind !== "scalar")
    return undefined;
  if (top.mapping !== name) {
    const place = childOf(root, "mapping")?.place ?? root.place;
    reportError(
      report,
      place,
      `mapping: the file is called ${name}.yaml, so the name must be "${name}", not "${top.mapping}"`,
      "LG310",
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
    ...present("connectivity", childOf(root, "connectivity")),
    ...present("firmware", childOf(root, "firmware")),
    objects,
    tests: tests?.kind === "list" ? tests.items : [],
    inheritedTests: [],
    root,
  };
}

/** `quirks:` at the top is the protocol's, which has a list of those that it knows. */
function sectionOf(root: YamlNode, name: string | undefined, report: Report): MapNode | undefined {
  const section = name === undefined ? undefined : childOf(root, name);
  const quirks = entryOf(root, "quirks");
  if (section !== undefined && section.kind !== "map" && !isEmpty(section)) {
    reportError(report, section.place, `${name}: expected a map`, "LG202");
    return undefined;
  }
  const own = section?.kind === "map" ? section : undefined;
  if (quirks === undefined || isEmpty(quirks.value)) return own;
  const first = entryOf(own, "quirks");
  if (first !== undefined) {
    const message = `quirks stand twice: here, and in ${name}: at ${formatPlace(first.key.place)}`;
    reportError(report, quirks.key.place, message, "LG208");
  }
  return { kind: "map", place: own?.place ?? quirks.key.place, entries: [...(own?.entries ?? []), quirks] };
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
      reportError(report, place, `"${name}" is a key of every device: choose another name`, "LG221");
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      reportError(report, place, `"${name}" is no name: letters, digits and _ only`, "LG205");
    const defaultNode = childOf(entry?.value, "default");
    if (defaultNode !== undefined) readParameter(name, spec, defaultNode, report);
    parameters.set(name, { spec, ...present("defaultNode", defaultNode) });
  }
  return parameters;
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
