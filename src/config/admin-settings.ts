/** `gateway.admin`: the API over HTTP. Nothing listens beyond this machine without TLS, and nothing at all without a token. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { ConfigError, reasonOf } from "../errors.ts";
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { readBytes, readPrivateKey } from "./files.ts";
import { pathOf, told } from "./server-keys.ts";

export interface AdminSettings {
  /** An address of this machine. */
  readonly address: string;
  /** 0: a free one. */
  readonly port: number;
  /** Never shown. */
  readonly token: string;
  /** PEM; the certificate with those that lead to its CA. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
  /** By which names and addresses it is asked, beside its own and those of loopback: in lower case, without ports. */
  readonly hosts: readonly string[];
}

const LISTEN = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+|localhost)):(\d{1,5})$/;

const host = z
  .string()
  .transform((name) => name.toLowerCase().replace(/^\[(.*)\]$/, "$1"))
  .refine((name) => isIP(name) === 6 || /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name), {
    message: "expected a name or an address without a port, such as gateway-7.local",
  });

export const adminSchema = z.strictObject({
  listen: z
    .string()
    .describe("Address and port, e.g. 127.0.0.1:8080; beyond this machine only with tls")
    .transform((text, context) => {
      const parsed = parseListen(text);
      if (parsed !== undefined) return parsed;
      const message = "expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }),
  token: z.string().describe("!secret name: what whoever asks has to know; `keys token` makes one").optional(),
  tls: z
    .strictObject({
      certificate: z.string().min(1).describe("File with the certificate, then those that lead to its CA, PEM"),
      private_key: z.string().min(1).describe("File with its private key, PEM, chmod 600"),
    })
    .describe("TLS 1.2 or later; needed where `listen` is no address of loopback")
    .optional(),
  hosts: z
    .array(host)
    .max(32)
    .describe("Names and addresses by which it is asked, beside that of `listen` and localhost")
    .default([]),
});

/** `gateway`: the map in which it stands. Undefined where there is nothing, or something is wrong, which was reported. */
export async function adminOf(
  keys: z.output<typeof adminSchema> | undefined,
  { gateway, report }: { readonly gateway: YamlNode | undefined; readonly report: Report },
): Promise<AdminSettings | undefined> {
  const node = childOf(gateway, "admin");
  if (keys === undefined || node === undefined) return undefined;
  const { listen, hosts, ...given } = keys;
  const token = tokenOf(node, report);
  const tls = given.tls === undefined ? undefined : await tlsOf(given.tls, childOf(node, "tls") ?? node, report);
  const place = childOf(node, "listen")?.place ?? node.place;
  if (!isLoopback(listen.address) && given.tls === undefined) {
    const message = `listen: ${listen.address} is reached from other machines, which needs tls: { certificate, private_key }; or listen at 127.0.0.1:${listen.port}`;
    reportError(report, place, message, "LG222");
    return undefined;
  }
  if (EVERYWHERE.includes(listen.address) && hosts.length === 0) {
    reportError(
      report,
      place,
      `listen: ${listen.address} is every address: hosts has to name those that are asked`,
      "LG209",
    );
    return undefined;
  }
  if (token === undefined || (given.tls !== undefined && tls === undefined)) return undefined;
  return { ...listen, token, ...(tls === undefined ? {} : { tls }), hosts };
}

/** What of `gateway:` may have no secret in it: everything else is shown to somebody. */
export function withoutToken(gateway: YamlNode | undefined): YamlNode | undefined {
  return without(gateway, "admin", (admin) => without(admin, "token", () => undefined));
}

function without(
  node: YamlNode | undefined,
  name: string,
  replaced: (value: YamlNode) => YamlNode | undefined,
): YamlNode | undefined {
  if (node?.kind !== "map") return node;
  const entries = node.entries.flatMap(({ key, value }) => {
    const left = key.text === name ? replaced(value) : value;
    return left === undefined ? [] : [{ key, value: left }];
  });
  return { ...node, entries };
}

const EVERYWHERE: readonly string[] = ["0.0.0.0", "::"];
const SHORTEST_TOKEN = 32;

function parseListen(text: string): { readonly address: string; readonly port: number } | undefined {
  const [, six, four, port] = LISTEN.exec(text) ?? [];
  const address = four === "localhost" ? "127.0.0.1" : (six ?? four ?? "");
  const isAddress = isIP(address) === (six === undefined ? 4 : 6);
  return isAddress && Number(port) <= 65535 ? { address, port: Number(port) } : undefined;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** There is no default that somebody could know. */
function tokenOf(node: YamlNode, report: Report): string | undefined {
  const given = childOf(node, "token");
  if (given?.kind !== "scalar") {
    if (given === undefined) {
      reportError(report, node.place, "admin needs token: !secret name; `lwm2m-gateway keys token` makes one", "LG222");
    }
    return undefined;
  }
  const wrong = wrongToken(given.text, given.secret === true);
  if (wrong === undefined) return given.text;
  reportError(
    report,
    given.place,
    `token: ${wrong}; \`lwm2m-gateway keys token\` makes one`,
    given.secret === true ? "LG223" : "LG216",
  );
  return undefined;
}

/** Of the token nothing is quoted. */
function wrongToken(token: string, isSecret: boolean): string | undefined {
  if (!isSecret) return "a token never stands in this file; expected !secret name";
  if (token.length < SHORTEST_TOKEN) return `expected ${SHORTEST_TOKEN} characters at least, not ${token.length}`;
  // RFC 6750 §2.1
  return /^[A-Za-z0-9._~+/-]+=*$/.test(token) ? undefined : "expected letters, digits and -._~+/ alone";
}

async function tlsOf(
  keys: { readonly certificate: string; readonly private_key: string },
  node: YamlNode,
  report: Report,
): Promise<AdminSettings["tls"]> {
  const [certificateAt, keyAt] = [childOf(node, "certificate")?.place, childOf(node, "private_key")?.place];
  if (certificateAt === undefined || keyAt === undefined) return undefined;
  const read = async () => certificateIn(await readBytes(pathOf(certificateAt, keys.certificate)));
  const certificate = await told(certificateAt, report, read, "certificate: ");
  const readKey = async () => privateKeyIn(await readPrivateKey(pathOf(keyAt, keys.private_key)));
  const privateKey = await told(keyAt, report, readKey, "private_key: ");
  if (certificate === undefined || privateKey === undefined) return undefined;
  if (!new X509Certificate(certificate).checkPrivateKey(privateKey)) {
    reportError(report, keyAt, "private_key: it is not the key of the certificate", "LG223");
    return undefined;
  }
  return { certificate, privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString() };
}

function certificateIn(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  try {
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw wrong("expected a certificate in PEM", error);
  }
}

function privateKeyIn(bytes: Uint8Array): KeyObject {
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch (error) {
    throw wrong("expected a private key in PEM that needs no passphrase", error);
  }
}

/** What the library says of a key is nobody's business. */
function wrong(message: string, cause: unknown): ConfigError {
  return new ConfigError([{ severity: "error", code: "LG223", message }], { cause: reasonOf(cause) });
}
