/** `import: registers.csv` in an object of a mapping: a line for each resource, columns named like the keys. */
import { dirname } from "node:path";
import type { AdapterModule } from "../adapter.ts";
import { ConfigError, type Place, type Problem, reasonOf } from "../errors.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { mergeObjects } from "../mapping/extend-objects.ts";
import { LATER_RESOURCE_KEYS } from "../mapping/keys.ts";
import { resourceKeysOf } from "../mapping/resource.ts";
import { unknownWord } from "../yaml/issues.ts";
import { childOf, describeNode, type MapEntry, type MapNode, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import { type Report, reportError, toPlain } from "../yaml/read.ts";
import { type CsvRow, parseCsv } from "./csv.ts";
import { besides, readText } from "./files.ts";

export interface ImportContext {
  readonly adapter: AdapterModule;
  readonly catalogue: ObjectCatalogue;
  /** The protocol's section, as written. */
  readonly section: Readonly<Record<string, unknown>>;
  readonly report: Report;
}

/** The mapping with the lines of every imported file in their place; what the object says itself is laid over them. */
export async function withImports(root: YamlNode, context: ImportContext): Promise<YamlNode> {
  const objects = childOf(root, "objects");
  if (root.kind !== "map" || objects?.kind !== "map") return root;
  const imported = await Promise.all(objects.entries.map((entry) => withImport(entry, context)));
  if (imported.every((entry, i) => entry === objects.entries[i])) return root;
  const value: MapNode = { ...objects, entries: imported.filter((entry) => entry !== undefined) };
  return { ...root, entries: root.entries.map((entry) => (entry.value === objects ? { ...entry, value } : entry)) };
}

/** Undefined where there is no such list: of an object without one nothing can be said. */
async function withImport(entry: MapEntry, context: ImportContext): Promise<MapEntry | undefined> {
  const { report, catalogue, adapter } = context;
  const file = childOf(entry.value, "import");
  if (file === undefined || entry.value.kind !== "map") return entry;
  if (file.kind !== "scalar" || file.text === "") {
    reportError(report, file.place, `import: expected a CSV file, found ${describeNode(file)}`, "LG219");
    return undefined;
  }
  const rows = await rowsOf(file, context);
  if (rows === undefined) return undefined;
  const resources = resourcesOf(rows, file, context);
  const own = entry.value.entries.filter(({ key }) => key.text !== "import");
  const node = (entries: readonly MapEntry[]): MapNode => ({ kind: "map", place: entry.value.place, entries });
  const objectWith = (entries: readonly MapEntry[]): MapNode => node([{ key: entry.key, value: node(entries) }]);
  const options = { catalogue, sources: adapter.sources, report, onChange: () => {} };
  const [both] = mergeObjects(objectWith(resources), objectWith(own), options).entries;
  return both ?? entry;
}

/** The lines with those of their columns that mean something. */
async function rowsOf(file: ScalarNode, { adapter, report }: ImportContext): Promise<readonly CsvRow[] | undefined> {
  try {
    const path = besides(dirname(file.place.file), file.text);
    const { columns, rows } = parseCsv(await readText(path), path);
    const names = columns.map(({ text }) => text);
    if (rows.length === 0) reportError(report, file.place, `import: ${path} has no line below its first`, "LG219");
    else if (names.includes("resource")) return withoutUnknown(columns, rows, { adapter, report });
    else
      reportError(report, file.place, `import: ${path} has no column "resource" (have: ${names.join(", ")})`, "LG219");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) report({ place: file.place, ...problem });
  }
  return undefined;
}

/** A column with a wrong name is told once, not with each line. */
function withoutUnknown(
  columns: readonly ScalarNode[],
  rows: readonly CsvRow[],
  { adapter, report }: Pick<ImportContext, "adapter" | "report">,
): readonly CsvRow[] {
  const known = [...OWN_COLUMNS, ...resourceKeysOf(adapter)];
  const unknown = columns.filter(({ text }) => !known.includes(text) && !LATER_RESOURCE_KEYS.includes(text));
  for (const { text, place } of unknown) reportError(report, place, unknownWord("column", text, known), "LG219");
  if (unknown.length === 0) return rows;
  const names = new Set(unknown.map(({ text }) => text));
  return rows.map((row) => new Map([...row].filter(([name]) => !names.has(name))));
}

/** The resources, or the instances where a column says which. */
function resourcesOf(rows: readonly CsvRow[], file: ScalarNode, context: ImportContext): readonly MapEntry[] {
  const units = new Map<string, Place>();
  const instances = new Map<string, { readonly key: ScalarNode; readonly resources: MapEntry[] }>();
  for (const row of rows) {
    const name = row.get("resource");
    if (name === undefined) continue;
    const key = instanceOf(row, name);
    const wrong = wrongName(name, key);
    const resource = resourceOf(name, row, units, context);
    if (wrong !== undefined) context.report(wrong);
    if (wrong !== undefined || resource === undefined) continue;
    const resources = instances.get(key.text) ?? { key, resources: [] };
    resources.resources.push(resource);
    instances.set(key.text, resources);
  }
  const [first, second] = units;
  if (second !== undefined) {
    const message = `this line is about unit ${second[0]}, others about ${first?.[0]}: a mapping is one device`;
    reportError(context.report, second[1], message, "LG219");
  }
  const all = [...instances.values()];
  if (!rows.some((row) => row.has("instance"))) return all.flatMap(({ resources }) => resources);
  return all.map(({ key, resources }) => ({ key, value: { kind: "map", place: file.place, entries: resources } }));
}

function instanceOf(row: CsvRow, name: ScalarNode): ScalarNode {
  const instance = row.get("instance") ?? { ...name, text: "0" };
  return { ...instance, text: instance.text === "" ? "0" : instance.text, quoted: false };
}

function wrongName(name: ScalarNode, instance: ScalarNode): Problem | undefined {
  const error = (place: Place, message: string): Problem => ({ severity: "error", code: "LG219", place, message });
  if (name.text === "") return error(name.place, "resource: expected a name or a number, found nothing");
  if (/^[0-9]+$/.test(instance.text)) return undefined;
  return error(instance.place, `instance: expected a number, found ${describeNode(instance)}`);
}

/** Undefined where a cell cannot be read: it would lack what stands there. */
function resourceOf(
  name: ScalarNode,
  row: CsvRow,
  units: Map<string, Place>,
  context: ImportContext,
): MapEntry | undefined {
  const cells = [...row].filter(([column, cell]) => !OWN_COLUMNS.has(column) && cell.text !== "");
  const entries = cells.flatMap(([column, cell]): MapEntry[] => {
    const value = cellValue(cell, context);
    return value === undefined ? [] : [{ key: { ...cell, text: column }, value }];
  });
  const address = row.get("address");
  const keys = address === undefined || address.text === "" ? [] : addressKeys(address, entries, units, context);
  if (keys === undefined || entries.length < cells.length) return undefined;
  entries.unshift(...keys);
  return { key: { ...name, quoted: false }, value: { kind: "map", place: name.place, entries } };
}

const OWN_COLUMNS: ReadonlySet<string> = new Set(["resource", "instance", "address"]);

function addressKeys(
  address: ScalarNode,
  entries: readonly MapEntry[],
  units: Map<string, Place>,
  { adapter, section, report }: ImportContext,
): readonly MapEntry[] | undefined {
  if (adapter.importAddress === undefined) {
    reportError(
      report,
      address.place,
      `address: ${adapter.name} has no addresses; write a column for each key`,
      "LG219",
    );
    return undefined;
  }
  const line = Object.fromEntries(entries.map(({ key, value }) => [key.text, toPlain(value)]));
  try {
    const { unit, keys } = adapter.importAddress(address.text, { keys: line, section });
    if (unit !== undefined && !units.has(unit)) units.set(unit, address.place);
    // What a column says stands.
    return Object.entries(keys)
      .filter(([key]) => !Object.hasOwn(line, key))
      .map(([key, text]) => ({ key: { ...address, text: key }, value: { ...address, text, quoted: false } }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    reportError(report, address.place, `address: ${reasonOf(error)}`, "LG219");
    return undefined;
  }
}

/** A list or a map is written as in YAML; a spreadsheet's quotes mean nothing. */
function cellValue(cell: ScalarNode, { report }: ImportContext): YamlNode | undefined {
  if (!/^[[{]/.test(cell.text)) return { ...cell, quoted: false };
  try {
    return placedAt(parseYaml(cell.text, cell.place.file), cell.place);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { message } of error.problems) reportError(report, cell.place, message, "LG219");
    return undefined;
  }
}

function placedAt(node: YamlNode, place: Place): YamlNode {
  switch (node.kind) {
    case "scalar":
      return { ...node, place };
    case "list":
      return { ...node, place, items: node.items.map((item) => placedAt(item, place)) };
    case "map": {
      const entries = node.entries.map(({ key, value }) => ({ key: { ...key, place }, value: placedAt(value, place) }));
      return { ...node, place, entries };
    }
  }
}
