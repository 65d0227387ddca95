import type { Path } from "../path.ts";

/**
 * Paths by the two parts that a payload spells them in. They come again in every payload of a server: to look one up costs a
 * fifth of making it and checking it. Only what was found to be a path is kept, and of that a bounded number.
 */
export class KnownPaths {
  private readonly groups = new Map<string, Map<string, Path>>();
  private size = 0;
  /** The records of a device follow each other. */
  private lastStart = "";
  private lastGroup: Map<string, Path> | undefined;

  get(start: string, rest: string): Path | undefined {
    if (start !== this.lastStart) {
      this.lastStart = start;
      this.lastGroup = this.groups.get(start);
    }
    return this.lastGroup?.get(rest);
  }

  add(start: string, rest: string, path: Path): Path {
    if (this.size === MAX_KNOWN) {
      this.groups.clear();
      this.size = 0;
    }
    const group = this.groups.get(start) ?? new Map<string, Path>();
    group.set(rest, path);
    this.groups.set(start, group);
    this.lastStart = start;
    this.lastGroup = group;
    this.size++;
    return path;
  }
}

/** About half a megabyte. */
const MAX_KNOWN = 2048;
