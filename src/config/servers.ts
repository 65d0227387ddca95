import type { z } from "zod";
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { accessOf } from "./access.ts";
import { clientsSchema } from "./client-schema.ts";
import type { serverSchema } from "./schema.ts";
import { warnOfSharedKeys } from "./server-keys.ts";
import { keyPlace, type SecurityContext, securityOf } from "./server-security.ts";
import type { ClientSettings, ServerSettings } from "./types.ts";
import { checkUplinks, uplinksOf } from "./uplink-settings.ts";

type ServerKeys = z.output<typeof serverSchema>;

/** The servers with their places, their keys and certificates read; a Short Server ID that stands twice is reported. */
export async function serversOf(
  servers: readonly ServerKeys[],
  { node: root, ...judging }: SecurityContext,
): Promise<readonly ServerSettings[]> {
  const { report } = judging;
  const list = childOf(root, "servers");
  const nodes = list?.kind === "list" ? list.items : [];
  const ids = new Set<number>();
  const made: ServerSettings[] = [];
  for (const [i, server] of servers.entries()) {
    const node = nodes[i] ?? root;
    const { id } = server;
    if (ids.has(id))
      reportError(report, childOf(node, "id")?.place ?? node.place, `two servers have the id ${id}`, "LG208");
    ids.add(id);
    checkServer(server, node, report);
    checkUplinks(server, node, report);
    const security = await securityOf(server, { ...judging, node });
    const access = accessOf(server.access, i, node, report);
    made.push({ ...settingsOf(server, node), access, ...(security === undefined ? {} : { security }) });
  }
  warnOfSharedKeys(
    made.flatMap(({ id, security }, i) =>
      security?.credentials.mode === "psk" ? [{ id, key: security.credentials.key, node: nodes[i] ?? root }] : [],
    ),
    report,
  );
  return made;
}

function checkServer(server: ServerKeys, node: YamlNode, report: Report): void {
  const { uri, version, pmin, pmax, priority, failure_block, layout, clients } = server;
  if (clients !== undefined && layout !== "clients") {
    reportError(
      report,
      keyPlace(node, "clients"),
      `clients: needs layout: clients; this server has layout ${layout}`,
      "LG209",
    );
  }
  if (uri.scheme === "coap+tcp" && version === "1.0") {
    const place = childOf(node, "version")?.place ?? node.place;
    reportError(report, place, "LwM2M 1.0 has no binding for TCP; expected version 1.1, 1.2 or auto", "LG209");
  }
  if (pmin !== undefined && pmax !== undefined && pmax < pmin) {
    reportError(report, childOf(node, "pmax")?.place ?? node.place, "pmax is shorter than pmin", "LG209");
  }
  if (failure_block === true && priority === undefined) {
    const place = childOf(node, "failure_block")?.place ?? node.place;
    reportError(
      report,
      place,
      "no server waits for one without priority; expected priority beside failure_block",
      "LG209",
    );
  }
}

function settingsOf(server: ServerKeys, { place }: YamlNode): Omit<ServerSettings, "access"> {
  const { id, uri, lifetime, version, pmin, pmax, nstart, ack_timeout, max_retransmit, max_body } = server;
  const { profile_id, queue_mode, awake, mute_send, report: reports, history, max_message, layout } = server;
  const { priority, initial_delay, failure_block, gateway_object, reregister_on_change } = server;
  return {
    id,
    ...uri,
    layout,
    ...(layout === "clients" ? { clients: clientSettings(server) } : {}),
    lifetime,
    version,
    profileIds: profile_id,
    gatewayObject: gateway_object,
    reregisterOnChange: reregister_on_change,
    queueMode: queue_mode,
    awake,
    muteSend: mute_send,
    ...(pmin === undefined ? {} : { pmin }),
    ...(pmax === undefined ? {} : { pmax }),
    ...(priority === undefined ? {} : { priority }),
    ...(initial_delay === undefined ? {} : { initialDelay: initial_delay }),
    ...(failure_block === undefined ? {} : { failureBlock: failure_block }),
    nstart,
    ackTimeout: ack_timeout,
    maxRetransmit: max_retransmit,
    reports,
    history,
    maxMessage: max_message,
    maxBody: max_body,
    ...uplinksOf(server),
    place,
  };
}

function clientSettings({ clients, lifetime }: ServerKeys): ClientSettings {
  const { lifetime: own = lifetime, per_second } = clients ?? clientsSchema.parse({});
  return { lifetime: own, perSecond: per_second };
}
