/** Writes samples as LwM2M CBOR (Core 1.2 §7.5.4; with prefixes Gateway TS 1.1 §9), straight into the bytes. */
import { makePath, type Path, pathParts } from "../path.ts";
import type { Sample } from "../sample.ts";
import { writeValue } from "./cbor-value.ts";
import { type CborWriter, writeCbor } from "./cbor-writer.ts";
import type { TypeOf } from "./codec.ts";

/**
 * In the order in which the names first stand there. Of two samples of one path the later counts; of a resource with a value and
 * with instances, which no model has, what comes first.
 */
export function writeLwm2mCbor(samples: readonly Sample[], typeOf: TypeOf): Uint8Array {
  const names = namesOf(samples) ?? namesOf(regrouped(samples)) ?? NO_NAMES;
  return writeCbor((writer) => new MapWriter(writer, names, typeOf).map(0, names.samples.length, 0));
}

/** The prefix where there is one, then the IDs. */
type Keys = readonly (string | number)[];

interface Names {
  readonly samples: readonly Sample[];
  /** Of each sample. */
  readonly keys: readonly Keys[];
  /** With how many of the keys of the sample before it each begins. */
  readonly shared: readonly number[];
}

const NO_NAMES: Names = { samples: [], keys: [], shared: [] };
/** A prefix, object, instance, resource and resource instance. */
const MAX_KEYS = 5;

/** Undefined where samples of one level do not all follow each other. */
function namesOf(samples: readonly Sample[]): Names | undefined {
  const keys: Keys[] = new Array(samples.length).fill(NO_KEYS);
  const shared: number[] = new Array(samples.length).fill(0);
  const levels = new Levels(keys, shared);
  let before = NO_KEYS;
  for (let i = 0; i < samples.length; i++) {
    const own = keysOf(samples[i]?.path ?? ROOT);
    const common = sharedKeys(before, own);
    if (isAmbiguous(before, own, common)) return namesOf(samples.toSpliced(i, 1));
    if (!levels.enter(own, common, i)) return undefined;
    shared[i] = common;
    keys[i] = own;
    before = own;
  }
  return { samples, keys, shared };
}

const ROOT = makePath({ prefix: "" });
const NO_KEYS: Keys = [];

/** A level holds a value, or what is below it. */
function isAmbiguous(before: Keys, own: Keys, common: number): boolean {
  return before !== NO_KEYS && before.length !== own.length && common === Math.min(before.length, own.length);
}

/** The keys of the maps that are open. */
class Levels {
  private readonly keys: readonly Keys[];
  private readonly shared: readonly number[];
  /** At each level. Keys mostly rise, and are then new without a look at those before. */
  private readonly largest = [-1, -1, -1, -1, -1];
  /** At the levels where they did not, and are many. */
  private readonly met: (Set<string | number> | undefined)[] = [];

  constructor(keys: readonly Keys[], shared: readonly number[]) {
    this.keys = keys;
    this.shared = shared;
  }

  /** The keys of the sample with this index; false where the first that those before it do not have has been at its level. */
  enter(keys: Keys, level: number, index: number): boolean {
    const { largest, met } = this;
    const key = keys[level];
    if (key === undefined) return true;
    if (typeof key === "number" && key > (largest[level] ?? -1)) {
      largest[level] = key;
      met[level]?.add(key);
    } else if (this.has(level, key, index)) {
      return false;
    }
    for (let below = level + 1; below < MAX_KEYS; below++) {
      const first = keys[below];
      largest[below] = typeof first === "number" ? first : -1;
      met[below] = undefined;
    }
    return true;
  }

  /** Whether it has; from now on it has. */
  private has(level: number, key: string | number, index: number): boolean {
    const { keys, shared } = this;
    let met = this.met[level];
    for (let i = index - 1; met === undefined && i >= 0; i--) {
      if (keys[i]?.[level] === key) return true;
      if ((shared[i] ?? 0) < level) return false;
      if (index - i > FEW) met = this.allAt(level, index);
    }
    const known = met?.has(key) === true;
    this.met[level] = met?.add(key);
    return known;
  }

  private allAt(level: number, index: number): Set<string | number> {
    const all = new Set<string | number>();
    for (let i = index - 1; i >= 0; i--) {
      all.add(this.keys[i]?.[level] ?? "");
      if ((this.shared[i] ?? 0) < level) break;
    }
    return all;
  }
}

/** So many keys are compared one by one. */
const FEW = 32;

const known = new Map<Path, Keys>();
/** About half a megabyte. */
const MAX_KNOWN = 4096;

function keysOf(path: Path): Keys {
  let keys = known.get(path);
  if (keys === undefined) {
    const { prefix, object, instance, resource, resourceInstance } = pathParts(path);
    keys = [prefix, object, instance, resource, resourceInstance].filter(
      (key): key is string | number => key !== undefined && key !== "",
    );
    if (known.size === MAX_KNOWN) known.clear();
    known.set(path, keys);
  }
  return keys;
}

function sharedKeys(a: Keys, b: Keys): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}

/** The same samples, those of one level after each other. */
function regrouped(samples: readonly Sample[], level = 0): readonly Sample[] {
  const groups = new Map<string | number | undefined, Sample[]>();
  for (const sample of samples) {
    const key = keysOf(sample.path)[level];
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return [...groups].flatMap(([key, group]) => (key === undefined ? group : regrouped(group, level + 1)));
}

class MapWriter {
  private readonly writer: CborWriter;
  private readonly names: Names;
  private readonly typeOf: TypeOf;

  constructor(writer: CborWriter, names: Names, typeOf: TypeOf) {
    this.writer = writer;
    this.names = names;
    this.typeOf = typeOf;
  }

  /** The map of the names from `start` to before `end`, which have the same keys above this level. */
  map(start: number, end: number, level: number): void {
    const { shared } = this.names;
    let size = start < end ? 1 : 0;
    for (let i = start + 1; i < end; i++) if (shared[i] === level) size++;
    this.writer.map(size);
    for (let next = start; next < end; ) next = this.entry(next, end, level);
  }

  /**
   * One key and what is below it; returns where the next begins. A level with one entry joins the key above it:
   * `{[3, 0]: {0: "OMA", 9: 100}, [1, 0, 1]: 86400}`, as §7.5.4 does.
   */
  private entry(start: number, end: number, level: number): number {
    const { shared, samples, keys } = this.names;
    const all = keys[start] ?? [];
    let below = all.length;
    let next = start + 1;
    for (; next < end; next++) {
      const common = shared[next] ?? 0;
      if (common <= level) break;
      if (common < below) below = common;
    }
    this.key(all, level, below);
    const last = samples[next - 1];
    if (below < all.length) this.map(start, next, below);
    else if (last !== undefined) writeValue(this.writer, last, this.typeOf);
    return next;
  }

  private key(keys: Keys, from: number, to: number): void {
    const { writer } = this;
    if (to - from > 1) writer.array(to - from);
    for (let i = from; i < to; i++) {
      const key = keys[i] ?? 0;
      if (typeof key === "string") writer.text(key);
      else writer.unsigned(key);
    }
  }
}
