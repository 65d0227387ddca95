/** The server's side of DTLS for the load generator and for echoes, by the addon: a PSK, and the suite that LwM2M demands. */
import { openEngine } from "../../src/dtls/connection-id/translation.ts";
import { loadDtls } from "../../src/dtls/load.ts";
import type { Engine } from "../../src/dtls/native.ts";

export const IDENTITY = "gateway-1";
export const KEY = Buffer.from("0123456789abcdef");

export const CONNECTION_ID: Uint8Array = Buffer.from("bench!");

/** TLS_PSK_WITH_AES_128_CCM_8, by IANA's number. */
export const SUITE = 0xc0a8;

/** One association. `connectionId`: what it wants to be called by; absent: it knows of none. Throws where there is no addon. */
export function serverEngine(connectionId?: Uint8Array): Engine {
  const loaded = loadDtls();
  if ("missing" in loaded) throw new Error(loaded.missing);
  return openEngine(loaded.native, {
    ...{ server: true, suites: "PSK-AES128-CCM8", shortTags: true, pskIdentity: IDENTITY, pskKey: KEY },
    ...(connectionId === undefined ? {} : { connectionId }),
  });
}
