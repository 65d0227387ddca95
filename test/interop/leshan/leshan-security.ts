/** What Leshan needs for coaps, as the file that Credentials.java reads. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lifetime } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";

export interface LeshanSecurity {
  /** In bytes, of the Connection IDs that it gives; 0: none, but it sends with those of others. Leshan's default: 6. */
  readonly connectionIdLength?: number;
  /** Who the server is, where clients do not come with a PSK. DER, the private key PKCS #8. */
  readonly identity?: ServerKey | ServerCertificates;
  readonly clients: readonly LeshanClient[];
}

export interface ServerKey {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export interface ServerCertificates {
  readonly privateKey: Uint8Array;
  /** The server's own first. */
  readonly certificates: readonly Uint8Array[];
  /** CAs of clients. */
  readonly trusted: readonly Uint8Array[];
}

/** Without a key: a certificate whose CN is the endpoint's name. */
export type LeshanClient =
  | { readonly endpoint: string; readonly identity: string; readonly key: Uint8Array }
  | { readonly endpoint: string; readonly publicKey: Uint8Array }
  | { readonly endpoint: string };

export function securityFile(owner: Lifetime, { identity, ...rest }: LeshanSecurity): string {
  const file = join(temporaryDirectory(owner), "security.json");
  writeFileSync(file, JSON.stringify(inBase64({ ...rest, ...identity })));
  return file;
}

function inBase64(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(inBase64);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inBase64(part)]));
}
