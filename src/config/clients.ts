/** Which devices are clients of which servers (layout `clients`), and what each is called there. */
import { deviceIdOf } from "../mapping/device-id.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { childOf, entryOf, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { type CredentialsContext, clientSecurity } from "./client-credentials.ts";
import { type ClientsKeys, clientsSchema, filledIn } from "./client-schema.ts";
import type { RequestedDevice } from "./device-entries.ts";
import { MODES } from "./security-schema.ts";
import { keyPlace } from "./server-security.ts";
import type { ClientPlan, LoadedConfig, ServerSettings } from "./types.ts";

/** What the files say of one server with layout `clients`. */
export interface ClientServer {
  readonly settings: ServerSettings;
  /** Absent: as everywhere. */
  readonly keys: ClientsKeys | undefined;
  readonly node: YamlNode;
  /** The same as written: what secrets are called. */
  readonly written: YamlNode;
}

export interface ClientsContext extends CredentialsContext {
  /** Of the gateway itself. */
  readonly endpoint: string;
  /** In the order of the files. */
  readonly devices: readonly DevicePlan[];
  /** The entries of all devices that the files have. */
  readonly requested: readonly RequestedDevice[];
}

/** Those of the servers with layout `clients`, with what stands in config.yaml. */
export function clientServersOf(
  servers: readonly { readonly clients?: ClientsKeys | undefined }[],
  settings: readonly ServerSettings[],
  { root, asWritten }: { readonly root: YamlNode; readonly asWritten: YamlNode },
): readonly ClientServer[] {
  return settings.flatMap((server, i): ClientServer[] => {
    if (server.layout !== "clients") return [];
    const [node, written] = [serverNode(root, i), serverNode(asWritten, i)];
    return [{ settings: server, keys: servers[i]?.clients, node, written }];
  });
}

function serverNode(root: YamlNode, at: number): YamlNode {
  const list = childOf(root, "servers");
  return (list?.kind === "list" ? list.items[at] : undefined) ?? root;
}

/**
 * The tree in which the names of secrets below `clients:` are text: with `{id}` in them they are those of many, which are read
 * where the devices are known.
 */
export function withoutClientSecrets(root: YamlNode): YamlNode {
  return inMap(root, "servers", (servers) =>
    servers.kind === "list"
      ? { ...servers, items: servers.items.map((server) => inMap(server, "clients", asNames)) }
      : servers,
  );
}

function inMap(node: YamlNode, name: string, change: (value: YamlNode) => YamlNode): YamlNode {
  if (node.kind !== "map") return node;
  return {
    ...node,
    entries: node.entries.map(({ key, value }) => ({ key, value: key.text === name ? change(value) : value })),
  };
}

function asNames(node: YamlNode): YamlNode {
  switch (node.kind) {
    case "scalar": {
      const { tag, ...scalar } = node;
      return tag === "!secret" ? { ...scalar, quoted: true, secret: true } : node;
    }
    case "list":
      return { ...node, items: node.items.map(asNames) };
    case "map":
      return { ...node, entries: node.entries.map(({ key, value }) => ({ key, value: asNames(value) })) };
  }
}

/** The clients of each of these servers. What is wrong with one is told, and it is none; the others are. */
export async function clientPlans(
  servers: readonly ClientServer[],
  context: ClientsContext,
): Promise<LoadedConfig["clients"]> {
  const all = new Map<number, ReadonlyMap<string, ClientPlan>>();
  for (const server of servers) {
    const plans = plansOf(server, context);
    checkUnsecured(server, context.report);
    all.set(server.settings.id, await securedPlans(server, plans, context));
  }
  warnOfUnused(servers, context);
  return all;
}

async function securedPlans(
  { settings, node, written }: ClientServer,
  plans: ReadonlyMap<string, ClientPlan>,
  context: ClientsContext,
): Promise<ReadonlyMap<string, ClientPlan>> {
  const { id, security } = settings;
  if (security === undefined) return plans;
  const nodes = new Map(context.requested.map(({ id: device, entry }) => [device, entry?.node]));
  const entries = context.devices.flatMap((device) => {
    const plan = plans.get(device.id);
    const names = { id: device.id, device_id: deviceIdOf(device, context.endpoint) };
    return plan === undefined || "refused" in plan ? [] : [{ device, names, node: nodes.get(device.id) }];
  });
  const secured = await clientSecurity({ id, security, node, written }, entries, context);
  const { mode } = security.credentials;
  return new Map(
    [...plans].map(([device, plan]): [string, ClientPlan] => {
      const own = secured.get(device);
      if ("refused" in plan) return [device, plan];
      return [device, own === undefined ? { refused: `it has no ${mode} that is right` } : { ...plan, security: own }];
    }),
  );
}

/** Keys are of no use where nothing is secured. */
function checkUnsecured({ settings: { security, scheme }, written }: ClientServer, report: Report): void {
  const clients = childOf(written, "clients");
  const useless = security === undefined ? MODES.filter((mode) => entryOf(clients, mode) !== undefined) : [];
  for (const mode of useless) {
    reportError(
      report,
      keyPlace(clients ?? written, mode),
      `${mode} needs coaps://, and the uri has ${scheme}://`,
      "LG209",
    );
  }
}

function warnOfUnused(servers: readonly ClientServer[], { requested, report }: ClientsContext): void {
  const used = new Set(servers.map(({ settings: { security } }) => security?.credentials.mode));
  for (const { entry } of requested) {
    for (const mode of MODES) {
      if (entry === undefined || used.has(mode) || entryOf(entry.node, mode) === undefined) continue;
      const message = `${mode}: no server has layout: clients, coaps:// and ${mode}: it is not used`;
      report({ severity: "warning", code: "LG210", place: keyPlace(entry.node, mode), message });
    }
  }
}

function plansOf(server: ClientServer, { endpoint, devices, report }: ClientsContext): ReadonlyMap<string, ClientPlan> {
  const { endpoint: pattern, max } = server.keys ?? clientsSchema.parse({});
  const plans = new Map<string, ClientPlan>();
  const taken = new Map([[endpoint, "the gateway itself"]]);
  for (const [i, device] of devices.entries()) {
    const name = filledIn(pattern, { id: device.id, device_id: deviceIdOf(device, endpoint) });
    const other = taken.get(name);
    if (i >= max) plans.set(device.id, { refused: `clients.max is ${max}` });
    else if (other === undefined) {
      taken.set(name, `device ${device.id}`);
      plans.set(device.id, { endpoint: name });
    } else {
      plans.set(device.id, { refused: `${other} has the endpoint ${name}` });
      const place = childOf(childOf(server.node, "clients"), "endpoint")?.place ?? device.place;
      reportError(report, place, `endpoint: ${other} and device ${device.id} would both be ${name}`, "LG208");
    }
  }
  warnOfMost(server, devices.slice(max), report);
  return plans;
}

function warnOfMost({ node, settings: { id } }: ClientServer, beyond: readonly DevicePlan[], report: Report): void {
  if (beyond.length === 0) return;
  const clients = childOf(node, "clients");
  const place = childOf(clients, "max")?.place ?? clients?.place ?? node.place;
  const names = beyond.slice(0, NAMED).map((device) => device.id);
  const rest = beyond.length > NAMED ? ` and ${beyond.length - NAMED} others` : "";
  const message = `max: at server ${id} these devices are no clients: ${names.join(", ")}${rest}`;
  report({ severity: "warning", code: "LG203", place, message });
}

const NAMED = 5;
