/** The keys of one site: those that it has, or new ones. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Random } from "../../clock.ts";
import { readText } from "../../config/files.ts";
import { certificateRequest } from "../../dtls/certificate-request.ts";
import { type PrivateKey, pemOfPrivateKey } from "../../dtls/key-files.ts";
import { pemOf } from "../../dtls/pem.ts";
import { parseYaml } from "../../yaml/parse.ts";
import { newPrivateKey, privateKeyOf } from "../private-keys.ts";
import { namesIn, SECRETS, type Template, type WantedKey } from "./template.ts";

export interface KeyPlace {
  /** Where the site lies already; there may be none. */
  readonly before: string;
  /** Where it is made. */
  readonly folder: string;
  readonly endpoint: string;
  readonly renew: boolean;
  readonly random: Random;
}

/** `kept` where every key is one that the site had. */
export type KeysWord = "new" | "kept" | "none";

export interface SiteKeys {
  readonly word: KeysWord;
  /** Certificates of a CA that are not there yet. */
  readonly missing: readonly string[];
}

const PSK_BYTES = 16;
const PRIVATE = 0o600;

/** Rejects with ConfigError where a key that the site has cannot be read. */
export async function makeKeys({ keys, secrets }: Template, place: KeyPlace): Promise<SiteKeys> {
  const words: KeysWord[] = [await writeSecrets(keys, secrets, place)];
  const missing: string[] = [];
  for (const key of keys) {
    if (key.kind === "psk") continue;
    words.push(await writeKeyFile(key, place));
    if (key.kind !== "x509") continue;
    for (const certificate of key.certificates) if (!(await keep(certificate, place))) missing.push(certificate);
  }
  const made = words.filter((word) => word !== "none");
  const word = made.length === 0 ? "none" : made.includes("new") ? "new" : "kept";
  return { word, missing };
}

/** What somebody added by hand stays. */
async function writeSecrets(
  keys: readonly WantedKey[],
  template: string,
  { before, folder, renew, random }: KeyPlace,
): Promise<KeysWord> {
  const had = await secretsIn(join(before, SECRETS));
  const wanted = [...new Set(keys.flatMap((key) => (key.kind === "psk" ? [key.secret] : [])))];
  const common = namesIn(template, SECRETS);
  const lines = new Map([...had].filter(([name]) => !common.includes(name)));
  let word: KeysWord = "none";
  for (const name of wanted) {
    const known = renew ? undefined : had.get(name);
    if (known === undefined) word = "new";
    else if (word === "none") word = "kept";
    lines.set(name, known ?? Buffer.from(random(PSK_BYTES)).toString("hex"));
  }
  const own = [...lines].map(([name, text]) => `${name}: ${JSON.stringify(text)}\n`).join("");
  const first = template === "" || template.endsWith("\n") ? template : `${template}\n`;
  if (first + own !== "") await writeFile(join(folder, SECRETS), first + own, { mode: PRIVATE });
  return word;
}

async function secretsIn(file: string): Promise<ReadonlyMap<string, string>> {
  if (!existsSync(file)) return new Map();
  const root = parseYaml(await readText(file), file);
  const entries = root.kind === "map" ? root.entries : [];
  return new Map(entries.flatMap(({ key, value }) => (value.kind === "scalar" ? [[key.text, value.text]] : [])));
}

/** With what the server, or its CA, needs of it beside. */
async function writeKeyFile(key: Exclude<WantedKey, { readonly kind: "psk" }>, place: KeyPlace): Promise<KeysWord> {
  const old = join(place.before, key.file);
  const isKept = !place.renew && existsSync(old);
  const made: PrivateKey = isKept ? await privateKeyOf(old) : newPrivateKey();
  const target = join(place.folder, key.file);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, pemOfPrivateKey(made), { mode: PRIVATE });
  const name = target.replace(/\.[^./]*$/, "");
  if (key.kind === "rpk") await writeFile(`${name}.pub`, pemOf("PUBLIC KEY", made.publicKey));
  else await writeFile(`${name}.csr`, pemOf("CERTIFICATE REQUEST", certificateRequest(place.endpoint, made)));
  return isKept ? "kept" : "new";
}

/** A certificate of the key that is kept; with a new key it is none any more. */
async function keep(path: string, { before, folder, renew }: KeyPlace): Promise<boolean> {
  if (existsSync(join(folder, path))) return true;
  const old = join(before, path);
  if (renew || !existsSync(old)) return false;
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), await readFile(old));
  return true;
}
