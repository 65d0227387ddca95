/** `psk`, `rpk`, `x509` and `dtls` of a server: their shape. What they name is read in server-security.ts. */
import { z } from "zod";
import { SECOND } from "../clock.ts";
import type { Credentials } from "../dtls/credentials.ts";
import type { ServerSecurity } from "../dtls/server-security.ts";
import { durationSchema } from "../duration.ts";

/** The words for /0/x/15; their place is their number (RFC 6698 §7.2). */
export const USAGES = ["ca-constraint", "service-certificate", "trust-anchor", "domain-issued"] as const;
/** The words for /0/x/13; their place is their number. */
export const MATCHINGS = ["exact", "sha256", "sha384", "sha512"] as const;

export type UsageWord = (typeof USAGES)[number];
export type MatchingWord = (typeof MATCHINGS)[number];

/** Whoever writes a key where a map should stand is not shown it. */
function mapOf(keys: string): z.core.$ZodErrorMap {
  return ({ code }) => (code === "invalid_type" ? `expected { ${keys} }` : undefined);
}

const file = z.string().min(1);
const MOST_FILES = 8;
const files = z
  .union([file, z.array(file).min(1).max(MOST_FILES)])
  .transform((names) => (typeof names === "string" ? [names] : names));

const privateKey = z.string().describe("File with our private key, PEM or DER, chmod 600; or !secret name: PEM");

const LONGEST_IDENTITY = 128;

const psk = z.strictObject(
  {
    identity: z
      .string()
      .min(1)
      .refine((text) => Buffer.byteLength(text) <= LONGEST_IDENTITY, {
        message: `at most ${LONGEST_IDENTITY} bytes of UTF-8`,
      })
      .refine((text) => !text.includes("\0"), { message: "a zero byte cannot be sent" })
      // A name of ours may look like a number to editors.
      .meta({ type: ["string", "number"], description: "The name by which the server knows our key (0/x/3)" }),
    key: z.string().describe("!secret name: the key in hex, or base64 with base64: in front (0/x/5)"),
  },
  { error: mapOf("identity, key") },
);

const rpk = z.strictObject(
  { private_key: privateKey, server_public_key: file.describe("File with the server's public key, PEM or DER") },
  { error: mapOf("private_key, server_public_key") },
);

const x509 = z.strictObject(
  {
    private_key: privateKey,
    certificates: files.describe("Files with our certificate, then those that lead to its CA, PEM or DER"),
    server: files.describe("Files with a CA or the server's certificate; or, with matching, the hash of one in hex"),
    usage: z.enum(USAGES).describe("What `server` is (0/x/15); default: by the certificate").optional(),
    matching: z.enum(MATCHINGS).describe("How it is compared (0/x/13)").default("exact"),
    anchors: files
      .describe("Files with the CAs to trust for ca-constraint and service-certificate; default: the machine's")
      .optional(),
  },
  { error: mapOf("private_key, certificates, server") },
);

const SHORTEST_SILENCE = 5 * SECOND;

/** RFC 6066 §3: a name in DNS, without its last dot, never an address. */
const HOST_NAME =
  /^(?=.{1,253}$)(?!.*\.[0-9]+$)(?![0-9]+$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

const PROVIDERS = ["auto", "openssl", "node-dtls-client"] as const satisfies readonly ServerSecurity["provider"][];

const dtls = z.strictObject({
  server_name: z
    .string()
    .regex(HOST_NAME, { message: "expected a name in DNS such as lwm2m.example.com; an address is never sent as one" })
    .describe("Name that is sent (SNI) and looked for in the server's certificate; default: that of the uri (0/x/14)")
    .optional(),
  suites: z
    .array(z.union([z.string(), z.int()]))
    .min(1)
    .max(16)
    .describe("Cipher suites by IANA's name or number, the most wanted first (0/x/16); default: those with AEAD")
    .optional(),
  connection_id: z
    .enum(["offer", "off"])
    .describe("offer: a Connection ID is asked for, so that a changed address needs no handshake")
    .optional(),
  keep_alive: durationSchema
    .refine((millis) => millis >= SHORTEST_SILENCE, { message: "at least 5s" })
    .describe("Longest silence where the server gives no Connection ID; default: none is kept")
    .optional(),
  provider: z.enum(PROVIDERS).describe("Who does DTLS; auto: OpenSSL, else node-dtls-client for psk").default("auto"),
});

/** Of a server. */
export const securityKeys = {
  psk: psk.describe("Pre-shared key: with coaps://").optional(),
  rpk: rpk.describe("Raw public keys: with coaps://").optional(),
  x509: x509.describe("Certificates: with coaps://").optional(),
  dtls: dtls.describe("What is used of DTLS; with coaps://").optional(),
};

export const securitySchema = z.object(securityKeys);

/** The modes, by the names of their keys. */
export const MODES = ["psk", "rpk", "x509"] as const satisfies readonly Credentials["mode"][];

export type SecurityKeys = z.output<typeof securitySchema>;
export type PskKeys = NonNullable<SecurityKeys["psk"]>;
export type RpkKeys = NonNullable<SecurityKeys["rpk"]>;
export type X509Keys = NonNullable<SecurityKeys["x509"]>;
export type DtlsKeys = NonNullable<SecurityKeys["dtls"]>;
