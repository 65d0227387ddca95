/** What can be told of the credentials of servers: names, fingerprints, dates. Nothing here is secret. */
import { createHash, type X509Certificate } from "node:crypto";
import type { UnixMillis } from "../clock.ts";
import { MATCHINGS, USAGES } from "../config/security-schema.ts";
import type { ServerSettings } from "../config/types.ts";
import { nameOf, oneLine, type Validity, validityOf } from "../dtls/certificate-checks.ts";
import type { Certificates, Credentials, Psk, RawPublicKeys } from "../dtls/credentials.ts";
import { certificateOf, privateKeyIn } from "../dtls/key-files.ts";
import type { Expectation } from "../dtls/native.ts";

export interface ServerCredentials {
  readonly server: number;
  readonly uri: string;
  readonly mode: Credentials["mode"] | "none";
  /** Of a pre-shared key; the identity goes over the wire as it is. */
  readonly psk?: { readonly identity: string; readonly bytes: number };
  /** Who we are, then who the server must be. */
  readonly entries: readonly CredentialEntry[];
}

export type CredentialEntry = KeyEntry | CertificateEntry;

/** A public key, or what of a certificate its hash is known alone. */
export interface KeyEntry {
  readonly whose: "ours" | "server";
  readonly kind: "public key" | "hash";
  /** "sha256" … */
  readonly hash: string;
  /** In hex. */
  readonly fingerprint: string;
  readonly usage?: string;
}

export interface CertificateEntry {
  /** `issuer`: of the chain that we show. */
  readonly whose: "ours" | "issuer" | "server";
  readonly kind: "certificate";
  readonly subject: string;
  readonly issuer: string;
  readonly hash: "sha256";
  readonly fingerprint: string;
  readonly usage?: string;
  readonly validity: Validity;
}

export function credentialsOf(
  { id, uri, security }: Pick<ServerSettings, "id" | "uri" | "security">,
  now: UnixMillis,
): ServerCredentials {
  const server = { server: id, uri };
  if (security === undefined) return { ...server, mode: "none", entries: [] };
  const { credentials } = security;
  switch (credentials.mode) {
    case "psk":
      return { ...server, mode: "psk", psk: ofPsk(credentials), entries: [] };
    case "rpk":
      return { ...server, mode: "rpk", entries: ofRawPublicKeys(credentials) };
    case "x509":
      return { ...server, mode: "x509", entries: ofCertificates(credentials, now) };
  }
}

/** Whether a certificate has ended, so that there is no way to that server, or soon will be none. */
export function hasExpired({ entries }: ServerCredentials): boolean {
  return entries.some((entry) => entry.kind === "certificate" && entry.validity.state === "expired");
}

function ofPsk({ identity, key }: Psk) {
  return { identity, bytes: key.length };
}

function ofRawPublicKeys({ privateKey, serverPublicKey }: RawPublicKeys): readonly CredentialEntry[] {
  const { publicKey } = privateKeyIn(privateKey);
  return [
    { whose: "ours", kind: "public key", hash: "sha256", fingerprint: fingerprint(publicKey) },
    { whose: "server", kind: "public key", hash: "sha256", fingerprint: fingerprint(serverPublicKey) },
  ];
}

function ofCertificates({ certificates, server }: Certificates, now: UnixMillis): readonly CredentialEntry[] {
  const ours = certificates.flatMap((der, i) => {
    const certificate = certificateOf(der);
    return certificate === undefined ? [] : [ofCertificate(certificate, i === 0 ? "ours" : "issuer", now)];
  });
  return [...ours, ...server.map((expectation) => ofExpectation(expectation, now))];
}

function ofExpectation({ usage: number, matching, data }: Expectation, now: UnixMillis): CredentialEntry {
  const usage = USAGES[number];
  const certificate = matching === 0 ? certificateOf(data) : undefined;
  if (certificate !== undefined) return { ...ofCertificate(certificate, "server", now), usage };
  return { whose: "server", kind: "hash", hash: MATCHINGS[matching], fingerprint: hex(data), usage };
}

function ofCertificate(
  certificate: X509Certificate,
  whose: CertificateEntry["whose"],
  now: UnixMillis,
): CertificateEntry {
  return {
    whose,
    kind: "certificate",
    subject: nameOf(certificate),
    issuer: oneLine(certificate.issuer),
    hash: "sha256",
    fingerprint: fingerprint(certificate.raw),
    validity: validityOf(certificate, now),
  };
}

function fingerprint(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
