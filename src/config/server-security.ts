/** `psk`, `rpk`, `x509` and `dtls` of a server become a ServerSecurity; every mistake is told where it stands. */
import type { UnixMillis } from "../clock.ts";
import type { Credentials } from "../dtls/credentials.ts";
import type { ServerSecurity } from "../dtls/server-security.ts";
import { suiteName } from "../dtls/suites.ts";
import type { Place } from "../errors.ts";
import { childOf, entryOf, type YamlNode } from "../yaml/nodes.ts";
import { type Report, refuseSecrets, reportError } from "../yaml/read.ts";
import { type DtlsKeys, MODES, type SecurityKeys } from "./security-schema.ts";
import { certificatesOf } from "./server-certificates.ts";
import { pskOf, rawPublicKeysOf } from "./server-keys.ts";
import { suitesOf } from "./server-suites.ts";
import type { ServerScheme } from "./types.ts";

/** Where the keys of a server stand, and what they are judged by. */
export interface SecurityContext {
  /** The map of the server, or that of a mode. */
  readonly node: YamlNode;
  /** For the dates of certificates; absent: nobody knows it, and they are not judged. */
  readonly now?: UnixMillis;
  readonly report: Report;
}

/** What a server entry says that concerns security. */
export interface SecuredServer extends SecurityKeys {
  readonly uri: { readonly scheme: ServerScheme };
  readonly queue_mode: boolean;
}

/** Undefined where the scheme is another than coaps, and where something is wrong; that was reported then. */
export async function securityOf(server: SecuredServer, context: SecurityContext): Promise<ServerSecurity | undefined> {
  const { node, report } = context;
  const named = MODES.filter((mode) => server[mode] !== undefined);
  if (server.uri.scheme !== "coaps") {
    const useless = [...named, ...(server.dtls === undefined ? [] : ["dtls"])];
    for (const key of useless) reportError(report, keyPlace(node, key), unsecured(key, server.uri.scheme), "LG210");
    return undefined;
  }
  const [mode, ...more] = named;
  if (mode === undefined) {
    const place = childOf(node, "uri")?.place ?? node.place;
    reportError(report, place, "coaps:// needs one of psk, rpk and x509: who we are, and whom we expect", "LG222");
    return undefined;
  }
  for (const other of more) {
    reportError(
      report,
      keyPlace(node, other),
      `${other}: ${mode} stands here, too; a server is secured in one way`,
      "LG209",
    );
  }
  const credentials = more.length > 0 ? undefined : await credentialsOf(server, context);
  const options = optionsOf(mode, server, context);
  return credentials === undefined ? undefined : { credentials, ...options };
}

/** Secrets may stand where keys do; everything else of a server is shown to somebody. */
export function refuseShownSecrets(servers: YamlNode | undefined, report: Report): void {
  if (servers?.kind !== "list") {
    refuseSecrets(servers, report);
    return;
  }
  for (const server of servers.items) refuseSecrets(server.kind === "map" ? withoutKeys(server) : server, report);
}

/** The place of a key itself. */
export function keyPlace(node: YamlNode, key: string): Place {
  return entryOf(node, key)?.key.place ?? node.place;
}

/** The place of what stands behind a key. */
export function valuePlace(node: YamlNode, key: string): Place {
  return childOf(node, key)?.place ?? node.place;
}

const SECRET_KEYS: Readonly<Record<string, string>> = { psk: "key", rpk: "private_key", x509: "private_key" };

function withoutKeys(server: YamlNode & { readonly kind: "map" }): YamlNode {
  const entries = server.entries.map(({ key, value }) => {
    if (key.text === "clients" && value.kind === "map") return { key, value: withoutKeys(value) };
    const secret = Object.hasOwn(SECRET_KEYS, key.text) ? SECRET_KEYS[key.text] : undefined;
    if (secret === undefined || value.kind !== "map") return { key, value };
    return { key, value: { ...value, entries: value.entries.filter((inner) => inner.key.text !== secret) } };
  });
  return { ...server, entries };
}

function unsecured(key: string, scheme: ServerScheme): string {
  const there = `${key} needs coaps://, and the uri has ${scheme}://, which is plain text`;
  return scheme === "coap+tcp" ? `${there}; there is no TLS in this version` : there;
}

/** Of the one mode that is there. Undefined where something is wrong, which was reported. */
export async function credentialsOf(
  { psk, rpk, x509 }: SecurityKeys,
  { node, ...context }: SecurityContext,
): Promise<Credentials | undefined> {
  const of = (key: string): SecurityContext => ({ ...context, node: childOf(node, key) ?? node });
  if (psk !== undefined) return pskOf(psk, of("psk"));
  if (rpk !== undefined) return rawPublicKeysOf(rpk, of("rpk"));
  return x509 === undefined ? undefined : certificatesOf(x509, of("x509"));
}

/** `dtls: {}` says nothing. */
const NOTHING: DtlsKeys = { provider: "auto" };

function optionsOf(
  mode: Credentials["mode"],
  { dtls = NOTHING, queue_mode, psk }: SecuredServer,
  { node: server, report }: SecurityContext,
): Omit<ServerSecurity, "credentials"> {
  const node = childOf(server, "dtls") ?? server;
  const { server_name: serverName, suites: named, connection_id: connectionId, keep_alive: keepAlive, provider } = dtls;
  const suites = named === undefined ? undefined : suitesOf(mode, childOf(node, "suites") ?? node, report);
  const weak = suites?.find(({ aead }) => !aead);
  if (connectionId === "offer" && weak !== undefined) {
    const message = `connection_id: with ${suiteName(weak)} among suites none is asked for: it needs AEAD (GCM, CCM) alone`;
    reportError(report, keyPlace(node, "connection_id"), message, "LG209");
  }
  if (keepAlive !== undefined && queue_mode) {
    reportError(
      report,
      keyPlace(node, "keep_alive"),
      "keep_alive: who sleeps (queue_mode) keeps nothing alive",
      "LG209",
    );
  }
  if (provider === "node-dtls-client" && mode !== "psk") {
    reportError(
      report,
      valuePlace(node, "provider"),
      `provider: node-dtls-client knows psk alone, not ${mode}`,
      "LG209",
    );
  }
  if (provider === "node-dtls-client" && psk !== undefined && /[^ -~]/.test(psk.identity)) {
    const place = valuePlace(childOf(server, "psk") ?? server, "identity");
    reportError(report, place, "identity: node-dtls-client sends ASCII alone; expected no other letters", "LG205");
  }
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(suites === undefined ? {} : { suites: suites.map(({ number }) => number) }),
    connectionId: connectionId ?? "offer",
    ...(keepAlive === undefined ? {} : { keepAlive }),
    provider,
  };
}
