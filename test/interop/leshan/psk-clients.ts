/** Layout `clients` with a pre-shared key for each: the gateway has one, and so has each device, which Leshan knows by name. */
import type { LeshanSecurity } from "./leshan-security.ts";
import type { SessionSetup } from "./session.ts";

export interface PskClients {
  /** Of the session. */
  readonly name: string;
  /** Of all devices that may come. */
  readonly ids: readonly string[];
  /** Further keys of the server's entry. */
  readonly server: string;
  readonly devices: readonly string[];
}

export function pskClients({
  name,
  ids,
  server,
  devices,
}: PskClients): SessionSetup & { readonly security: LeshanSecurity } {
  const endpoint = `urn:dev:ops:32473-${name}`;
  const keyOf = (id: string): Buffer => Buffer.from(id.padEnd(16, "-"));
  const client = (id: string, own: string) => ({ endpoint: own, identity: `gw-${id}`, key: keyOf(id) });
  const secrets = ["gateway", ...ids].map((id) => `psk-${id}: ${keyOf(id).toString("hex")}\n`);
  // Without a key that is agreed on for the session alone, tshark can read what was said.
  const own = "psk: { identity: gw-gateway, key: !secret psk-gateway }, dtls: { suites: [TLS_PSK_WITH_AES_128_CCM_8] }";
  const theirs = 'clients: { psk: { identity: "gw-{id}", key: !secret "psk-{id}" } }';
  return {
    server: `${server}, layout: clients, ${own}, ${theirs}`,
    devices,
    security: { clients: [client("gateway", endpoint), ...ids.map((id) => client(id, `${endpoint}-${id}`))] },
    files: { "secrets.yaml": secrets.join("") },
  };
}

/** By identity. */
export function keysOf({ clients }: LeshanSecurity): ReadonlyMap<string, Uint8Array> {
  return new Map(clients.flatMap((client) => ("key" in client ? [[client.identity, client.key] as const] : [])));
}
