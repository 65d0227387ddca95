/** Mappings as files: which of the directories has one, and what it extends. */
import { join, resolve } from "node:path";
import { ConfigError, type Place, type Problem } from "../errors.ts";
import { baseName } from "../mapping/extend.ts";
import { didYouMean } from "../yaml/issues.ts";
import type { YamlNode } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import { listYaml, readText } from "./files.ts";

/** A mapping of some name: its file, and those of the directories behind it that have the name too. */
export interface Candidates {
  readonly name: string;
  /** In the order in which they are searched; one at least. */
  readonly files: readonly [string, ...string[]];
}

/** One file of a mapping that extends others. */
export interface Layer {
  readonly file: string;
  readonly root: YamlNode;
}

/** The folder in a directory whose mappings are not found by name: nobody has compared them with the makers' manuals. */
const DRAFTS = "drafts";

export class MappingFiles {
  private readonly directories: readonly string[];
  /** The files of each directory, listed once. */
  private names: readonly (readonly string[])[] | undefined;

  /** Searched in this order. */
  constructor(directories: readonly string[]) {
    this.directories = directories;
  }

  async find(name: string): Promise<Candidates | undefined> {
    const names = await this.listed();
    const files = this.directories
      .filter((_, i) => names[i]?.includes(`${name}.yaml`))
      .map((directory) => join(directory, `${name}.yaml`));
    const [first, ...others] = files.filter(
      (file, i) => files.findIndex((one) => resolve(one) === resolve(file)) === i,
    );
    return first === undefined ? undefined : { name, files: [first, ...others] };
  }

  /**
   * The file and all that it extends, the lowest first. A mapping that extends its own name extends the one that it hides.
   * Rejects with ConfigError.
   */
  async layers({ name, files }: Candidates): Promise<readonly [Layer, ...Layer[]]> {
    const [file] = files;
    const layers: [Layer, ...Layer[]] = [{ file, root: parseYaml(await readText(file), file) }];
    const seen = new Map([[resolve(file), name]]);
    let [at, hidden]: readonly [string, readonly string[]] = [name, files.slice(1)];
    for (;;) {
      const problems: Problem[] = [];
      const base = baseName(layers[0].root, (problem) => problems.push(problem));
      if (problems.length > 0) throw new ConfigError(problems);
      if (base === undefined) return layers;
      const found = base.text === at ? hidden : ((await this.find(base.text))?.files ?? []);
      const [next, ...rest] = found;
      if (next === undefined) throw new ConfigError([await this.missing(base)]);
      if (seen.has(resolve(next))) throw new ConfigError([inCircle(base.place, [...seen.values(), base.text])]);
      seen.set(resolve(next), base.text);
      layers.unshift({ file: next, root: parseYaml(await readText(next), next) });
      [at, hidden] = [base.text, rest];
    }
  }

  /** The problem that there is no such mapping, at its name. */
  async missing({ text, place }: { readonly text: string; readonly place: Place }): Promise<Problem> {
    const names = new Set((await this.listed()).flat().map((file) => file.replace(/\.yaml$/, "")));
    const where = [...new Set(this.directories)].join(" or ");
    const draft = await this.draftOf(text);
    const hint = draft === undefined ? didYouMean(text, names) : draftHint(draft);
    return { severity: "error", code: "LG207", place, message: `there is no mapping "${text}" in ${where}${hint}` };
  }

  private async draftOf(name: string): Promise<string | undefined> {
    for (const directory of this.directories.map((one) => join(one, DRAFTS))) {
      if ((await listYaml(directory)).includes(`${name}.yaml`)) return join(directory, `${name}.yaml`);
    }
    return undefined;
  }

  private async listed(): Promise<readonly (readonly string[])[]> {
    this.names ??= await Promise.all(this.directories.map(listYaml));
    return this.names;
  }
}

function draftHint(file: string): string {
  return `, but a draft that was not compared with the maker's manual: compare ${file}, and copy it to mappings/ beside config.yaml (README.md beside the draft says how)`;
}

function inCircle(place: Place, names: readonly string[]): Problem {
  return { severity: "error", code: "LG324", place, message: `extends goes round in a circle: ${names.join(" → ")}` };
}
