import { SparseMap } from "../sparse-map.ts";
import { type Path, prefixOf } from "./path.ts";

interface Observing {
  readonly paths: readonly Path[];
}

/** Who observes what: found by path, and by device, so that what happens to one costs nothing of a thousand others. */
export class ObservedPaths<T extends Observing> {
  private readonly byPath = new SparseMap<Path, Set<T>>();
  private readonly byPrefix = new SparseMap<string, Set<T>>();

  add(observation: T): void {
    for (const path of observation.paths) {
      addTo(this.byPath, path, observation);
      addTo(this.byPrefix, prefixOf(path), observation);
    }
  }

  delete(observation: T): void {
    for (const path of observation.paths) {
      deleteFrom(this.byPath, path, observation);
      deleteFrom(this.byPrefix, prefixOf(path), observation);
    }
  }

  clear(): void {
    this.byPath.clear();
    this.byPrefix.clear();
  }

  /** Those of this very path. */
  of(path: Path): ReadonlySet<T> | undefined {
    return this.byPath.get(path);
  }

  /** Whether anybody observes anything of the device that a path lies in, or of the gateway itself: of most nobody does. */
  isBeside(path: Path): boolean {
    return this.byPrefix.size > 0 && this.byPrefix.has(prefixOf(path));
  }

  /** Those that observe anything of the device that a path lies in, or of the gateway itself; they may change meanwhile. */
  beside(path: Path): readonly T[] {
    return [...(this.byPrefix.get(prefixOf(path)) ?? [])];
  }
}

function addTo<K, T>(sets: SparseMap<K, Set<T>>, key: K, value: T): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function deleteFrom<K, T>(sets: SparseMap<K, Set<T>>, key: K, value: T): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
