/** `!secret name`: systemd's credentials, then `secrets.yaml` beside the configuration, then the environment. */
import { join } from "node:path";
import { ConfigError, type Problem, systemCode } from "../errors.ts";
import { didYouMean } from "../yaml/issues.ts";
import { isEmpty, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { exposureOf, readSecretText } from "./files.ts";

/** What the service manager and the shell give. */
export interface SecretSources {
  /** systemd.exec(5), LoadCredential=: the directory with a file for each; absent where there is none. */
  readonly credentials?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a name stands for, or why it stands for nothing. */
type Found = { readonly text: string } | { readonly wrong: string };

const TAG = "!secret";
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** The secrets that some trees name, read once. */
export class Secrets {
  private readonly found: ReadonlyMap<string, Found>;

  constructor(found: ReadonlyMap<string, Found> = new Map()) {
    this.found = found;
  }

  /** `file`: secrets.yaml. */
  static async read(trees: readonly YamlNode[], file: string, sources: SecretSources): Promise<Secrets> {
    const names = new Set(trees.flatMap(secretNames));
    const found = new Map<string, Found>();
    let inFile: SecretFile | undefined;
    for (const name of names) {
      const credential = NAME.test(name) ? await ofCredentials(name, sources.credentials) : undefined;
      inFile ??= credential === undefined ? await readSecretFile(file) : undefined;
      found.set(name, credential ?? otherwise(name, { file, inFile, sources }));
    }
    return new Secrets(found);
  }

  /** The text behind a `!secret`, marked as one; any other scalar as it is. */
  fill(node: ScalarNode, report: Report): ScalarNode {
    if (node.tag !== TAG) return node;
    const found = this.found.get(node.text);
    const { place } = node;
    if (found !== undefined && "text" in found)
      return { kind: "scalar", place, text: found.text, quoted: true, secret: true };
    reportError(report, place, found?.wrong ?? `there is no secret "${node.text}"`, "LG215");
    return { kind: "scalar", place, text: node.text, quoted: true, secret: true };
  }

  /** The same problem, where its sentence quotes a secret without that. */
  hidden(problem: Problem): Problem {
    let { message } = problem;
    for (const found of this.found.values()) {
      if ("text" in found && found.text.length >= SHORTEST_HIDDEN) message = message.replaceAll(found.text, "(secret)");
    }
    return message === problem.message ? problem : { ...problem, message };
  }
}

/** What is shorter stands in every sentence, and is no secret. */
const SHORTEST_HIDDEN = 3;

/** The names behind every `!secret` in a tree. */
export function secretNames(node: YamlNode): readonly string[] {
  switch (node.kind) {
    case "scalar":
      return node.tag === TAG ? [node.text] : [];
    case "list":
      return node.items.flatMap(secretNames);
    case "map":
      return node.entries.flatMap(({ value }) => secretNames(value));
  }
}

/** Of secrets.yaml; `wrong`: why none of it is taken. */
interface SecretFile {
  readonly texts: ReadonlyMap<string, string>;
  readonly wrong?: string;
}

async function ofCredentials(name: string, directory: string | undefined): Promise<Found | undefined> {
  if (directory === undefined) return undefined;
  try {
    return given((await readSecretText(join(directory, name))).replace(/\r?\n$/, ""), name);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return systemCode(error.cause) === "ENOENT"
      ? undefined
      : { wrong: `secret "${name}": ${error.problems[0]?.message}` };
  }
}

function given(text: string, name: string): Found {
  return text === "" ? { wrong: `the secret "${name}" is empty` } : { text };
}

interface Places {
  readonly file: string;
  readonly inFile: SecretFile | undefined;
  readonly sources: SecretSources;
}

function otherwise(name: string, { file, inFile, sources }: Places): Found {
  if (!NAME.test(name)) return { wrong: `"${name}" is no name of a secret: letters, digits, "_", "-" and "." only` };
  const text = inFile?.texts.get(name);
  if (text !== undefined) return given(text, name);
  const variable = variableOf(name);
  const value = sources.environment[variable];
  if (value !== undefined) return given(value, name);
  if (inFile?.wrong !== undefined) return { wrong: `secret "${name}": ${inFile.wrong}` };
  const { credentials } = sources;
  const places = [
    ...(credentials === undefined ? [] : [join(credentials, name)]),
    `a line "${name}: …" in ${file} (mode 0600)`,
    `${variable} in the environment`,
  ];
  const hint = didYouMean(name, inFile?.texts.keys() ?? []);
  return { wrong: `there is no secret "${name}"${hint}; expected ${places.join(", or ")}` };
}

/** No sentence of the reader of YAML is told: it may quote what stands there. */
/** In which variable of the environment a secret may stand. */
export function variableOf(name: string): string {
  return `LWM2M_SECRET_${name.replace(/[^A-Za-z0-9]/g, "_").toUpperCase()}`;
}

async function readSecretFile(file: string): Promise<SecretFile> {
  const none = new Map<string, string>();
  try {
    const wrong = await exposureOf(file);
    if (wrong !== undefined) return { texts: none, wrong };
    return secretsIn(parseYaml(await readSecretText(file), file));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return { texts: none };
    if (!(error instanceof ConfigError))
      return { texts: none, wrong: `cannot read ${file}: ${systemCode(error) ?? "failed"}` };
    const { line } = error.problems[0]?.place ?? {};
    return { texts: none, wrong: line === undefined ? `cannot read ${file}` : badLine(file, line) };
  }
}

function secretsIn(root: YamlNode): SecretFile {
  const entries = root.kind === "map" ? root.entries : [];
  const odd = entries.find(({ value }) => value.kind !== "scalar" || value.tag !== undefined);
  const wrongRoot = root.kind === "map" || isEmpty(root) ? undefined : root;
  const bad = odd?.key.place ?? wrongRoot?.place;
  const texts = new Map(entries.flatMap(({ key, value }) => (value.kind === "scalar" ? [[key.text, value.text]] : [])));
  return { texts, ...(bad === undefined ? {} : { wrong: badLine(bad.file, bad.line) }) };
}

function badLine(file: string, line: number): string {
  return `${file}:${line} is no line such as name: "value"; quotes help where a value begins with a sign`;
}
