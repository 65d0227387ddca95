/** What node-dtls-client can do. Raw public keys and certificates never come down to pre-shared keys because of that. */
import type { DtlsCapabilities } from "../provider.ts";

export const NODE_DTLS_CLIENT: DtlsCapabilities = {
  modes: ["psk"],
  connectionId: false,
  resumption: false,
  serverName: false,
  // PSK with AES: CCM_8 and GCM of 128 and 256 bits, CBC with SHA-256.
  suites: [0xc0a8, 0x00a8, 0xc0a9, 0x00a9, 0x00ae],
};

/** Of the suites that are wanted those that it has, in their order; nothing wanted: the usual ones. */
export function suitesFor(wanted: readonly number[] | undefined): readonly number[] {
  const { suites } = NODE_DTLS_CLIENT;
  return wanted === undefined ? USUAL : wanted.filter((suite) => suites.includes(suite));
}

const USUAL = [0xc0a8, 0x00a8];
