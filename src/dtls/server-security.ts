/** How the association with a server is secured: what of its Security object, /0/x, concerns DTLS, and what is ours to choose. */
import type { Millis } from "../clock.ts";
import type { Credentials } from "./credentials.ts";

/** Holds keys: never shown, logged or served as a whole. */
export interface ServerSecurity {
  readonly credentials: Credentials;
  /** SNI, /0/x/14: sent, and looked for in the certificate, in place of the host. */
  readonly serverName?: string;
  /** /0/x/16: IANA's numbers, the most wanted first; absent: the usual ones of the mode. */
  readonly suites?: readonly number[];
  /** RFC 9146: whether one is asked for. */
  readonly connectionId: "offer" | "off";
  /** The longest silence towards a server that gave no Connection ID; absent: nothing is said for that alone. */
  readonly keepAlive?: Millis;
  /** `auto`: OpenSSL; where that cannot be had, another that does the same mode. */
  readonly provider: "auto" | "openssl" | "node-dtls-client";
}
