/** `psk` and `rpk` of a server, and every private key: read from files and secrets, never told to anybody. */
import { dirname } from "node:path";
import type { Psk, RawPublicKeys } from "../dtls/credentials.ts";
import { type PrivateKey, privateKeyIn, publicKeyIn } from "../dtls/key-files.ts";
import { ConfigError, type Place } from "../errors.ts";
import { childOf, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { besides, readBytes, readPrivateKey } from "./files.ts";
import type { PskKeys, RpkKeys } from "./security-schema.ts";
import type { SecurityContext } from "./server-security.ts";

const LONGEST_KEY = 64;
/** RFC 7925 §4.2 and LwM2M: 128 bits, which nobody tries out. */
const SAFE_KEY = 16;

/** Undefined where it is wrong, which was reported. */
export function pskOf({ identity }: PskKeys, { node, report }: SecurityContext): Psk | undefined {
  const given = childOf(node, "key");
  if (given?.kind !== "scalar") return undefined;
  const { place } = given;
  if (given.secret !== true) {
    reportError(report, place, "key: a key never stands in this file; expected !secret name", "LG216");
    return undefined;
  }
  const key = keyBytes(given.text);
  if (typeof key === "string") {
    reportError(report, place, `key: ${key}`, "LG223");
    return undefined;
  }
  if (key.length < SAFE_KEY) {
    const message = `key: a key of ${key.length} bytes can be found by trying; ${SAFE_KEY} are safe: lwm2m-gateway keys psk`;
    report({ severity: "warning", code: "LG223", place, message });
  }
  return { mode: "psk", identity, key };
}

/** Undefined where something is wrong, which was reported. */
export async function rawPublicKeysOf(keys: RpkKeys, context: SecurityContext): Promise<RawPublicKeys | undefined> {
  const { node, report } = context;
  const ours = await privateKeyOf(context);
  const theirs = childOf(node, "server_public_key");
  const place = theirs?.place ?? node.place;
  const read = async (): Promise<Uint8Array> => publicKeyIn(await readBytes(pathOf(place, keys.server_public_key)));
  const serverPublicKey = await told(place, report, read, "server_public_key: ");
  if (ours === undefined || serverPublicKey === undefined) return undefined;
  if (Buffer.compare(ours.publicKey, serverPublicKey) === 0) {
    reportError(report, place, "server_public_key: this is our own public key; expected that of the server", "LG223");
    return undefined;
  }
  return { mode: "rpk", privateKey: ours.der, serverPublicKey };
}

/** What stands behind `private_key`: the name of a file, or a secret with PEM. Undefined where it is wrong. */
export async function privateKeyOf({ node, report }: SecurityContext): Promise<PrivateKey | undefined> {
  const given = childOf(node, "private_key");
  if (given?.kind !== "scalar") return undefined;
  return told(given.place, report, async () => privateKeyIn(await privateBytes(given)), "private_key: ");
}

/** A path in the file of that place. */
export function pathOf({ file }: Place, path: string): string {
  return besides(dirname(file), path);
}

/** What comes of the work; undefined where it ends in a ConfigError, which is reported at that place. */
export async function told<T>(
  place: Place,
  report: Report,
  work: () => Promise<T>,
  before = "",
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { message, ...problem } of error.problems) report({ ...problem, place, message: before + message });
    return undefined;
  }
}

/** Hex, or base64 that says so. A sentence where it is neither: of a key nothing is quoted. */
function keyBytes(text: string): Uint8Array | string {
  const isBase64 = text.startsWith(BASE64);
  const digits = isBase64 ? text.slice(BASE64.length).trim() : text.trim();
  const key = isBase64 ? ofBase64(digits) : ofHex(digits);
  if (typeof key === "string") return key;
  if (key.length === 0) return "the key is empty";
  return key.length > LONGEST_KEY ? `at most ${LONGEST_KEY} bytes, found ${key.length}` : key;
}

const BASE64 = "base64:";

function ofHex(digits: string): Uint8Array | string {
  if (!/^[0-9a-f]*$/i.test(digits)) {
    return `the secret is no hex; expected pairs of 0-9 and a-f, or base64 with "${BASE64}" in front`;
  }
  if (digits.length % 2 !== 0) return `the secret has ${digits.length} digits of hex; expected pairs`;
  return Buffer.from(digits, "hex");
}

function ofBase64(digits: string): Uint8Array | string {
  const key = Buffer.from(digits, "base64");
  const isSame = key.toString("base64").replace(/=+$/, "") === digits.replace(/=+$/, "");
  return isSame ? key : `the secret is no base64 after "${BASE64}"`;
}

async function privateBytes(given: ScalarNode): Promise<Uint8Array> {
  if (given.secret === true) {
    if (given.text.includes("-----BEGIN ")) return Buffer.from(given.text);
    throw wrong("the secret is no PEM; expected -----BEGIN PRIVATE KEY----- and so on, or the name of a file");
  }
  if (IS_NO_PATH.test(given.text)) throw wrong("a key never stands in this file; expected a file, or !secret name");
  return readPrivateKey(pathOf(given.place, given.text));
}

/** PEM, or the base64 or hex of a key: to be told that there is no such file would print it. */
const IS_NO_PATH = /-----BEGIN|^[A-Za-z0-9+/=\s]{64,}$/;

function wrong(message: string): ConfigError {
  return new ConfigError([{ severity: "error", code: "LG216", message }]);
}

/** Two servers with one key: who has it of the one can be us towards the other (LwM2M's transport binding §5.2). */
export function warnOfSharedKeys(keys: readonly SharedKey[], report: Report): void {
  const seen = new Map<string, number>();
  for (const { key, id, node } of keys) {
    const text = Buffer.from(key).toString("hex");
    const first = seen.get(text);
    const place = keyNode(node)?.place ?? node.place;
    if (first === undefined) seen.set(text, id);
    else
      report({
        severity: "warning",
        code: "LG225",
        place,
        message: `key: server ${first} has the same key; expected one for each`,
      });
  }
}

export interface SharedKey {
  readonly id: number;
  readonly key: Uint8Array;
  /** The map of the server. */
  readonly node: YamlNode;
}

function keyNode(server: YamlNode): YamlNode | undefined {
  return childOf(childOf(server, "psk"), "key");
}
