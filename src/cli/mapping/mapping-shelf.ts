/** Every mapping that a configuration here could name: those beside config.yaml, then those that come with the program. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { loadAdapters } from "../../../adapters/index.ts";
import type { AdapterModule } from "../../adapter.ts";
import { AdapterShelf } from "../../config/adapter-shelf.ts";
import { listYaml } from "../../config/files.ts";
import { type FoundMapping, MappingLibrary } from "../../config/mapping-library.ts";
import { ConfigError, type Problem } from "../../errors.ts";
import { readConfig } from "../../gateway/read-config.ts";
import { locateData } from "../../locate.ts";
import { type ObjectCatalogue, catalogue as registry } from "../../lwm2m/objects/index.ts";
import type { PreparedMapping } from "../../mapping/prepare.ts";
import { childOf } from "../../yaml/nodes.ts";
import { type Arguments, UsageError } from "../command.ts";
import { foundConfig } from "../config-option.ts";

/** The file in which a name stands that was typed. */
const COMMAND_LINE = "command line";
const DRAFTS = "drafts";

export class MappingShelf {
  readonly adapters: readonly AdapterModule[];
  readonly catalogue: ObjectCatalogue;
  /** Searched in this order. */
  readonly directories: readonly string[];
  private readonly library: MappingLibrary;

  private constructor(adapters: readonly AdapterModule[], catalogue: ObjectCatalogue, directories: readonly string[]) {
    this.adapters = adapters;
    this.catalogue = catalogue;
    this.directories = directories;
    this.library = new MappingLibrary({ adapters: AdapterShelf.of(adapters), catalogue, directories });
  }

  /** `first`: directories that are searched before all others. */
  static async open(args: Arguments, first: readonly string[] = []): Promise<MappingShelf> {
    const file = foundConfig(args);
    const own = file === undefined ? "mappings" : join(dirname(file), "mappings");
    return new MappingShelf(await loadAdapters(), await catalogueOf(file), [...first, own, locateData("mappings")]);
  }

  /** The same with another directory before the others. */
  before(directory: string): MappingShelf {
    return new MappingShelf(this.adapters, this.catalogue, [directory, ...this.directories]);
  }

  /** By name, those of the user first where a name is there twice. */
  async names(): Promise<readonly string[]> {
    const files = await Promise.all(this.directories.map(listYaml));
    return [...new Set(files.flat().map((file) => file.replace(/\.yaml$/, "")))].sort();
  }

  /** Those that are found by their file alone. */
  async drafts(): Promise<readonly string[]> {
    const folders = this.directories.map((directory) => join(directory, DRAFTS));
    const files = await Promise.all(folders.map(async (folder) => ({ folder, names: await listYaml(folder) })));
    return files.flatMap(({ folder, names }) => names.map((name) => join(folder, name)));
  }

  async find(name: string): Promise<FoundMapping> {
    const place = { file: COMMAND_LINE, line: 1, column: 1 };
    const { prepared, problems } = await this.library.find({ kind: "scalar", text: name, quoted: true, place });
    return { ...(prepared === undefined ? {} : { prepared }), problems: problems.map(placed) };
  }

  /** Rejects with ConfigError where there is no usable mapping of this name. */
  async prepared(name: string): Promise<PreparedMapping> {
    const { prepared, problems } = await this.find(name);
    if (prepared === undefined) throw new ConfigError(problems);
    return prepared;
  }

  /** The files over which it is laid, the nearest first. */
  extendedBy(name: string): readonly string[] {
    return this.library.loaded.get(name)?.extends ?? [];
  }
}

/** `text`: a name, or a file: then its folder is searched first. Rejects with UsageError where there is no such file. */
export async function shelfOf(
  text: string,
  args: Arguments,
): Promise<{ readonly shelf: MappingShelf; readonly name: string }> {
  if (!text.includes("/") && !text.endsWith(".yaml")) return { shelf: await MappingShelf.open(args), name: text };
  if (!text.endsWith(".yaml")) throw new UsageError(`${text}: the file of a mapping is NAME.yaml`);
  if (!(await stat(text).catch(() => undefined))?.isFile()) throw new UsageError(`${text}: there is no such file`);
  return {
    shelf: await MappingShelf.open(args, [dirname(resolve(text))]),
    name: basename(text).replace(/\.yaml$/, ""),
  };
}

/** Whether it comes with the program. */
export function isPackaged({ file }: PreparedMapping): boolean {
  return resolve(file.file).startsWith(`${locateData("mappings")}/`);
}

/** What its `identity:` says in so many words. */
export function saidOf({ file }: PreparedMapping, key: "manufacturer" | "model"): string | undefined {
  const node = childOf(file.identity, key);
  return node?.kind === "scalar" && !node.text.includes("$") ? node.text : undefined;
}

export function descriptionOf({ file }: PreparedMapping): string {
  const node = childOf(file.root, "description");
  return node?.kind === "scalar" ? node.text : "";
}

/** With the objects that a configuration adds; one that is wrong is no reason to tell nothing. */
async function catalogueOf(file: string | undefined): Promise<ObjectCatalogue> {
  // The one that `setup` will write is not there yet.
  if (file === undefined || !existsSync(file)) return registry;
  try {
    return (await readConfig(file)).catalogue;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(
      `warning: ${file} is wrong (lwm2m-gateway check tells what): objects that it defines are not known here\n`,
    );
    return registry;
  }
}

/** Line and column of what nobody wrote in a file tell nothing. */
function placed({ place, ...problem }: Problem): Problem {
  return place === undefined || place.file === COMMAND_LINE ? problem : { ...problem, place };
}
