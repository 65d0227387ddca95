/** Who does DTLS for us: what it can do, and its associations. */
import type { Machine } from "../machine.ts";
import { type AssociationOptions, DtlsAssociation, type DtlsEffect, type DtlsEvent } from "./association.ts";
import type { Credentials } from "./credentials.ts";
import type { NativeDtls } from "./native.ts";
import { CIPHER_SUITES } from "./suites.ts";

export interface DtlsProvider {
  readonly name: "openssl";
  /** In its own words. */
  readonly version: string;
  readonly capabilities: DtlsCapabilities;
  /** Throws ConfigError, or an Error with a sentence, where the credentials cannot be used. */
  open(credentials: Credentials, options: AssociationOptions): Machine<DtlsEvent, DtlsEffect>;
}

export interface DtlsCapabilities {
  readonly modes: readonly Credentials["mode"][];
  /** RFC 9146. */
  readonly connectionId: boolean;
  readonly resumption: boolean;
  /** SNI. */
  readonly serverName: boolean;
  /** IANA's numbers. */
  readonly suites: readonly number[];
}

/** DTLS by the OpenSSL that Node carries. */
export function openSslProvider(native: NativeDtls): DtlsProvider {
  return {
    name: "openssl",
    version: native.version,
    capabilities: {
      modes: native.rawPublicKeys ? ["psk", "rpk", "x509"] : ["psk", "x509"],
      connectionId: true,
      resumption: true,
      serverName: true,
      suites: CIPHER_SUITES.map(({ number }) => number),
    },
    open: (credentials, options) => new DtlsAssociation(native, credentials, options),
  };
}

/**
 * Why that security mode cannot be had, as a sentence; undefined: it can. Never is another, weaker one taken in its place.
 * `runtime`: "Node v22.18.0".
 */
export function missingMode(provider: DtlsProvider, mode: Credentials["mode"], runtime: string): string | undefined {
  const { capabilities, name, version } = provider;
  if (capabilities.modes.includes(mode)) return undefined;
  return `${MODES[mode]} cannot be had: ${name} (${version}) of ${runtime} has them not; Node 24 has`;
}

/** For sentences. */
export const MODES: Readonly<Record<Credentials["mode"], string>> = {
  psk: "pre-shared keys",
  rpk: "raw public keys",
  x509: "certificates",
};
