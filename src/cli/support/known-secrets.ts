/** Every secret of a configuration that somebody could recognise, and the names of what holds one. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FileRead } from "../../config/read-record.ts";
import type { SecretSources } from "../../config/secrets.ts";
import { scalarsOf, type WrittenScalar } from "../../yaml/masked.ts";

const SECRET_KEY = /(?:^|_)(?:pass|passwd|password|passphrase|secret|token|psk|pin|puk|key|bindkey|credentials?)$/i;
const PUBLIC = /(?:^|_)public_key$/i;
/** `$site.name`, `$(site.name:default)`, `$name`. */
const REFERENCE = /\$\(?(?:site\.)?([A-Za-z_]\w*)/g;
const VARIABLE = /^LWM2M_SECRET_/;
const MOST_BYTES = 2 ** 20;

export class KnownSecrets {
  /** As they are written. */
  readonly texts: ReadonlySet<string>;
  /** Of values in site.yaml, and columns of lists, that stand where a secret stands. */
  private readonly names: ReadonlySet<string>;

  constructor(texts: ReadonlySet<string>, names: ReadonlySet<string>) {
    this.texts = texts;
    this.names = names;
  }

  /** Whether what stands under this name is secret. */
  isSecretName(name: string): boolean {
    return (SECRET_KEY.test(name) && !PUBLIC.test(name)) || this.names.has(name);
  }

  /** Whether a scalar is to be hidden, in whatever file. A name of a secret is none, nor is that of a file that is there. */
  hides({ keys, text, tag }: WrittenScalar, directory: string): boolean {
    const key = keys.at(-1);
    if (key === undefined || tag !== undefined || text === "") return false;
    if (key === "identity" && keys.at(-2) === "psk") return !text.startsWith("$");
    return this.isSecretName(key) && !text.startsWith("$") && !isFileName(text, directory);
  }
}

/** Of the files that a configuration was read from, whether it was right or not. */
export function knownSecrets(files: readonly FileRead[], { credentials, environment }: SecretSources): KnownSecrets {
  const texts = new Set<string>();
  const add = (text: string | undefined): void => {
    if (text !== undefined && text.trim() !== "") texts.add(text.trim());
  };
  for (const [name, value] of Object.entries(environment)) if (VARIABLE.test(name)) add(value);
  for (const name of credentials === undefined ? [] : namesIn(credentials)) {
    for (const text of spellings(join(credentials ?? "", name))) add(text);
  }
  for (const { path } of files.filter(({ secret }) => secret)) {
    for (const text of spellings(path)) add(text);
    if (path.endsWith(".yaml"))
      for (const scalar of scalarsOf(textOf(path))) if (scalar.keys.length > 0) add(scalar.text);
  }
  const open = files.filter(({ text, path }) => text !== undefined && path.endsWith(".yaml"));
  const scalars = open.flatMap(({ text = "", path }) => scalarsOf(text).map((scalar) => ({ ...scalar, path })));
  const guess = new KnownSecrets(texts, new Set());
  const secret = scalars.filter(({ keys, tag }) => tag === undefined && guess.isSecretName(keys.at(-1) ?? ""));
  const names = new Set(secret.flatMap(({ text }) => [...text.matchAll(REFERENCE)].map(([, name = ""]) => name)));
  const known = new KnownSecrets(texts, names);
  for (const { path, ...scalar } of scalars) {
    const isIdentity = scalar.keys.at(-1) === "identity";
    if (!isIdentity && known.hides(scalar, dirname(path))) add(scalar.text);
    for (const [, password] of scalar.text.matchAll(USERINFO)) add(password);
  }
  return known;
}

/** RFC 3986 §3.2.1: what stands behind the name. */
const USERINFO = /:\/\/[^\s/@:]*:([^\s/@]+)@/g;

function isFileName(text: string, directory: string): boolean {
  if (text.length > 255 || text.includes("\n")) return false;
  return existsSync(text.startsWith("/") ? text : join(directory, text));
}

/** A key file is text, or bytes. */
function spellings(file: string): readonly string[] {
  const text = textOf(file);
  if (!text.includes("\uFFFD")) return [text];
  const bytes = readFileSync(file);
  return [bytes.toString("hex"), bytes.toString("base64")];
}

function textOf(file: string): string {
  try {
    return statSync(file).size > MOST_BYTES ? "" : readFileSync(file, "utf8");
  } catch {
    // What cannot be read is not in the bundle either.
    return "";
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
