/**
 * What files hold of keys and certificates, PEM or DER, as DER: PKCS #8 (RFC 5958), EC keys of RFC 5915, SubjectPublicKeyInfo
 * and certificates (RFC 5280). Everything here throws ConfigError, without a place, for what is none of that or of no use;
 * no sentence has anything of a key in it.
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { ConfigError } from "../errors.ts";
import { isPem, type PemBlock, pemBlocks, pemOf } from "./pem.ts";

export interface PrivateKey {
  readonly key: KeyObject;
  /** PKCS #8. */
  readonly der: Uint8Array;
  /** SubjectPublicKeyInfo of its other half. */
  readonly publicKey: Uint8Array;
}

/** A key that can sign our handshakes. Beside it may stand its certificates. */
export function privateKeyIn(bytes: Uint8Array): PrivateKey {
  const blocks = isPem(bytes) ? pemBlocks(bytes) : undefined;
  const keys = blocks?.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  if (keys !== undefined && keys.length > 1) throw wrong("expected one private key, found several");
  if (blocks !== undefined && keys?.length === 0) throw wrong(`expected a private key, found ${labelsOf(blocks)}`);
  const key = keys?.[0] === undefined ? privateKeyOfDer(bytes) : privateKeyOfBlock(keys[0]);
  requireCurve(key, "the private key");
  return {
    key,
    der: key.export({ format: "der", type: "pkcs8" }),
    publicKey: createPublicKey(key).export({ format: "der", type: "spki" }),
  };
}

/** PKCS #8, as every program reads it. */
export function pemOfPrivateKey({ der }: PrivateKey): string {
  return pemOf("PRIVATE KEY", der);
}

/** The SubjectPublicKeyInfo of a key by which we can know the server; also as text in hex or base64, as servers show theirs. */
export function publicKeyIn(bytes: Uint8Array): Uint8Array {
  const blocks = isPem(bytes) ? pemBlocks(bytes) : undefined;
  const der = blocks === undefined ? (derOfText(bytes) ?? bytes) : onlyBlock(blocks, "PUBLIC KEY", "a public key").der;
  const key = attempt(() => createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" }));
  if (key === undefined) throw wrong(`expected a public key, found ${describeDer(der)}`);
  requireCurve(key, "the public key");
  return key.export({ format: "der", type: "spki" });
}

/** One certificate or more, in the order of the file. */
export function certificatesIn(bytes: Uint8Array): readonly X509Certificate[] {
  const blocks = isPem(bytes) ? pemBlocks(bytes) : undefined;
  const ours = blocks?.filter(({ label }) => label === "CERTIFICATE").map(({ der }) => der) ?? [bytes];
  if (blocks !== undefined && ours.length === 0) throw wrong(`expected a certificate, found ${labelsOf(blocks)}`);
  return ours.map((der) => {
    const certificate = certificateOf(der);
    if (certificate === undefined) throw wrong(`expected a certificate, found ${describeDer(der)}`);
    return certificate;
  });
}

/** The certificate in DER; undefined: it is none. */
export function certificateOf(der: Uint8Array): X509Certificate | undefined {
  return attempt(() => new X509Certificate(der));
}

/** Throws where it is none that our handshakes can use: ECDSA, RFC 7925 §4.4, on the curves that are offered. */
export function requireCurve(key: KeyObject, what: string): void {
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details } = key;
  const curve = details?.namedCurve;
  if (type === "ec" && curve !== undefined && CURVES.has(curve)) return;
  const found = type === "ec" ? `one on ${curve ?? "a curve without name"}` : `one of type ${type.toUpperCase()}`;
  throw wrong(`${what} is ${found}; expected an EC key on P-256 (or P-384), as LwM2M has it`);
}

/** As OpenSSL calls P-256 and P-384. */
const CURVES: ReadonlySet<string> = new Set(["prime256v1", "secp384r1"]);

function privateKeyOfBlock({ label, encrypted, der }: PemBlock): KeyObject {
  if (encrypted || label === "ENCRYPTED PRIVATE KEY") throw wrong(ENCRYPTED);
  const key = label === "PRIVATE KEY" || label === "EC PRIVATE KEY" ? privateKeyOfDer(der) : undefined;
  if (key === undefined) {
    const kind = label.replace(/ ?PRIVATE KEY$/, "");
    throw wrong(`expected a private EC key (PKCS #8 or RFC 5915), found one of ${kind}`);
  }
  return key;
}

/** Nobody is there to type a password when a gateway starts. */
const ENCRYPTED =
  "the private key is encrypted, and nobody is there to give its password at a start; take that off with " +
  '"openssl pkey -in FILE -out NEW", and keep NEW readable by the gateway alone (chmod 600)';

function privateKeyOfDer(der: Uint8Array): KeyObject {
  const key = Buffer.from(der);
  const found =
    attempt(() => createPrivateKey({ key, format: "der", type: "pkcs8" })) ??
    attempt(() => createPrivateKey({ key, format: "der", type: "sec1" }));
  if (found === undefined)
    throw wrong(isEncrypted(key) ? ENCRYPTED : `expected a private key, found ${describeDer(key)}`);
  return found;
}

/** RFC 5958 §3: SEQUENCE { SEQUENCE { OBJECT IDENTIFIER of PKCS #5 or PKCS #12 … */
function isEncrypted(der: Uint8Array): boolean {
  const start = Buffer.from(der.subarray(0, 24)).toString("hex");
  return /^30.{2,8}?30.{2,6}?06(?:092a864886f70d0105|0a2a864886f70d010c)/.test(start);
}

function derOfText(bytes: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(bytes).toString("latin1").replace(/\s/g, "");
  // SEQUENCE, in hex, and in base64.
  if (/^30[0-9a-f]+$/i.test(text)) return Buffer.from(text, "hex");
  return /^M[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function onlyBlock(blocks: readonly PemBlock[], label: string, what: string): PemBlock {
  const [block, more] = blocks.filter((each) => each.label === label);
  if (block === undefined) throw wrong(`expected ${what}, found ${labelsOf(blocks)}`);
  if (more !== undefined) throw wrong(`expected ${what}, found several`);
  return block;
}

/** "a certificate and a private key": what the blocks say of themselves. */
function labelsOf(blocks: readonly PemBlock[]): string {
  const labels = new Set(blocks.map(({ label }) => LABELS.get(label) ?? `"${label}"`));
  return [...labels].join(" and ");
}

const A_PRIVATE_KEY = "a private key";
const LABELS: ReadonlyMap<string, string> = new Map([
  ["CERTIFICATE", "a certificate"],
  ["CERTIFICATE REQUEST", "a certificate request: a CA makes a certificate of it"],
  ["NEW CERTIFICATE REQUEST", "a certificate request: a CA makes a certificate of it"],
  ["PUBLIC KEY", "a public key"],
  ["PRIVATE KEY", A_PRIVATE_KEY],
  ["EC PRIVATE KEY", A_PRIVATE_KEY],
  ["RSA PRIVATE KEY", A_PRIVATE_KEY],
  ["ENCRYPTED PRIVATE KEY", "an encrypted private key"],
  ["EC PARAMETERS", "parameters of a curve"],
  ["PKCS7", "PKCS #7 (openssl pkcs7 -in FILE -print_certs gives its certificates)"],
]);

/** What DER is that should be something else. */
function describeDer(der: Uint8Array): string {
  const key = Buffer.from(der);
  if (key.length === 0) return "nothing";
  if (attempt(() => new X509Certificate(key)) !== undefined) return "a certificate";
  if (attempt(() => createPrivateKey({ key, format: "der", type: "pkcs8" })) !== undefined) return A_PRIVATE_KEY;
  if (attempt(() => createPrivateKey({ key, format: "der", type: "sec1" })) !== undefined) return A_PRIVATE_KEY;
  if (attempt(() => createPublicKey({ key, format: "der", type: "spki" })) !== undefined) return "a public key";
  if (isEncrypted(key)) return "an encrypted private key";
  // RFC 7292 §4: SEQUENCE { INTEGER 3 …
  if (/^30(?:8[12].{2,4}|..)020103/.test(key.subarray(0, 8).toString("hex"))) return PKCS12;
  return "what is neither PEM nor DER of a key or a certificate";
}

const PKCS12 = "PKCS #12 (openssl pkcs12 -in FILE -nodes gives key and certificates)";

/** OpenSSL's words for what it cannot read help nobody. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function wrong(message: string): ConfigError {
  return new ConfigError([{ severity: "error", code: "LG223", message }]);
}
