/** What every site has in common, and which keys each of them needs of its own. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { readText } from "../../config/files.ts";
import { ConfigError, type Problem, reasonOf } from "../../errors.ts";
import { childOf, type YamlNode } from "../../yaml/nodes.ts";
import { parseYaml } from "../../yaml/parse.ts";

export const CONFIG = "config.yaml";
export const SITE = "site.yaml";
export const SECRETS = "secrets.yaml";

export interface TemplateFile {
  /** Below the folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/** A key that is made for each site. */
export type WantedKey =
  | { readonly kind: "psk"; readonly secret: string }
  | { readonly kind: "rpk"; readonly file: string }
  | { readonly kind: "x509"; readonly file: string; readonly certificates: readonly string[] };

export interface Template {
  readonly files: readonly TemplateFile[];
  readonly config: YamlNode;
  /** Absent where there is none. */
  readonly site: string | undefined;
  readonly secrets: string;
  readonly keys: readonly WantedKey[];
}

/** Far more than a configuration has: somebody named another folder. */
const MOST_FILES = 2000;

/** Rejects with ConfigError where it is none, or has a key that all sites would share. */
export async function readTemplate(folder: string): Promise<Template> {
  const files = await filesIn(folder);
  const config = parseYaml(await readText(join(folder, CONFIG)), join(folder, CONFIG));
  const keys = serversIn(config).flatMap(wantedKeys);
  const secrets = textOf(files, SECRETS) ?? "";
  const shared = new Set(namesIn(secrets, join(folder, SECRETS)));
  const problems = keys.flatMap((key): Problem[] => {
    const isShared = key.kind === "psk" ? shared.has(key.secret) : files.some(({ path }) => path === key.file);
    if (!isShared) return [];
    const what = key.kind === "psk" ? `the secret ${key.secret} in ${SECRETS}` : key.file;
    const message = `${folder} has ${what}, which all sites would share: take it out, each site gets its own`;
    return [{ severity: "error", code: "LG621", message }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const apart = [SITE, SECRETS];
  return {
    files: files.filter(({ path }) => !apart.includes(path)),
    ...{ config, secrets, keys, site: textOf(files, SITE) },
  };
}

async function filesIn(folder: string): Promise<readonly TemplateFile[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .filter((path) => !path.split("/").some((part) => part.startsWith(".")) && !path.startsWith("state/"))
      .sort();
    if (paths.length > MOST_FILES) throw new RangeError(`it has ${paths.length} files`);
    return await Promise.all(
      paths.map(async (path) => {
        const file = join(folder, path);
        return { path, bytes: await readFile(file), mode: (await stat(file)).mode & 0o777 };
      }),
    );
  } catch (error) {
    const message = `cannot read the template ${folder}: ${reasonOf(error)}`;
    throw new ConfigError([{ severity: "error", code: "LG621", message }], { cause: error });
  }
}

function textOf(files: readonly TemplateFile[], path: string): string | undefined {
  const file = files.find((each) => each.path === path);
  return file === undefined ? undefined : Buffer.from(file.bytes).toString();
}

/** The names of a map of YAML. Throws ConfigError. */
export function namesIn(text: string, file: string): readonly string[] {
  const root = parseYaml(text, file);
  return root.kind === "map" ? root.entries.map(({ key }) => key.text) : [];
}

function serversIn(config: YamlNode): readonly YamlNode[] {
  const servers = childOf(config, "servers");
  return servers?.kind === "list" ? servers.items : [];
}

function wantedKeys(server: YamlNode): readonly WantedKey[] {
  const psk = childOf(childOf(server, "psk"), "key");
  const rpk = childOf(childOf(server, "rpk"), "private_key");
  const x509 = childOf(childOf(server, "x509"), "private_key");
  const certificates = textsOf(childOf(childOf(server, "x509"), "certificates"));
  return [
    ...(psk?.kind === "scalar" && psk.tag === "!secret" ? [{ kind: "psk", secret: psk.text } as const] : []),
    ...fileOf(rpk).map((file) => ({ kind: "rpk", file }) as const),
    ...fileOf(x509).map((file) => ({ kind: "x509", file, certificates }) as const),
  ];
}

/** A key elsewhere, or a secret with PEM, is somebody else's to make. */
function fileOf(node: YamlNode | undefined): readonly string[] {
  const isOurs =
    node?.kind === "scalar" && node.tag === undefined && !/^\/|\.\.|\$/.test(node.text) && node.text !== "";
  return isOurs ? [node.text] : [];
}

function textsOf(node: YamlNode | undefined): readonly string[] {
  if (node?.kind === "list") return node.items.flatMap(textsOf);
  return node?.kind === "scalar" ? [node.text] : [];
}
