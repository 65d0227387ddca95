/** Which devices are clients of which servers (layout `clients`), and what each is called there. */
import { deviceIdOf } from "../mapping/device-id.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { type ClientsKeys, clientsSchema, filledIn } from "./client-schema.ts";
import type { ClientPlan, LoadedConfig, ServerSettings } from "./types.ts";

/** What the files say of one server with layout `clients`. */
export interface ClientServer {
  readonly settings: ServerSettings;
  /** Absent: as everywhere. */
  readonly keys: ClientsKeys | undefined;
  readonly node: YamlNode;
}

export interface ClientsContext {
  /** Of the gateway itself. */
  readonly endpoint: string;
  /** In the order of the files. */
  readonly devices: readonly DevicePlan[];
  readonly report: Report;
}

/** Those of the servers with layout `clients`, with what stands in config.yaml. */
export function clientServersOf(
  servers: readonly { readonly clients?: ClientsKeys | undefined }[],
  settings: readonly ServerSettings[],
  root: YamlNode,
): readonly ClientServer[] {
  const list = childOf(root, "servers");
  return settings.flatMap((server, i): ClientServer[] => {
    const node = (list?.kind === "list" ? list.items[i] : undefined) ?? root;
    return server.layout === "clients" ? [{ settings: server, keys: servers[i]?.clients, node }] : [];
  });
}

/** The clients of each of these servers. What is wrong with one is told, and it is none; the others are. */
export function clientPlans(servers: readonly ClientServer[], context: ClientsContext): LoadedConfig["clients"] {
  return new Map(servers.map((server) => [server.settings.id, plansOf(server, context)]));
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
      reportError(report, place, `endpoint: ${other} and device ${device.id} would both be ${name}`);
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
  report({ severity: "warning", place, message });
}

const NAMED = 5;
