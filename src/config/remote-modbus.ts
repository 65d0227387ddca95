/** `gateway.remote_modbus`: which Modbus wires servers reach by objects 10374 and 10375, and whether they may write. */
import { isIP } from "node:net";
import { z } from "zod";
import { nearestNames } from "../near-miss.ts";
import type { ScalarNode, YamlNode } from "../yaml/nodes.ts";
import { childOf } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import type { LinkSettings } from "./types.ts";

export interface RemoteModbusSettings {
  /** Ids of links of the configuration that servers may use beside their devices. */
  readonly links: readonly string[];
  /** What servers may open besides, by TCP. */
  readonly hosts: readonly HostRule[];
  /** Paths of serial ports that servers may open. */
  readonly ports: readonly string[];
  /** Whether registers and coils may be written. */
  readonly write: boolean;
}

/** A host, or all of an IP network, at one TCP port. */
export interface HostRule {
  /** A name in small letters, or an IP address. */
  readonly host: string;
  /** Of a network: how many bits of the address count. */
  readonly bits?: number;
  readonly port: number;
}

/** The objects: Modbus Connection, Modbus Register Cluster. */
export const REMOTE_MODBUS_OBJECTS: readonly number[] = [10374, 10375];
export const MODBUS_PORT = 502;
const MODBUS = "modbus";

const EXPECTED = "expected a host or an IP network, such as plc.local, 10.0.4.0/24 or 10.0.4.7:1502";

const host = z
  .string()
  .describe("A host, an IP address or a network such as 10.0.4.0/24; with :port where that is not 502")
  .transform((text, context) => {
    const rule = parseHostRule(text);
    if (rule !== undefined) return rule;
    context.addIssue({ code: "custom", message: `"${text}" is no host: ${EXPECTED}` });
    return z.NEVER;
  });

export const remoteModbusSchema: z.ZodType<RemoteModbusSettings> = z
  .strictObject({
    links: z
      .array(z.string().min(1))
      .describe("Links whose wires servers use beside the devices, in turns with them")
      .default([]),
    hosts: z.array(host).describe("What servers may reach by Modbus TCP besides").default([]),
    ports: z
      .array(z.string().startsWith("/", "expected the path of a port, such as /dev/serial/by-id/usb-…"))
      .describe("Serial ports that servers may open for Modbus RTU; those of links are not among them")
      .default([]),
    write: z.boolean().describe("Whether servers may write coils and holding registers").default(false),
  })
  .refine(({ links, hosts, ports }) => links.length + hosts.length + ports.length > 0, {
    message: "names nothing that servers may reach: expected links, hosts or ports",
  });

/** `plc.local`, `10.0.4.0/24`, `10.0.4.7:1502`, `fd00::/8`, `[fd00::7]:1502`; undefined: it is none of them. */
export function parseHostRule(text: string): HostRule | undefined {
  const { host, bits, port } = partsOf(text);
  if (host === undefined || port < 1 || port > 65535) return undefined;
  const family = isIP(host);
  if (bits !== undefined && (family === 0 || bits > (family === 4 ? 32 : 128))) return undefined;
  // What looks like an address and is none would be a name that nobody has.
  if (family === 0 && (!HOST_NAME.test(host) || LIKE_AN_ADDRESS.test(host))) return undefined;
  return { host, port, ...(bits === undefined ? {} : { bits }) };
}

const HOST_NAME = /^[a-z0-9_][a-z0-9._-]{0,252}$/;
/** The last label of a name is no number. */
const LIKE_AN_ADDRESS = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/;

interface Parts {
  readonly host: string | undefined;
  readonly bits: number | undefined;
  readonly port: number;
}

function partsOf(text: string): Parts {
  const plainV6 = /^([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*)(?:\/([0-9]{1,3}))?()$/i;
  const bracketed = /^\[([0-9a-f:.]+)(?:\/([0-9]{1,3}))?\](?::([0-9]{1,5}))?$/i;
  const other = /^([^/:[\]\s]+)(?:\/([0-9]{1,3}))?(?::([0-9]{1,5}))?$/;
  const [, host, bits, port] = plainV6.exec(text) ?? bracketed.exec(text) ?? other.exec(text) ?? [];
  return {
    host: host?.toLowerCase(),
    bits: bits === undefined ? undefined : Number(bits),
    port: port === undefined || port === "" ? MODBUS_PORT : Number(port),
  };
}

/** Reports links that are not there or speak something else, and ports that belong to a link. */
export function checkRemoteModbus(
  settings: RemoteModbusSettings,
  {
    node,
    links,
    report,
  }: { readonly node: YamlNode; readonly links: ReadonlyMap<string, LinkSettings>; readonly report: Report },
): void {
  for (const [id, at] of namedIn(node, "links", settings.links)) {
    const problem = lackOfLink(id, links);
    if (problem !== undefined) complain(at, problem, report);
  }
  for (const [port, at] of namedIn(node, "ports", settings.ports)) {
    const owner = [...links.values()].find((link) => portOf(link) === port);
    if (owner !== undefined) {
      complain(
        at,
        `${port} is that of the link "${owner.id}": name the link under links:, so that both take turns`,
        report,
      );
    }
  }
}

function lackOfLink(id: string, links: ReadonlyMap<string, LinkSettings>): string | undefined {
  const link = links.get(id);
  if (link === undefined) {
    const [near] = nearestNames(id, links.keys(), 1);
    return `there is no link "${id}"${near === undefined ? "" : `; did you mean "${near}"?`}`;
  }
  return link.adapter.name === MODBUS ? undefined : `the link "${id}" is of type ${link.type}, which is not Modbus`;
}

function portOf({ adapter, options }: LinkSettings): string | undefined {
  const end = adapter.leadsTo?.(options);
  return end?.type === "port" ? end.port : undefined;
}

/** Each with the place where it stands. */
function namedIn(node: YamlNode, key: string, names: readonly string[]): readonly (readonly [string, YamlNode])[] {
  const list = childOf(node, key);
  const items = list?.kind === "list" ? list.items : [];
  return names.map((name, i) => [name, items[i] ?? node] as const);
}

function complain(at: Pick<ScalarNode, "place">, message: string, report: Report): void {
  reportError(report, at.place, `remote_modbus: ${message}`, "LG228");
}
