/** What is doubtful of `access:`: devices and paths that name nothing of what is configured. */
import { meansIds, meansPrefix, type PathPattern } from "../lwm2m/path-pattern.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { nearestNames } from "../near-miss.ts";
import { childOf, nodeAt, type YamlNode } from "../yaml/nodes.ts";
import { type AccessSettings, meansDevice } from "./access.ts";
import { hasStored, prefixesOf, type ReportContext } from "./report-warnings.ts";
import type { ServerSettings } from "./types.ts";

export function warnOfAccess(servers: readonly ServerSettings[], context: ReportContext): void {
  const list = childOf(context.root, "servers") ?? context.root;
  for (const [i, { access }] of servers.entries()) {
    const node = nodeAt(list, [i, "access"]);
    if (node === undefined) continue;
    for (const [j, pattern] of access.devices.entries()) {
      warn(context, nodeAt(node, ["devices", j]) ?? node, lackOfDevice(pattern, context));
    }
    for (const [j, path] of access.writable.entries()) {
      warn(context, nodeAt(node, ["writable", j]) ?? node, lackOfPath(path, access, context));
    }
  }
}

function warn({ report }: ReportContext, { place }: YamlNode, message: string | undefined): void {
  if (message !== undefined) report({ severity: "warning", code: "LG226", place, message: `access: ${message}` });
}

function lackOfDevice(pattern: string, { devices, disabled }: ReportContext): string | undefined {
  const ids = [...devices, ...disabled].map(({ id }) => id);
  if (pattern === "*" || ids.some((id) => meansDevice([pattern], id))) return undefined;
  return `"${pattern}" matches no device${hintOf(pattern, ids)}`;
}

function lackOfPath(path: PathPattern, access: AccessSettings, context: ReportContext): string | undefined {
  // Of the gateway itself, and of what nobody knows yet, servers make what there is.
  if (path.prefix === "") return undefined;
  const devices = context.devices.filter(({ id }) => meansDevice(access.devices, id));
  const off = context.disabled.some(({ id }) => meansPrefix(path, id) && meansDevice(access.devices, id));
  // A prefix may be one that the store gives.
  if (off || devices.some((device) => prefixesOf(device).length === 0)) return undefined;
  const meant = devices.filter((device) => prefixesOf(device).some((prefix) => meansPrefix(path, prefix)));
  if (meant.length === 0) {
    const hint = hintOf(path.prefix, devices.flatMap(prefixesOf), (near) => path.text.replace(path.prefix, near));
    return `"${path.text}" matches no device that this server sees${hint}`;
  }
  if (meant.some((device) => hasStored(path, device.storedObjects) || hasWritable(path, device))) return undefined;
  return `"${path.text}" matches nothing that can be written or executed`;
}

function hintOf(name: string, known: readonly string[], whole = (near: string): string => near): string {
  const [near] = nearestNames(name, known, 1);
  return near === undefined ? "" : `; did you mean "${whole(near)}"?`;
}

/** Also what depends on what the device will say of itself. Of the instances of a resource the plan does not list each. */
function hasWritable({ ids }: PathPattern, { resources, variants }: DevicePlan): boolean {
  const changeable = [...resources.values()].filter(({ source }) => source.kind !== "point" || source.writable);
  return [...changeable, ...(variants?.undecided ?? [])].some((plan) => {
    const { operations } = plan.definition;
    return (operations.includes("W") || operations === "E") && meansIds({ ids: ids.slice(0, RESOURCE) }, plan);
  });
}

/** IDs down to the resource. */
const RESOURCE = 3;
