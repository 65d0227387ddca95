/** What is doubtful of `report:` entries: paths that name nothing of what is configured, servers that will hear nothing. */
import type { Place } from "../errors.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { PathParts } from "../lwm2m/path.ts";
import { meansIds, meansPrefix, type PathPattern } from "../lwm2m/path-pattern.ts";
import { isUsablePrefix } from "../lwm2m/prefix.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { nearestNames } from "../near-miss.ts";
import { childOf, nodeAt, type YamlNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { REMOTE_MODBUS_OBJECTS } from "./remote-modbus.ts";
import type { DisabledDevice, GatewaySettings, ServerSettings } from "./types.ts";

export interface ReportContext {
  /** Of config.yaml. */
  readonly root: YamlNode;
  readonly gateway: GatewaySettings;
  readonly devices: readonly DevicePlan[];
  /** Nobody knows what these have. */
  readonly disabled: readonly DisabledDevice[];
  readonly catalogue: ObjectCatalogue;
  readonly report: Report;
}

export function warnOfReports(servers: readonly ServerSettings[], context: ReportContext): void {
  const list = childOf(context.root, "servers");
  for (const [i, server] of servers.entries()) {
    if (server.reports.length === 0) continue;
    const entries = nodeAt(list ?? context.root, [i, "report"]) ?? context.root;
    warn(context, entries.place, obstacleOf(server));
    for (const [j, { paths }] of server.reports.entries()) {
      for (const [k, path] of paths.entries()) {
        const place = nodeAt(entries, [j, "paths", k])?.place ?? entries.place;
        warn(context, place, path.prefix === "" ? lackOfGateway(path, context) : lackOfDevices(path, context));
      }
    }
  }
}

function warn({ report }: ReportContext, place: Place, message: string | undefined): void {
  if (message !== undefined) report({ severity: "warning", code: "LG227", place, message: `report: ${message}` });
}

/** Why nothing of the entries will reach this server. */
function obstacleOf({ muteSend, version }: ServerSettings): string | undefined {
  if (version === "1.0") return "entries are delivered by Send, which LwM2M 1.0 does not have: nothing of them arrives";
  if (muteSend)
    return "entries are delivered by Send: nothing of them arrives until the server writes false to Mute Send";
  return undefined;
}

/** What the paths of a device may be: in document order, as far as they can be read. */
type Leaves = readonly Omit<PathParts, "prefix">[];

function lackOfDevices(path: PathPattern, { devices, disabled }: ReportContext): string | undefined {
  const off = disabled.some(({ id }) => meansPrefix(path, id));
  const meant = devices.filter((device) => prefixesOf(device).some((prefix) => meansPrefix(path, prefix)));
  if (off || meant.some((device) => hasStored(path, device.storedObjects))) return undefined;
  if (meant.length > 0) return lackOf(path, meant.flatMap(leavesOf));
  // Its prefix may be one that the store gives.
  if (devices.some((device) => prefixesOf(device).length === 0)) return undefined;
  const [near] = nearestNames(path.prefix, devices.flatMap(prefixesOf), 1);
  const hint = near === undefined ? "" : `; did you mean "${path.text.replace(path.prefix, near)}"?`;
  return `"${path.text}" matches no device${hint}`;
}

function lackOfGateway(path: PathPattern, { gateway, catalogue, devices }: ReportContext): string | undefined {
  const remote = gateway.remoteModbus === undefined ? [] : REMOTE_MODBUS_OBJECTS;
  const filled = [...gateway.storedObjects, ...remote.flatMap((object) => catalogue.find(object) ?? [])];
  if (hasStored(path, filled)) return undefined;
  const leaves = OWN_OBJECTS.flatMap((object) => readable(catalogue.find(object)));
  const lack = lackOf(path, leaves, " of the gateway itself", 1);
  if (lack === undefined) return undefined;
  const ofDevices = devices.flatMap(leavesOf).some((leaf) => meansIds(path, leaf));
  return ofDevices ? `${lack}; did you mean "/*${path.text}"?` : lack;
}

/** Server, Device and Gateway. */
const OWN_OBJECTS: readonly number[] = [1, 3, 25];

/** The first ID to which nothing belongs, and those that there are in its place. `levels`: how many IDs are looked at. */
function lackOf({ text, ids }: PathPattern, leaves: Leaves, whose = "", levels = ids.length): string | undefined {
  const upTo = (level: number): Leaves => leaves.filter((leaf) => meansIds({ ids: ids.slice(0, level) }, leaf));
  for (let level = 1; level <= levels; level++) {
    if (upTo(level).length > 0) continue;
    const id = ids[level - 1] ?? "";
    const there = [...new Set(upTo(level - 1).flatMap((leaf) => idsOf(leaf)[level - 1] ?? []))].sort((a, b) => a - b);
    const known = there.length === 0 || there.length > MOST_SHOWN ? "" : ` (have: ${there.join(", ")})`;
    return `"${text}" matches nothing: there is no ${`${LEVELS[level - 1]} ${id}`.trim()}${whose} to be read${known}`;
  }
  return undefined;
}

const LEVELS = ["object", "instance", "resource", "resource instance"] as const;
const MOST_SHOWN = 12;

function idsOf({ object, instance, resource, resourceInstance }: Leaves[number]): readonly (number | undefined)[] {
  return [object, instance, resource, resourceInstance];
}

/** The prefixes that a device may get; none: the store will make one. */
export function prefixesOf({ id, prefix, was }: DevicePlan): readonly string[] {
  if (prefix !== undefined) return [prefix];
  return [id, was ?? ""].filter(isUsablePrefix);
}

function leavesOf({ resources }: DevicePlan): Leaves {
  const mapped = [...resources.values()].filter(
    ({ definition, source }) =>
      definition.operations.includes("R") && source.kind !== "execute" && (source.kind !== "point" || source.readable),
  );
  return [...mapped, ...DEVICE_LEAVES];
}

/** Error Code and Supported Binding and Modes, which every device has. */
const DEVICE_LEAVES: Leaves = [
  { object: 3, instance: 0, resource: 11, resourceInstance: 0 },
  { object: 3, instance: 0, resource: 16 },
];

function readable(definition: ObjectDefinition | undefined): Leaves {
  const resources = [...(definition?.resources.values() ?? [])].filter(({ operations }) => operations.includes("R"));
  return resources.map(({ id }) => ({ object: definition?.id ?? 0, instance: 0, resource: id }));
}

/** Servers fill it with what nobody knows yet. */
export function hasStored({ ids }: PathPattern, stored: readonly ObjectDefinition[] = []): boolean {
  const [object = null] = ids;
  return stored.some(({ id }) => object === null || object === id);
}
