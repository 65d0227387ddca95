/** Which provider secures a server. A mode that cannot be had is an error of that server: no weaker one takes its place. */
import type { Psk } from "./credentials.ts";
import type { LoadedDtls } from "./load.ts";
import { NODE_DTLS_CLIENT } from "./node-dtls-client/capabilities.ts";
import { type DtlsProvider, MODES, missingMode, openSslProvider } from "./provider.ts";
import type { ServerSecurity } from "./server-security.ts";

export type ProviderChoice =
  | { readonly provider: "openssl"; readonly openssl: DtlsProvider }
  /** `warning`: it was not asked for, and does less; a sentence for whoever set the gateway up. */
  | { readonly provider: "node-dtls-client"; readonly psk: Psk; readonly warning?: string }
  /** Why there is none, and what brings it. */
  | { readonly missing: string };

/** `runtime`: "Node v22.18.0". */
export function chooseProvider(security: ServerSecurity, loaded: LoadedDtls, runtime: string): ProviderChoice {
  const { provider, credentials } = security;
  if (provider === "node-dtls-client") {
    const usable = usablePsk(security);
    return "missing" in usable ? usable : { provider, psk: usable };
  }
  if ("native" in loaded) {
    const openssl = openSslProvider(loaded.native);
    const missing = missingMode(openssl, credentials.mode, runtime);
    return missing === undefined ? { provider: "openssl", openssl } : { missing };
  }
  if (provider === "openssl") return loaded;
  const usable = usablePsk(security);
  if ("missing" in usable) return { missing: `${loaded.missing}; ${usable.missing}` };
  return { provider: "node-dtls-client", psk: usable, warning: `${loaded.missing}. Until then ${lesser(security)}` };
}

/** The key with which node-dtls-client can do it, or why it cannot. */
function usablePsk({ credentials, suites }: ServerSecurity): Psk | { readonly missing: string } {
  const { suites: known } = NODE_DTLS_CLIENT;
  if (credentials.mode !== "psk") return { missing: `node-dtls-client has no ${MODES[credentials.mode]}` };
  // It sends ASCII whatever the identity is: another one would go out.
  if (!/^[\x20-\x7e]+$/.test(credentials.identity))
    return { missing: "node-dtls-client can send a PSK identity of ASCII characters only, without control characters" };
  if (suites?.some((suite) => known.includes(suite)) !== false) return credentials;
  const list = known.map(hex).join(", ");
  return { missing: `node-dtls-client knows none of the cipher suites that are named; it knows ${list}` };
}

function lesser({ serverName }: ServerSecurity): string {
  const unsent = serverName === undefined ? "" : `, and the server name "${serverName}" is not sent`;
  return `node-dtls-client secures the server: without Connection ID and resumption${unsent}`;
}

function hex(suite: number): string {
  return `0x${suite.toString(16).padStart(4, "0")}`;
}
