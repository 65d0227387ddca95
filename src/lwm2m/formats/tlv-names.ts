import { MAX_ID, makePath, type Path, pathParts } from "../path.ts";
import type { Sample } from "../sample.ts";

/** The IDs of a path below its object, each NONE where the path ends above it. */
export interface TlvName {
  readonly path: Path;
  readonly instance: number;
  readonly resource: number;
  readonly resourceInstance: number;
  /** What stood behind it when it was written last. */
  next: TlvName | undefined;
}

/** Larger than all IDs. */
export const NONE = MAX_ID;

/**
 * The names of samples. The same paths come again in the same order with every payload: what followed a path last time is tried
 * before anything is looked up.
 */
export class KnownNames {
  private readonly names = new Map<Path, TlvName>();
  private last = nowhere();

  of(samples: readonly Sample[]): TlvName[] {
    return samples.map(({ path }) => this.find(path));
  }

  private find(path: Path): TlvName {
    const { next } = this.last;
    if (next !== undefined && next.path === path) {
      this.last = next;
      return next;
    }
    const name = this.names.get(path) ?? this.add(path);
    this.last.next = name;
    this.last = name;
    return name;
  }

  private add(path: Path): TlvName {
    if (this.names.size === MAX_KNOWN) {
      this.names.clear();
      // Those of before lead from one to the next.
      this.last = nowhere();
    }
    const { instance = NONE, resource = NONE, resourceInstance = NONE } = pathParts(path);
    const name: TlvName = { path, instance, resource, resourceInstance, next: undefined };
    this.names.set(path, name);
    return name;
  }
}

/** About half a megabyte. */
const MAX_KNOWN = 4096;

function nowhere(): TlvName {
  return { path: makePath({ prefix: "" }), instance: NONE, resource: NONE, resourceInstance: NONE, next: undefined };
}
