import type { Path } from "../path.ts";

/**
 * Paths by the two parts that a payload spells them in (TLV: the path above, and an ID). They come again in every payload of a
 * server: to look one up costs a fifth of making it and checking it. Only what was found to be a path is kept, and of that a bounded
 * number.
 */
export class KnownPaths<Rest = string> {
  private readonly groups = new Map<string, Map<Rest, Path>>();
  private size = 0;
  /** The records of a device follow each other. */
  private lastStart = "";
  private lastGroup: Map<Rest, Path> | undefined;

  get(start: string, rest: Rest): Path | undefined {
    if (start !== this.lastStart) {
      this.lastStart = start;
      this.lastGroup = this.groups.get(start);
    }
    return this.lastGroup?.get(rest);
  }

  add(start: string, rest: Rest, path: Path): Path {
    if (this.size === MAX_KNOWN) {
      this.groups.clear();
      this.size = 0;
    }
    const group = this.groups.get(start) ?? new Map<Rest, Path>();
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
