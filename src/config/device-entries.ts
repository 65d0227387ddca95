/** The entries of `devices:`, each made as many as its `each:` says, with `$name` filled in. */
import { dirname } from "node:path";
import { ConfigError, type Place, type Problem } from "../errors.ts";
import { substitute } from "../mapping/substitute.ts";
import { notSupported } from "../yaml/issues.ts";
import {
  childOf,
  describeNode,
  entryOf,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type YamlNode,
} from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import { parseCsv } from "./csv.ts";
import { type EachRow, MAX_ROWS, readEach } from "./each.ts";
import { besides, readText } from "./files.ts";
import { fillGiven, type GivenValues, NOTHING_GIVEN } from "./given-values.ts";
import { type DeviceKeys, deviceSchema, LATER_DEVICE_KEYS } from "./schema.ts";
import { MODES } from "./security-schema.ts";

/** One device as the files say it. */
export interface RequestedDevice {
  /** As far as it could be told. */
  readonly id: string;
  readonly place: Place;
  /** Absent where the entry is wrong. */
  readonly entry?: CheckedEntry;
  readonly problems: readonly Problem[];
}

export interface CheckedEntry {
  readonly keys: DeviceKeys;
  readonly node: MapNode;
  /** The scalar behind `mapping:`. */
  readonly mapping: ScalarNode;
  readonly link: ScalarNode;
  /** What `each` made for this device; a name that is a parameter of the mapping is one. */
  readonly row: EachRow;
  /** The keys that are not the core's. */
  readonly parameters: readonly MapEntry[];
}

/** Read where it is known which servers the device is a client of; there are secrets in them. */
const CREDENTIALS: readonly string[] = MODES;

const OWN_KEYS: ReadonlySet<string> = new Set([
  ...Object.keys(deviceSchema.shape),
  "each",
  ...CREDENTIALS,
  ...LATER_DEVICE_KEYS,
]);

/** Every device of one list of entries; what is wrong stands with the device. */
export async function requestedDevices(
  items: readonly YamlNode[],
  given: GivenValues = NOTHING_GIVEN,
): Promise<readonly RequestedDevice[]> {
  const devices: RequestedDevice[] = [];
  for (const item of items) devices.push(...(await devicesOf(item, given)));
  return devices;
}

async function devicesOf(written: YamlNode, given: GivenValues): Promise<readonly RequestedDevice[]> {
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const item = fillGiven(written, given, "follow", report);
  if (item.kind !== "map") {
    reportError(
      report,
      item.place,
      `devices: expected a map with id, mapping and link, found ${describeNode(item)}`,
      "LG202",
    );
    return [{ id: "?", place: item.place, problems }];
  }
  const rows = problems.length > 0 ? undefined : await rowsOf(item, report);
  if (rows === undefined) return [{ id: idText(item), place: item.place, problems }];
  return rows.map((row) => deviceOf(item, row));
}

/** One row without names where there is no `each`. */
async function rowsOf(item: MapNode, report: Report): Promise<readonly EachRow[] | undefined> {
  const each = childOf(item, "each");
  if (each === undefined) return [new Map()];
  if (each.kind !== "scalar" || !/\.csv$/i.test(each.text)) return readEach(each, report);
  try {
    const file = besides(dirname(each.place.file), each.text);
    const { rows } = parseCsv(await readText(file), file);
    if (rows.length <= MAX_ROWS) return rows;
    reportError(
      report,
      each.place,
      `each: ${file} has ${rows.length} lines, which are more than ${MAX_ROWS} devices`,
      "LG217",
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) report({ place: each.place, ...problem });
    return undefined;
  }
}

function deviceOf(item: MapNode, row: EachRow): RequestedDevice {
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const { place } = item;
  const entries = item.entries.filter(({ key }) => key.text !== "each");
  const scope = new Map([...ownScalars(entries), ...row]);
  const node = substitute({ ...item, entries }, scope, report, { owner: "this device" });
  const id = idText(node);
  for (const key of LATER_DEVICE_KEYS) {
    const later = entryOf(node, key);
    if (later !== undefined) reportError(report, later.key.place, notSupported(key), "LG211");
  }
  const parameters = node.entries.filter(({ key }) => !OWN_KEYS.has(key.text));
  const without = new Set([...parameters.map(({ key }) => key.text), ...CREDENTIALS, ...LATER_DEVICE_KEYS]);
  const keys = readNode(node, deviceSchema, report, { without });
  const mapping = childOf(node, "mapping");
  const link = childOf(node, "link");
  if (keys === undefined || mapping?.kind !== "scalar" || link?.kind !== "scalar" || problems.length > 0) {
    return { id, place, problems };
  }
  return { id, place, problems, entry: { keys, node, mapping, link, row, parameters } };
}

/** A device's own parameters may stand in its `id`: `{ id: meter-$unit_id, unit_id: 5 }`. */
function ownScalars(entries: readonly MapEntry[]): readonly (readonly [string, ScalarNode])[] {
  return entries.flatMap(({ key, value }) =>
    value.kind === "scalar" && value.secret === undefined && !value.text.includes("$") && !OWN_KEYS.has(key.text)
      ? [[key.text, value] as const]
      : [],
  );
}

function idText(node: MapNode): string {
  const id = childOf(node, "id");
  return id?.kind === "scalar" && id.text !== "" && id.secret === undefined ? id.text : "?";
}
