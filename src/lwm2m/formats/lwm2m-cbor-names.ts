/**
 * The names of LwM2M CBOR as they are read (Core 1.2 §7.5.4; with prefixes Gateway TS 1.1 §9): maps within maps, whose keys are
 * IDs or arrays of IDs. The name of a value is all keys from the outermost map down to it, in any grouping.
 */
import { ProtocolError } from "../../errors.ts";
import { childPath, LEVEL, MAX_ID, makePath, type Path, PREFIX, pathDepth, pathParts, prefixOf } from "../path.ts";
import { CborCursor, MAJOR } from "./cbor-cursor.ts";
import { type Cbor, KEY_TWICE, readItem } from "./cbor-reader.ts";
import { DistinctKeys } from "./distinct-keys.ts";
import { KnownPaths } from "./known-paths.ts";
import { outside } from "./names.ts";

/** A name, or the keys that names begin with: the values of one map share those. */
export interface Keys {
  /** "" where the name has no prefix. */
  readonly prefix: string;
  /** At most four; 65535 is among them only where the payload says so. */
  readonly ids: readonly number[];
}

export interface NamedItem {
  /** All keys but the last. */
  readonly above: Keys;
  readonly id: number;
  readonly item: Cbor;
}

/** Every value of the payload, in its order. Throws ProtocolError for what is not this format. */
export function namedItems(payload: Uint8Array): NamedItem[] {
  const cursor = new CborCursor(payload);
  if (cursor.major() !== MAJOR.map) throw new ProtocolError("LwM2M CBOR: expected a map");
  const found: NamedItem[] = [];
  collect(cursor, NO_KEYS, found);
  cursor.end();
  return found;
}

/** The paths of names that begin with an object; one without prefix is of the device that the request goes to. */
export function absolutePaths(names: readonly NamedItem[], base: Path): Path[] {
  return pathsOf(names, (above) => absolutePath(above, base));
}

/**
 * The paths of names within `base`, an object or what lies below one. Core 1.2.2 has names begin with the object; before that
 * they could begin below the request path in a Write or Create. One name under `base` shows that all begin with the object.
 * Throws Lwm2mError 4.00 for a name that lies outside, ProtocolError for 65535.
 */
export function pathsWithin(names: readonly NamedItem[], base: Path): Path[] {
  return beginWithObject(names, base) ? absolutePaths(names, base) : pathsOf(names, ({ ids }) => pathBelow(base, ids));
}

/** As pathsWithin, but the IDs below `base`, 65535 among them: what a Create on an object says. */
export function idsWithin(names: readonly NamedItem[], base: Path): (readonly number[])[] {
  const said = beginWithObject(names, base) ? pathDepth(base) : 0;
  return names.map(({ above, id }) => [...above.ids, id].slice(said));
}

/** Throws ProtocolError for 65535, which is no ID. */
export function pathBelow(base: Path, ids: readonly number[]): Path {
  let path = base;
  for (const id of ids) path = childPath(path, checkedId(id));
  return path;
}

const FORMAT = "LwM2M CBOR";
/** How many IDs a name has at most: object, instance, resource, resource instance. */
const MAX_DEPTH = 4;
const NO_KEYS: Keys = { prefix: "", ids: [] };
const ROOT = makePath({ prefix: "" });
const knownPaths = new KnownPaths<number>();

/** The values of the map that follows. Each level has an ID or the prefix: names that are too long end the walk down. */
function collect(cursor: CborCursor, above: Keys, found: NamedItem[]): void {
  const before = found.length;
  const keys = new DistinctKeys();
  for (let left = cursor.size(cursor.head() & 0x1f); cursor.more(left); left--) {
    const key = readItem(cursor, above.ids.length + 1);
    if (!keys.add(key)) cursor.fail(KEY_TWICE);
    if (cursor.major() === MAJOR.map) collect(cursor, joined(above, key), found);
    else found.push(named(above, key, cursor));
  }
  if (found.length === before) throw new ProtocolError(`${FORMAT}: a map is empty`);
}

function named(above: Keys, key: Cbor, cursor: CborCursor): NamedItem {
  if (isId(key) && above.ids.length < MAX_DEPTH) return { above, id: key, item: readItem(cursor, MAX_DEPTH) };
  const { prefix, ids } = joined(above, key);
  const id = ids.at(-1);
  if (id === undefined) throw new ProtocolError(`${FORMAT}: a prefix is followed by a map`);
  return { above: { prefix, ids: ids.slice(0, -1) }, id, item: readItem(cursor, MAX_DEPTH) };
}

function joined(above: Keys, key: Cbor): Keys {
  const parts: readonly Cbor[] = Array.isArray(key) ? key : [key];
  if (parts.length === 0) throw new ProtocolError(`${FORMAT}: a key is empty`);
  let prefix = above.prefix;
  const ids = [...above.ids];
  for (const part of parts) {
    if (typeof part === "string" && prefix === "" && ids.length === 0 && PREFIX.test(part)) prefix = part;
    else if (isId(part)) ids.push(part);
    else throw new ProtocolError(`${FORMAT}: a key must be IDs from 0 to 65534, before them at most a prefix`);
  }
  if (ids.length > MAX_DEPTH) throw new ProtocolError(`${FORMAT}: a name has more than four IDs`);
  return { prefix, ids };
}

function isId(key: Cbor): key is number {
  return typeof key === "number" && Number.isInteger(key) && key >= 0 && key <= MAX_ID;
}

/** The values of a map follow each other, and have the same beginning. */
function pathsOf(names: readonly NamedItem[], beginning: (above: Keys) => Path): Path[] {
  let last: Keys | undefined;
  let path = ROOT;
  return names.map(({ above, id }) => {
    if (above !== last) {
      last = above;
      path = beginning(above);
    }
    return knownPaths.get(path, id) ?? knownPaths.add(path, id, childPath(path, checkedId(id)));
  });
}

function absolutePath({ prefix, ids }: Keys, base: Path): Path {
  const device = prefix === "" ? prefixOf(base) : prefix;
  return pathBelow(device === "" ? ROOT : makePath({ prefix: device }), ids);
}

/** Whether all names begin with the object; else all begin below `base`. Throws Lwm2mError 4.00 for one that lies outside. */
function beginWithObject(names: readonly NamedItem[], base: Path): boolean {
  const { prefix, object, instance, resource, resourceInstance } = pathParts(base);
  const ids = [object, instance, resource, resourceInstance].filter((id) => id !== undefined);
  const room = MAX_DEPTH - ids.length;
  const absolute = (name: NamedItem): boolean =>
    length(name) >= LEVEL.resource &&
    (name.above.prefix === "" || name.above.prefix === prefix) &&
    ids.every((id, i) => id === (i < name.above.ids.length ? name.above.ids[i] : name.id));
  const relative = (name: NamedItem): boolean => name.above.prefix === "" && length(name) <= room;
  const all = names.some(absolute);
  const outsider = names.find((name) => !(all ? absolute(name) : relative(name)));
  if (outsider !== undefined) throw outside(`[${spelled(outsider).join(", ")}]`, base, FORMAT);
  return all;
}

function length({ above }: NamedItem): number {
  return above.ids.length + 1;
}

/** As the payload has it: `["d01", 3303, 0, 5700]`. */
function spelled({ above: { prefix, ids }, id }: NamedItem): (string | number)[] {
  return prefix === "" ? [...ids, id] : [JSON.stringify(prefix), ...ids, id];
}

function checkedId(id: number): number {
  if (id >= MAX_ID) throw new ProtocolError(`${FORMAT}: ID ${id} is above 65534`);
  return id;
}
