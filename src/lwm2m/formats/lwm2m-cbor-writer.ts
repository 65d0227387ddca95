/** Writes samples as LwM2M CBOR (Core 1.2 §7.5.4; with prefixes Gateway TS 1.1 §9), straight into the bytes. */
import { MAX_ID, makePath, type Path, pathParts } from "../path.ts";
import type { Sample } from "../sample.ts";
import { writeValue } from "./cbor-value.ts";
import { type CborWriter, writeCbor } from "./cbor-writer.ts";
import type { TypeOf } from "./codec.ts";

/**
 * In the order in which the names first stand there. Of two samples of one path the later counts; of a resource with a value and
 * with instances, which no model has, what comes first.
 */
export function writeLwm2mCbor(samples: readonly Sample[], typeOf: TypeOf): Uint8Array {
  knownKeys.begin();
  const names = namesOf(samples) ?? namesOf(regrouped(samples)) ?? NO_NAMES;
  return writeCbor((writer) => new MapWriter(writer, names, typeOf).map(0, names.samples.length, 0));
}

/** The number of the prefix where there is one (see KnownKeys), then the IDs. */
type Keys = readonly number[];

interface Names {
  readonly samples: readonly Sample[];
  /** Of each sample. */
  readonly keys: readonly Keys[];
  /** With how many of the keys of the sample before it each begins. */
  readonly shared: readonly number[];
}

/** A prefix, object, instance, resource and resource instance. */
const MAX_KEYS = 5;
const NO_NAMES: Names = { samples: [], keys: [], shared: [] };

/** Undefined where samples of one level do not all follow each other. */
function namesOf(samples: readonly Sample[]): Names | undefined {
  const keys: Keys[] = new Array(samples.length).fill(NO_KEYS);
  const shared: number[] = new Array(samples.length).fill(0);
  const levels = new Levels(keys, shared);
  let before = NO_KEYS;
  for (let i = 0; i < samples.length; i++) {
    const own = knownKeys.of(samples[i]?.path ?? ROOT);
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
  /** Of the levels whose keys did not always rise, where they are many: a key that rises is new without a look at those before. */
  private readonly met: (Set<number> | "compared" | undefined)[] = new Array(MAX_KEYS).fill(undefined);
  private deepest = -1;

  constructor(keys: readonly Keys[], shared: readonly number[]) {
    this.keys = keys;
    this.shared = shared;
  }

  /** From the sample before this one to this one: false where the key in which they first differ has been at its level. */
  enter(keys: Keys, level: number, index: number): boolean {
    const { met } = this;
    while (this.deepest > level) met[this.deepest--] = undefined;
    const key = keys[level];
    const last = this.keys[index - 1]?.[level];
    if (key === undefined) return true;
    const rises = last !== undefined && key > last;
    return (rises && met[level] === undefined) || !this.has(level, key, index);
  }

  private has(level: number, key: number, index: number): boolean {
    let met = this.met[level] ?? "compared";
    for (let i = index - 1; met === "compared" && i >= 0; i--) {
      const common = this.shared[i] ?? 0;
      if (common <= level && this.keys[i]?.[level] === key) return true;
      if (common < level) break;
      if (index - i > FEW) met = this.allAt(level, index);
    }
    this.met[level] = met;
    this.deepest = level;
    if (met === "compared") return false;
    const known = met.has(key);
    met.add(key);
    return known;
  }

  private allAt(level: number, index: number): Set<number> {
    const all = new Set<number>();
    for (let i = index - 1; i >= 0; i--) {
      const common = this.shared[i] ?? 0;
      if (common <= level) all.add(this.keys[i]?.[level] ?? 0);
      if (common < level) break;
    }
    return all;
  }
}

/** So many samples are looked through one by one. */
const FEW = 128;

/** The keys of paths, which come again in every payload. A prefix is a number above all IDs, so that keys are numbers alone. */
class KnownKeys {
  private readonly keys = new Map<Path, Keys>();
  private readonly numbers = new Map<string, number>();
  private readonly prefixes: string[] = [];

  /** For one payload the numbers of prefixes stay. */
  begin(): void {
    if (this.keys.size < MAX_KNOWN) return;
    this.keys.clear();
    this.numbers.clear();
    this.prefixes.length = 0;
  }

  of(path: Path): Keys {
    const known = this.keys.get(path);
    if (known !== undefined) return known;
    const { prefix, object, instance, resource, resourceInstance } = pathParts(path);
    const ids = [object, instance, resource, resourceInstance].filter((id) => id !== undefined);
    const made = prefix === "" ? ids : [this.number(prefix), ...ids];
    this.keys.set(path, made);
    return made;
  }

  /** Undefined for an ID. */
  prefix(key: number): string | undefined {
    return key <= MAX_ID ? undefined : this.prefixes[key - MAX_ID - 1];
  }

  private number(prefix: string): number {
    const known = this.numbers.get(prefix);
    if (known !== undefined) return known;
    const number = MAX_ID + this.prefixes.push(prefix);
    this.numbers.set(prefix, number);
    return number;
  }
}

/** About half a megabyte. */
const MAX_KNOWN = 4096;
const knownKeys = new KnownKeys();

function sharedKeys(a: Keys, b: Keys): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}

/** The same samples, those of one level after each other. */
function regrouped(samples: readonly Sample[], level = 0): readonly Sample[] {
  const groups = new Map<number | undefined, Sample[]>();
  for (const sample of samples) {
    const key = knownKeys.of(sample.path)[level];
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
    const prefix = from === 0 ? knownKeys.prefix(keys[0] ?? 0) : undefined;
    if (prefix !== undefined) writer.text(prefix);
    writer.ids(keys, prefix === undefined ? from : 1, to);
  }
}
