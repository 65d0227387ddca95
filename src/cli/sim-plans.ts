/** The device plans that `sim` plays: those of a link of a configuration, or made of a mapping and parameters alone. */
import { resolve } from "node:path";
import { loadAdapters } from "../../adapters/index.ts";
import type { AdapterModule } from "../adapter.ts";
import { AdapterShelf } from "../config/adapter-shelf.ts";
import { requestedDevices } from "../config/device-entries.ts";
import { resolveDevices } from "../config/devices.ts";
import { MappingLibrary } from "../config/mapping-library.ts";
import { ConfigError, type Problem } from "../errors.ts";
import { readConfig } from "../gateway/read-config.ts";
import { locateData } from "../locate.ts";
import { catalogue } from "../lwm2m/objects/index.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { unknownWord } from "../yaml/issues.ts";
import type { YamlNode } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import { UsageError } from "./command.ts";

export interface Cabinet {
  readonly adapter: AdapterModule;
  /** What the adapter's schema made of the link's keys; absent where no link was named. */
  readonly options?: unknown;
  readonly plans: readonly DevicePlan[];
  /** What is wrong beside: errors of devices that are not played, warnings. */
  readonly problems: readonly Problem[];
}

/** The file in which the device entry stands that the arguments become. */
const COMMAND_LINE = "command line";

/** Every device on one link. Rejects with UsageError for a link that is not there, with ConfigError where it has no device. */
export async function cabinetOfLink(configFile: string, id: string): Promise<Cabinet> {
  const { links, devices, problems } = await readConfig(configFile);
  const link = links.get(id);
  if (link === undefined) throw new UsageError(`--link: ${unknownWord("link", id, links.keys())}`, { code: "LG501" });
  const plans = devices.filter((device) => device.link === id);
  if (plans.length === 0) {
    const message = `no device that could be played is on the link "${id}"`;
    throw new ConfigError([...problems, { severity: "error", code: "LG200", place: link.place, message }]);
  }
  return { adapter: link.adapter, options: link.options, plans, problems };
}

/** `parameters`: `unit_id=1,2` makes two devices. Rejects with ConfigError for a mapping or parameter that is wrong. */
export async function cabinetOfMapping(mapping: string, parameters: readonly string[]): Promise<Cabinet> {
  const entry = parseYaml(deviceEntry(mapping, parameters.map(splitParameter)), COMMAND_LINE);
  const adapters = await loadAdapters();
  const directories = [resolve("mappings"), locateData("mappings")];
  const library = new MappingLibrary({ adapters: AdapterShelf.of(adapters), catalogue, directories });
  const place = { file: COMMAND_LINE, line: 1, column: 1 };
  const { prepared, problems } = await library.find({ kind: "scalar", text: mapping, quoted: true, place });
  if (prepared === undefined) throw new ConfigError(problems.map(placed));
  const { adapter } = prepared;
  const [type = ""] = Object.keys(adapter.linkTypes);
  const written: YamlNode = { kind: "map", place, entries: [] };
  const links = new Map([["sim", { id: "sim", type, adapter, options: {}, place, written }]]);
  const resolved = await resolveDevices(await requestedDevices([entry]), library, { links, catalogue });
  if (resolved.disabled.length > 0) throw new ConfigError(resolved.problems.map(placed));
  return { adapter, plans: resolved.devices, problems: resolved.problems.map(placed) };
}

/** Line and column of an entry that nobody wrote tell nothing. */
function placed({ place, ...problem }: Problem): Problem {
  return place === undefined || place.file === COMMAND_LINE ? problem : { ...problem, place };
}

interface GivenParameter {
  readonly name: string;
  readonly values: readonly string[];
}

function splitParameter(text: string): GivenParameter {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--param ${text}: expected NAME=VALUE`);
  const [name, values] = [text.slice(0, at), text.slice(at + 1).split(",")];
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw new UsageError(`${name}: "${twice}" stands there twice`);
  return { name, values };
}

/** A device entry as a user would write it; a parameter with several values makes one device for each. */
function deviceEntry(mapping: string, parameters: readonly GivenParameter[]): string {
  const several = parameters.filter(({ values }) => values.length > 1);
  const single = parameters.filter(({ values }) => values.length === 1);
  const id = ["sim", ...several.map(({ name }) => `$(${name})`)].join("-");
  const entry = new Map<string, string>([
    ["id", JSON.stringify(id)],
    ["mapping", JSON.stringify(mapping)],
    ["link", "sim"],
    ...single.map(({ name, values }): [string, string] => [name, values.map(scalar).join()]),
  ]);
  if (several.length > 0) {
    entry.set("each", flowMap(several.map(({ name, values }) => [name, `[${values.map(scalar).join(", ")}]`])));
  }
  return flowMap(entry);
}

function flowMap(entries: Iterable<readonly [string, string]>): string {
  return `{ ${[...entries].map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(", ")} }`;
}

/** Plain where YAML reads it so, for the parameter's type decides what it is; quoted where it would be something else. */
function scalar(text: string): string {
  return /^[A-Za-z0-9_.+-]+$/.test(text) ? text : JSON.stringify(text);
}
