/** Where mappings come from: `mappings/` beside config.yaml first, then those that come with the program. */
import type { AdapterModule } from "../adapter.ts";
import { ConfigError, type Problem } from "../errors.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { exampleDevice } from "../mapping/example-device.ts";
import { extendMapping } from "../mapping/extend.ts";
import { readMappingTree } from "../mapping/load.ts";
import { type PreparedMapping, prepareMapping } from "../mapping/prepare.ts";
import { unknownWord } from "../yaml/issues.ts";
import { childOf, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, toPlainMap } from "../yaml/read.ts";
import type { AdapterShelf } from "./adapter-shelf.ts";
import { withImports } from "./imports.ts";
import { type Layer, MappingFiles } from "./mapping-files.ts";
import type { LoadedMapping } from "./types.ts";

export interface LibraryOptions {
  readonly adapters: AdapterShelf;
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

/** Layers that were laid one over the other. */
interface LaidOver {
  readonly root: YamlNode;
  readonly inherited: readonly YamlNode[];
}

/** Reads each mapping once, however many devices name it. */
export class MappingLibrary {
  readonly loaded = new Map<string, LoadedMapping>();
  private readonly options: LibraryOptions;
  private readonly found = new Map<string, FoundMapping>();
  private readonly files: MappingFiles;

  constructor(options: LibraryOptions) {
    this.options = options;
    this.files = new MappingFiles(options.directories);
  }

  /** `name` is the scalar behind `mapping:` of a device: the place of a name that is none. */
  async find(name: ScalarNode): Promise<FoundMapping> {
    let found = this.found.get(name.text);
    if (found === undefined) {
      found = await this.read(name.text);
      this.found.set(name.text, found);
    }
    if (found.prepared === undefined && found.problems.length === 0)
      return { problems: [await this.files.missing(name)] };
    return found;
  }

  private async read(name: string): Promise<FoundMapping> {
    const problems: Problem[] = [];
    const report: Report = (problem) => problems.push(problem);
    try {
      const candidates = await this.files.find(name);
      if (candidates === undefined) return { problems: [] };
      const layers = await this.files.layers(candidates);
      const adapter = await this.adapterOf(layers);
      if ("message" in adapter) return { problems: [adapter] };
      const tree = this.laidOver(await this.imported(layers, adapter, report), adapter, report);
      // Of a mapping with two protocols every key would be wrong for one of them.
      if (protocolsOf(layers).size > 1) return { problems };
      const mapping = readMappingTree(tree, name);
      const prepared = prepareMapping(mapping, adapter, this.options.catalogue, report);
      if (isUsable(problems)) {
        const [file, hidden] = candidates.files;
        const extended = layers.slice(0, -1).map((layer) => layer.file);
        const hides = hidden === undefined || extended.includes(hidden) ? {} : { hides: hidden };
        this.loaded.set(name, {
          name,
          file,
          extends: extended.toReversed(),
          adapter: adapter.name,
          prepared,
          ...hides,
        });
        return { prepared, problems };
      }
      // The rest of what is wrong, so that the user hears of all of it at once.
      exampleDevice(prepared, report);
      return { problems };
    } catch (error) {
      if (error instanceof ConfigError) return { problems: [...problems, ...error.problems] };
      throw error;
    }
  }

  /** Of the uppermost file that names a protocol. */
  private async adapterOf(layers: readonly Layer[]): Promise<AdapterModule | Problem> {
    const { adapters } = this.options;
    const protocol = layers.map(({ root }) => childOf(root, "protocol")).findLast((node) => node !== undefined);
    const place = protocol?.place ?? layers.at(-1)?.root.place;
    if (protocol?.kind !== "scalar") {
      return {
        severity: "error",
        code: "LG204",
        ...(place === undefined ? {} : { place }),
        message: '"protocol" is missing',
      };
    }
    const adapter = await adapters.named(protocol.text);
    if (adapter !== undefined) return adapter;
    return {
      severity: "error",
      code: "LG206",
      place: protocol.place,
      message: unknownWord("protocol", protocol.text, adapters.names),
    };
  }

  /** The layers with the files that they import. */
  private async imported(layers: readonly Layer[], adapter: AdapterModule, report: Report): Promise<readonly Layer[]> {
    const { catalogue } = this.options;
    const sections = layers.flatMap(({ root }) => childOf(root, adapter.name) ?? []);
    const section = Object.assign({}, ...sections.map((node) => (node.kind === "map" ? toPlainMap(node) : {})));
    const all: Layer[] = [];
    for (const { file, root } of layers) {
      all.push({ file, root: await withImports(root, { adapter, catalogue, section, report }) });
    }
    return all;
  }

  /** All layers as one tree. */
  private laidOver([lowest, ...others]: readonly Layer[], { sources }: AdapterModule, report: Report): LaidOver {
    const { catalogue } = this.options;
    if (lowest === undefined) throw new RangeError("a mapping has a file");
    let tree: LaidOver = { root: lowest.root, inherited: [] };
    for (const { root } of others) {
      const { root: below, inherited } = tree;
      tree =
        below.kind === "map" && root.kind === "map"
          ? extendMapping({ root: below, inherited }, root, { catalogue, sources, report })
          : { root, inherited };
    }
    return tree;
  }
}

function protocolsOf(layers: readonly Layer[]): ReadonlySet<string> {
  const protocols = layers.map(({ root }) => childOf(root, "protocol"));
  return new Set(protocols.flatMap((protocol) => (protocol?.kind === "scalar" ? protocol.text : [])));
}

function isUsable(problems: readonly Problem[]): boolean {
  return problems.every(({ severity }) => severity === "warning");
}
