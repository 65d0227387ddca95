/** Where mappings come from: `mappings/` beside config.yaml first, then those that come with the program. */
import { join, resolve } from "node:path";
import type { AdapterModule } from "../adapter.ts";
import { ConfigError, type Problem } from "../errors.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { parseMapping } from "../mapping/load.ts";
import { type PreparedMapping, prepareMapping } from "../mapping/resolve.ts";
import { exampleDevice } from "../mapping/vectors.ts";
import { didYouMean, unknownWord } from "../yaml/issues.ts";
import type { ScalarNode } from "../yaml/nodes.ts";
import { listYaml, readText } from "./files.ts";
import type { LoadedMapping } from "./types.ts";

export interface LibraryOptions {
  readonly adapters: readonly AdapterModule[];
  readonly catalogue: ObjectCatalogue;
  /** Searched in this order. */
  readonly directories: readonly string[];
}

/** A mapping that was looked for: usable, or with what is wrong. */
export interface FoundMapping {
  readonly prepared?: PreparedMapping;
  /** Errors, and warnings of a usable one. */
  readonly problems: readonly Problem[];
}

/** Reads each mapping once, however many devices name it. */
export class MappingLibrary {
  readonly loaded = new Map<string, LoadedMapping>();
  private readonly options: LibraryOptions;
  private readonly found = new Map<string, FoundMapping>();
  /** The files of each directory, listed once. */
  private names: readonly (readonly string[])[] | undefined;

  constructor(options: LibraryOptions) {
    this.options = options;
  }

  /** `name` is the scalar behind `mapping:` of a device: the place of a name that is none. */
  async find(name: ScalarNode): Promise<FoundMapping> {
    let found = this.found.get(name.text);
    if (found === undefined) {
      found = await this.read(name.text);
      this.found.set(name.text, found);
    }
    if (found.prepared === undefined && found.problems.length === 0) return { problems: [await this.missing(name)] };
    return found;
  }

  private async read(name: string): Promise<FoundMapping> {
    this.names ??= await Promise.all(this.options.directories.map(listYaml));
    const files = this.options.directories
      .filter((_, i) => this.names?.[i]?.includes(`${name}.yaml`))
      .map((directory) => join(directory, `${name}.yaml`));
    const [file, hidden] = files;
    if (file === undefined) return { problems: [] };
    const problems: Problem[] = [];
    try {
      const mapping = parseMapping(await readText(file), file, name);
      const adapter = this.options.adapters.find((candidate) => candidate.name === mapping.protocol.text);
      if (adapter === undefined) return { problems: [this.unknownProtocol(mapping.protocol)] };
      const prepared = prepareMapping(mapping, adapter, this.options.catalogue, (problem) => problems.push(problem));
      const hides = hidden === undefined || resolve(hidden) === resolve(file) ? {} : { hides: hidden };
      if (isUsable(problems)) {
        this.loaded.set(name, { name, file, adapter: adapter.name, prepared, ...hides });
        return { prepared, problems };
      }
      // The rest of what is wrong, so that the user hears of all of it at once.
      exampleDevice(prepared, (problem) => problems.push(problem));
      return { problems };
    } catch (error) {
      if (error instanceof ConfigError) return { problems: [...problems, ...error.problems] };
      throw error;
    }
  }

  private unknownProtocol({ text, place }: ScalarNode): Problem {
    const names = this.options.adapters.map(({ name }) => name);
    return { severity: "error", place, message: unknownWord("protocol", text, names) };
  }

  private async missing({ text, place }: ScalarNode): Promise<Problem> {
    const names = new Set((this.names ?? []).flat().map((file) => file.replace(/\.yaml$/, "")));
    const where = [...new Set(this.options.directories)].join(" or ");
    return { severity: "error", place, message: `there is no mapping "${text}" in ${where}${didYouMean(text, names)}` };
  }
}

function isUsable(problems: readonly Problem[]): boolean {
  return problems.every(({ severity }) => severity === "warning");
}
