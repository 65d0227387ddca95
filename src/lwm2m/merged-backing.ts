import { type Path, pathParts } from "./path.ts";
import { notFound } from "./refusals.ts";
import type { PathValue } from "./sample.ts";
import type { Act, Backing, Commit, Editing, ReadOutcome, Reception, TreeModel } from "./tree.ts";

/** Several backings of one prefix as one: each serves the objects that it has; of two with the same object the first does. */
export class MergedBacking implements Backing {
  readonly prefix: string;
  readonly editing?: Editing;
  private readonly backings: readonly Backing[];
  private parts: readonly TreeModel[] = [];
  private merged: TreeModel = new Map();

  constructor(prefix: string, backings: readonly Backing[]) {
    const stranger = backings.find((backing) => backing.prefix !== prefix);
    if (stranger !== undefined) throw new RangeError(`prefix "${stranger.prefix}" is not "${prefix}"`);
    const editing = mergedEditing(backings.flatMap((backing) => backing.editing ?? []));
    this.prefix = prefix;
    this.backings = backings;
    if (editing !== undefined) this.editing = editing;
  }

  /** The same one for as long as no backing has another. */
  get model(): TreeModel {
    const parts = this.backings.map(({ model }) => model);
    if (parts.length !== this.parts.length || parts.some((part, i) => part !== this.parts[i])) {
      this.parts = parts;
      this.merged = mergedModel(parts);
    }
    return this.merged;
  }

  permit(path: Path, act: Act): void {
    this.backingOf(path)?.permit?.(path, act);
  }

  /** A request that concerns several of them needs all. */
  absence(paths: readonly Path[]): string | undefined {
    for (const backing of this.backings) {
      const absence = backing.absence?.(paths);
      if (absence !== undefined) return absence;
    }
    return undefined;
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const outcomes = new Map<number, ReadOutcome>();
    await Promise.all(
      [...this.shares(resources)].map(async ([backing, positions]) => {
        const wanted = positions.flatMap((position) => resources[position] ?? []);
        const answers = await backing.read(wanted);
        for (const [i, position] of positions.entries()) outcomes.set(position, answers[i] ?? []);
      }),
    );
    return resources.map((path, position) => outcomes.get(position) ?? notFound(path));
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    const lost = values.find(({ path }) => this.backingOf(path) === undefined);
    if (lost !== undefined) throw notFound(lost.path);
    const shares = this.shares(values.map(({ path }) => path));
    const commits = [...shares].map(([backing, positions]) =>
      backing.prepareWrite(positions.flatMap((at) => values[at] ?? [])),
    );
    // One after the other, so that what fails stops the rest.
    return async () => {
      for (const commit of commits) await commit();
    };
  }

  async execute(resource: Path, args: string): Promise<void> {
    const backing = this.backingOf(resource);
    if (backing === undefined) throw notFound(resource);
    await backing.execute(resource, args);
  }

  receive(resource: Path, size?: number): Reception | undefined {
    return this.backingOf(resource)?.receive?.(resource, size);
  }

  /** Which backing serves which of the paths, by their positions. */
  private shares(paths: readonly Path[]): ReadonlyMap<Backing, readonly number[]> {
    const shares = new Map<Backing, number[]>();
    for (const [position, path] of paths.entries()) {
      const backing = this.backingOf(path);
      if (backing === undefined) continue;
      const positions = shares.get(backing);
      if (positions === undefined) shares.set(backing, [position]);
      else positions.push(position);
    }
    return shares;
  }

  private backingOf(path: Path): Backing | undefined {
    const { object } = pathParts(path);
    return object === undefined ? undefined : this.backings.find(({ model }) => model.has(object));
  }
}

/** Of two the same two have the same one: a thousand devices of one type have one model each with the same account beside it. */
const merged = new WeakMap<TreeModel, WeakMap<TreeModel, TreeModel>>();

function mergedModel(parts: readonly TreeModel[]): TreeModel {
  const made = (): TreeModel => new Map([...parts].reverse().flatMap((model) => [...model]));
  const [first, second, ...others] = parts;
  if (first === undefined || second === undefined || others.length > 0) return made();
  const known = merged.get(first) ?? new WeakMap<TreeModel, TreeModel>();
  merged.set(first, known);
  const model = known.get(second) ?? made();
  known.set(second, model);
  return model;
}

/** Edits are done together or not at all, which two that may fail could not promise: the one that may goes first. */
function mergedEditing(all: readonly Editing[]): Editing | undefined {
  const [first, ...others] = [...all].sort((a, b) => Number(a.certain ?? false) - Number(b.certain ?? false));
  if (first === undefined || others.length === 0) return first;
  if (others.some(({ certain }) => certain !== true)) throw new RangeError("two backings that servers edit may fail");
  const ordered = [first, ...others];
  const editingOf = (object = -1): Editing => ordered.find(({ objects }) => objects.has(object)) ?? first;
  return {
    objects: new Set(ordered.flatMap(({ objects }) => [...objects])),
    fixed: new Set(ordered.flatMap(({ fixed = [] }) => [...fixed])),
    freeInstance: (object) => editingOf(object).freeInstance(object),
    prepare(edits) {
      const commits = ordered.flatMap((editing) => {
        const share = edits.filter(({ path }) => editingOf(pathParts(path).object) === editing);
        return share.length === 0 ? [] : [editing.prepare(share)];
      });
      return async () => {
        for (const commit of commits) await commit();
      };
    },
  };
}
