/** How each device is secured that is a client of its own at a server with coaps://: by a key or a certificate that is its alone. */
import { join } from "node:path";
import type { UnixMillis } from "../clock.ts";
import type { Credentials } from "../dtls/credentials.ts";
import type { ServerSecurity } from "../dtls/server-security.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { childOf, entryOf, type MapEntry, type MapNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import { ClientIdentities } from "./client-identities.ts";
import { filledIn, type Names } from "./client-schema.ts";
import { fillGiven, type GivenValues } from "./given-values.ts";
import { type SecretSources, Secrets } from "./secrets.ts";
import { MODES, type SecurityKeys, securitySchema } from "./security-schema.ts";
import { credentialsOf, keyPlace } from "./server-security.ts";

export interface CredentialsContext {
  /** That of config.yaml. */
  readonly directory: string;
  readonly given: GivenValues;
  readonly sources: SecretSources;
  /** For the dates of certificates; absent: nobody knows it. */
  readonly now?: UnixMillis;
  readonly report: Report;
}

/** One server, with what stands in config.yaml about it. */
export interface SecuredClients {
  readonly id: number;
  readonly security: ServerSecurity;
  /** As written: in `clients:` names of secrets hold for every device. */
  readonly written: YamlNode;
  /** With everything filled in. */
  readonly node: YamlNode;
}

/** A device, and its entry. */
export interface ClientEntry {
  readonly device: DevicePlan;
  readonly names: Names;
  readonly node: YamlNode | undefined;
}

export type ClientSecurity = ReadonlyMap<string, ServerSecurity>;

/** Of each device by its id. One that is missing has no credentials that are right, which was told. */
export async function clientSecurity(
  server: SecuredClients,
  entries: readonly ClientEntry[],
  context: CredentialsContext,
): Promise<ClientSecurity> {
  const { security, written } = server;
  const { mode } = security.credentials;
  const clients = childOf(written, "clients");
  for (const other of MODES.filter((each) => each !== mode && entryOf(clients, each) !== undefined)) {
    const message = `${other}: the gateway itself has ${mode} at this server; expected ${mode} for its devices, too`;
    reportError(context.report, keyPlace(clients ?? written, other), message, "LG209");
  }
  const pattern = childOf(clients, mode);
  const report = new SparseReport(context.report, server.id);
  const given = entries.map((entry) => ({ entry, node: ownNode(entry, mode) ?? expanded(pattern, entry.names) }));
  const secrets = await Secrets.read(
    given.flatMap(({ node }) => node ?? []),
    join(context.directory, "secrets.yaml"),
    context.sources,
  );
  const made = new Map<string, ServerSecurity>();
  const identities = new ClientIdentities(security.credentials);
  for (const { entry, node } of given) {
    const told = report.of(entry.device.id);
    if (node === undefined) {
      reportError(
        told,
        entry.device.place,
        `there is no ${mode} for it, neither here nor under clients: of the server`,
        "LG222",
      );
      continue;
    }
    const filled = fillGiven(node, { site: context.given.site, secrets }, "stay", told);
    const credentials = await read(server, filled, { ...context, report: told });
    if (
      credentials !== undefined &&
      identities.claim({ device: entry.device.id, node: filled, report: told }, credentials)
    ) {
      made.set(entry.device.id, { ...security, credentials });
    }
  }
  report.end();
  return made;
}

/** What the entry of the device says itself. */
function ownNode({ node }: ClientEntry, mode: Credentials["mode"]): YamlNode | undefined {
  return childOf(node, mode);
}

function expanded(node: YamlNode | undefined, names: Names): YamlNode | undefined {
  switch (node?.kind) {
    case "scalar":
      return { ...node, text: filledIn(node.text, names) };
    case "list":
      return { ...node, items: node.items.flatMap((item) => expanded(item, names) ?? []) };
    case "map":
      return {
        ...node,
        entries: node.entries.flatMap(({ key, value }) => {
          const filled = expanded(value, names);
          return filled === undefined ? [] : [{ key, value: filled }];
        }),
      };
    case undefined:
      return undefined;
  }
}

/** What concerns the server is the same for all: whom we expect there stands with the gateway's own. */
async function read(
  { security, node: server }: SecuredClients,
  node: YamlNode,
  { now, report }: CredentialsContext,
): Promise<Credentials | undefined> {
  const { mode } = security.credentials;
  const own = entriesOf(node);
  const ofServer = entriesOf(childOf(server, mode)).filter(({ key }) => mode !== "psk" && !OURS.has(key.text));
  const key: MapEntry["key"] = { kind: "scalar", place: node.place, text: mode, quoted: false };
  const whole: MapNode = { kind: "map", place: node.place, entries: [...own, ...ofServer] };
  const map: MapNode = {
    kind: "map",
    place: node.place,
    entries: [{ key, value: node.kind === "map" ? whole : node }],
  };
  const told = reportWithout(ofServer, report);
  const keys: SecurityKeys | undefined = readNode(map, securitySchema, told, { secrets: true });
  if (keys === undefined) return undefined;
  const credentials = await credentialsOf(keys, { node: map, report: told, ...(now === undefined ? {} : { now }) });
  const { credentials: gateway } = security;
  if (credentials?.mode !== "x509" || gateway.mode !== "x509") return credentials;
  // A hundred CAs of the machine a thousand times would be a hundred megabytes.
  const { anchors: _, ...ours } = credentials;
  return { ...ours, server: gateway.server, ...(gateway.anchors === undefined ? {} : { anchors: gateway.anchors }) };
}

/** What these are to be warned of was told where the gateway's own credentials were read. */
function reportWithout(entries: readonly MapEntry[], report: Report): Report {
  const known = new Set(entries.map(({ value: { place } }) => `${place.line}:${place.column}`));
  return (problem) => {
    const { place, severity } = problem;
    if (severity === "error" || !known.has(`${place?.line}:${place?.column}`)) report(problem);
  };
}

/** Keys that say who we are. */
const OURS: ReadonlySet<string> = new Set(["identity", "key", "private_key", "certificates"]);

function entriesOf(node: YamlNode | undefined): readonly MapEntry[] {
  return node?.kind === "map" ? node.entries : [];
}

const MOST_TOLD = 5;

/** A thousand devices whose keys are missing are five problems, and a number; what concerns the server is told once. */
class SparseReport {
  private readonly report: Report;
  private readonly server: number;
  private readonly devices = new Set<string>();
  private readonly said = new Set<string>();

  constructor(report: Report, server: number) {
    this.report = report;
    this.server = server;
  }

  of(device: string): Report {
    return (problem) => {
      const { place, message } = problem;
      const text = `${place?.file}:${place?.line}:${place?.column}: ${message}`;
      if (this.said.has(text)) return;
      this.said.add(text);
      this.devices.add(device);
      if (this.devices.size > MOST_TOLD && !this.isTold(device)) return;
      this.report({ ...problem, message: `device ${device} at server ${this.server}: ${message}` });
    };
  }

  end(): void {
    const rest = this.devices.size - MOST_TOLD;
    if (rest > 0)
      this.report({
        severity: "warning",
        code: "LG222",
        message: `${rest} other devices have the like at server ${this.server}`,
      });
  }

  private isTold(device: string): boolean {
    return [...this.devices].indexOf(device) < MOST_TOLD;
  }
}
