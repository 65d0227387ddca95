/** Writes samples as LwM2M CBOR (Core 1.2 §7.5.4; with prefixes Gateway TS 1.1 §9), straight into the bytes. */
import { type Path, pathParts } from "../path.ts";
import type { Sample } from "../sample.ts";
import { writeValue } from "./cbor-value.ts";
import { type CborWriter, writeCbor } from "./cbor-writer.ts";
import type { TypeOf } from "./codec.ts";
import { DistinctKeys } from "./distinct-keys.ts";

/** In the order in which the names first stand there; of two samples of one path the later counts. */
export function writeLwm2mCbor(samples: readonly Sample[], typeOf: TypeOf): Uint8Array {
  const entries = entriesOf(samples) ?? entriesOf(regrouped(samples)) ?? [];
  return writeCbor((writer) => new MapWriter(writer, entries, typeOf).write());
}

interface Placed {
  readonly sample: Sample;
  readonly keys: Keys;
}

interface Entry extends Placed {
  /** How many keys it begins with in common with the entry before. */
  readonly shared: number;
}

/** The prefix where there is one, then the IDs. */
type Keys = readonly (string | number)[];

/** Undefined where samples of one level do not all follow each other. */
function entriesOf(samples: readonly Sample[]): readonly Entry[] | undefined {
  const entries: Entry[] = [];
  const levels = Array.from({ length: MAX_KEYS }, () => new DistinctKeys());
  let before: Keys = [];
  for (const sample of samples) {
    const keys = keysOf(sample.path);
    const shared = sharedKeys(before, keys);
    for (let level = shared + 1; level < MAX_KEYS; level++) levels[level]?.clear();
    for (let level = shared; level < keys.length; level++) {
      if (levels[level]?.add(keys[level]) === false) return undefined;
    }
    entries.push({ sample, keys, shared });
    before = keys;
  }
  return entries;
}

/** A prefix, object, instance, resource and resource instance. */
const MAX_KEYS = 5;

function keysOf(path: Path): Keys {
  const { prefix, object = 0, instance = 0, resource = 0, resourceInstance } = pathParts(path);
  if (prefix === "") {
    return resourceInstance === undefined
      ? [object, instance, resource]
      : [object, instance, resource, resourceInstance];
  }
  if (resourceInstance === undefined) return [prefix, object, instance, resource];
  return [prefix, object, instance, resource, resourceInstance];
}

function sharedKeys(a: Keys, b: Keys): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}

/** The same samples, those of one level after each other. */
function regrouped(samples: readonly Sample[]): readonly Sample[] {
  const placed = samples.map((sample) => ({ sample, keys: keysOf(sample.path) }));
  return inGroups(placed, 0).map(({ sample }) => sample);
}

function inGroups(entries: readonly Placed[], level: number): readonly Placed[] {
  const groups = new Map<string | number | undefined, Placed[]>();
  for (const entry of entries) {
    const group = groups.get(entry.keys[level]);
    if (group === undefined) groups.set(entry.keys[level], [entry]);
    else group.push(entry);
  }
  return [...groups].flatMap(([key, group]) => (key === undefined ? group : inGroups(group, level + 1)));
}

/** Entries from `start` to before `end` form a map where they have the same keys above its level. */
class MapWriter {
  private readonly writer: CborWriter;
  private readonly entries: readonly Entry[];
  private readonly typeOf: TypeOf;

  constructor(writer: CborWriter, entries: readonly Entry[], typeOf: TypeOf) {
    this.writer = writer;
    this.entries = entries;
    this.typeOf = typeOf;
  }

  write(): void {
    this.map(0, this.entries.length, 0);
  }

  private map(start: number, end: number, level: number): void {
    this.writer.map(this.size(start, end, level));
    for (let next = start; next < end; ) next = this.pair(next, end, level);
  }

  private size(start: number, end: number, level: number): number {
    let size = start < end ? 1 : 0;
    for (let i = start + 1; i < end; i++) if (this.shared(i) <= level) size++;
    return size;
  }

  /**
   * One key and what is below it; returns where the next begins. A level with one entry joins the key above it:
   * `{[3, 0]: {0: "OMA", 9: 100}, [1, 0, 1]: 86400}`, as §7.5.4 does.
   */
  private pair(start: number, end: number, level: number): number {
    const first = this.entries[start];
    if (first === undefined) return end;
    const { keys } = first;
    let below = keys.length;
    let next = start + 1;
    for (; next < end && this.shared(next) > level; next++) below = Math.min(below, this.shared(next));
    if (below - level > 1) this.writer.array(below - level);
    for (let i = level; i < below; i++) this.key(keys[i] ?? 0);
    if (below < keys.length) this.map(start, next, below);
    else writeValue(this.writer, (this.entries[next - 1] ?? first).sample, this.typeOf);
    return next;
  }

  private key(key: string | number): void {
    if (typeof key === "string") this.writer.text(key);
    else this.writer.integer(key);
  }

  private shared(index: number): number {
    return this.entries[index]?.shared ?? 0;
  }
}
