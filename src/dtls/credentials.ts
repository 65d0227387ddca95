/** Who we are and whom we expect, by LwM2M's security modes (/0/x/2), and what of it the addon is told. */
import { type Millis, SECOND, type UnixMillis } from "../clock.ts";
import { ConfigError } from "../errors.ts";
import type { Expectation, NativeSettings } from "./native.ts";
import { CIPHER_SUITES, type CipherSuite, cipherSuite } from "./suites.ts";

export type Credentials = Psk | RawPublicKeys | Certificates;

export interface Psk {
  readonly mode: "psk";
  /** At most 128 bytes of UTF-8. */
  readonly identity: string;
  /** 1 to 64 bytes; 16 and more are safe. */
  readonly key: Uint8Array;
}

export interface RawPublicKeys {
  readonly mode: "rpk";
  /** PKCS #8 in DER. */
  readonly privateKey: Uint8Array;
  /** Of the server: SubjectPublicKeyInfo in DER. */
  readonly serverPublicKey: Uint8Array;
}

export interface Certificates {
  readonly mode: "x509";
  /** PKCS #8 in DER. */
  readonly privateKey: Uint8Array;
  /** DER: ours, then those that lead to a CA. */
  readonly certificates: readonly Uint8Array[];
  /** One of these must fit. */
  readonly server: readonly Expectation[];
  /** DER: the CAs that the machine trusts, for the usages 0 and 1. */
  readonly anchors?: readonly Uint8Array[];
}

export interface DtlsOptions {
  /** The server's name or address, as the URI has it. */
  readonly host: string;
  /** /0/x/14: sent, and looked for in the certificate, instead of the host. */
  readonly serverName?: string;
  /** /0/x/16: IANA's numbers, the most wanted first; absent: the usual ones of the mode. */
  readonly suites?: readonly number[];
  /**
   * RFC 9146: whether the server may give us a Connection ID, by which it knows us behind another address. Absent: "offer". It is
   * offered where all suites authenticate what they encrypt (AEAD).
   */
  readonly connectionId?: "offer" | "off";
  /** What the association before left, for a short handshake. Secret. */
  readonly session?: Uint8Array;
  /** The longest payload of a datagram: 1232 bytes, which IPv6 carries everywhere. */
  readonly mtu?: number;
  /** RFC 6347 §4.2.4.1: 1 s. Doubles with each try, up to 60 times that. */
  readonly firstTimeout?: Millis;
  /** After which a handshake without end is given up: 60 s. */
  readonly handshakeTimeout?: Millis;
}

/** What the server sends needs none: our socket is for that server alone. */
const NO_ID_OF_OURS = new Uint8Array();

const LONGEST_IDENTITY = 128;
const LONGEST_KEY = 64;

/** The name or address that a certificate must have. Keys are known by themselves. */
export function expectedName(credentials: Credentials, { host, serverName }: DtlsOptions): string | undefined {
  return credentials.mode === "x509" ? (serverName ?? host) : undefined;
}

/**
 * `time`: for the dates of certificates; undefined: nobody knows it. Throws ConfigError where the credentials and the suites
 * cannot be those of any association.
 */
export function nativeSettings(credentials: Credentials, options: DtlsOptions, time?: UnixMillis): NativeSettings {
  const suites = suitesFor(credentials, options);
  const { host, serverName = isAddress(host) ? undefined : host, session, mtu, firstTimeout } = options;
  const name = expectedName(credentials, options);
  return {
    suites: suites.map(({ openssl }) => openssl).join(":"),
    shortTags: suites.some(({ shortTag }) => shortTag),
    ...ofMode(credentials),
    ...(serverName === undefined ? {} : { sentName: serverName }),
    ...(name === undefined ? {} : { expectedName: name }),
    ...(time === undefined ? {} : { time: Math.floor(time / SECOND) }),
    ...(offersConnectionId(options, suites) ? { connectionId: NO_ID_OF_OURS } : {}),
    ...(session === undefined ? {} : { session }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(firstTimeout === undefined ? {} : { firstTimeout }),
  };
}

function suitesFor({ mode }: Credentials, { suites }: DtlsOptions): readonly CipherSuite[] {
  const authentication = mode === "psk" ? "psk" : "certificate";
  const fitting = CIPHER_SUITES.filter((suite) => suite.authentication === authentication);
  if (suites === undefined) return fitting.filter(({ usual }) => usual);
  const chosen = suites.flatMap((number) => cipherSuite(number) ?? []).filter((suite) => fitting.includes(suite));
  if (chosen.length > 0) return chosen;
  const known = fitting.map(({ number, name }) => `0x${number.toString(16).padStart(4, "0")} (${name})`);
  throw wrong(`none of the cipher suites can be used with this security mode; expected some of ${known.join(", ")}`);
}

/** RFC 9146 §5.1 has a MAC of its own for CBC, which is not worth its code: who names such a suite goes without. */
function offersConnectionId({ connectionId = "offer" }: DtlsOptions, suites: readonly CipherSuite[]): boolean {
  return connectionId === "offer" && suites.every(({ aead }) => aead);
}

function ofMode(credentials: Credentials): Partial<NativeSettings> {
  switch (credentials.mode) {
    case "psk":
      return ofPsk(credentials);
    case "rpk": {
      const { privateKey, serverPublicKey } = credentials;
      const expectations: Expectation[] = [{ usage: 3, matching: 0, keyOnly: true, data: serverPublicKey }];
      return { privateKey, rawPublicKeys: true, expectations };
    }
    case "x509": {
      const { privateKey, certificates, server, anchors } = credentials;
      if (certificates.length === 0) throw wrong("the certificate of the gateway is missing");
      // Without any the addon would let everybody be the server.
      if (server.length === 0) throw wrong("nothing says which certificate or CA the server must have");
      return { privateKey, certificates, expectations: server, ...(anchors === undefined ? {} : { anchors }) };
    }
  }
}

function ofPsk({ identity, key }: Psk): Partial<NativeSettings> {
  const length = Buffer.byteLength(identity);
  if (length === 0 || length > LONGEST_IDENTITY)
    throw wrong(`a PSK identity has 1 to ${LONGEST_IDENTITY} bytes; this one has ${length}`);
  // To OpenSSL a zero is its end: another identity would be sent.
  if (identity.includes("\0")) throw wrong("a PSK identity with a zero byte cannot be sent");
  if (key.length === 0 || key.length > LONGEST_KEY)
    throw wrong(`a PSK has 1 to ${LONGEST_KEY} bytes, of which 16 are safe; this one has ${key.length}`);
  return { pskIdentity: identity, pskKey: key };
}

/** RFC 6066 §3: an address is never sent as a name. */
function isAddress(host: string): boolean {
  return host.includes(":") || /^[\d.]+$/.test(host);
}

function wrong(message: string): ConfigError {
  return new ConfigError([{ severity: "error", code: "LG223", message }]);
}
