/** The files that make a configuration, and which of them are secret. */
import { existsSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { ReadRecord } from "../../config/read-record.ts";
import { secretNames, variableOf } from "../../config/secrets.ts";
import type { LoadedConfig } from "../../config/types.ts";
import { ConfigError } from "../../errors.ts";
import { secretsOfService } from "../../gateway/host.ts";
import { readConfig } from "../../gateway/read-config.ts";
import { locateData } from "../../locate.ts";
import { parseYaml } from "../../yaml/parse.ts";
import { CONFIGURATION, CREDENTIALS, ELSEWHERE } from "./manifest.ts";

/** A file, or a secret that the environment holds. */
export interface ConfigurationFile {
  /** In a backup. */
  readonly name: string;
  readonly secret: boolean;
  readonly from: { readonly path: string } | { readonly text: string };
}

export interface Configuration {
  readonly config: LoadedConfig;
  /** Absolute: that of config.yaml. */
  readonly directory: string;
  readonly files: readonly ConfigurationFile[];
}

/** Reads it as `run` does. Rejects with ConfigError where nothing could run with it. */
export async function configurationFiles(file: string): Promise<Configuration> {
  const record = new ReadRecord();
  const config = await record.during(() => readConfig(file));
  const directory = resolve(file, "..");
  const packaged = locateData("mappings");
  const { credentials, environment } = secretsOfService();
  const read = record.files.filter(({ path }) => !isBelow(path, packaged) && isFile(path));
  const named = (path: string): string => {
    if (isBelow(path, directory)) return CONFIGURATION + relative(directory, path);
    if (credentials !== undefined && isBelow(path, credentials)) return CREDENTIALS + relative(credentials, path);
    return ELSEWHERE + path.slice(1);
  };
  const known = new Set(read.map(({ path }) => path));
  // What adapters read by themselves, when they open their links.
  const others = [...config.links.values()]
    .flatMap(({ options }) => pathsIn(options))
    .filter((path) => !known.has(path) && isFile(path));
  const files = [
    ...read.map(({ path, secret }) => ({ name: named(path), secret, from: { path } })),
    ...[...new Set(others)].map((path) => ({ name: named(path), secret: true, from: { path } })),
  ];
  const names = new Set(read.flatMap(({ text = "", path }) => secretNamesIn(text, path)));
  const held = new Set(files.map(({ name }) => name));
  const inEnvironment = [...names].flatMap((name) => {
    const text = environment[variableOf(name)];
    const isThere = text === undefined || held.has(CREDENTIALS + name);
    return isThere ? [] : [{ name: CREDENTIALS + name, secret: true, from: { text } }];
  });
  return { config, directory, files: [...files, ...inEnvironment] };
}

/** Devices and sockets have paths, too. */
function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(join(directory, "/"));
}

function pathsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return /^\/[^\n]+$/.test(value) ? [resolve(value)] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}

function secretNamesIn(text: string, path: string): readonly string[] {
  if (!path.endsWith(".yaml") || !text.includes("!secret")) return [];
  try {
    return secretNames(parseYaml(text, path));
  } catch (error) {
    // Of a mapping that is wrong nothing is used.
    if (!(error instanceof ConfigError)) throw error;
    return [];
  }
}
