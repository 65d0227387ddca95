/**
 * The names of LwM2M CBOR (Core 1.2 §7.5.4; with prefixes Gateway TS 1.1 §9): maps within maps, whose keys are IDs or arrays
 * of IDs. The name of a value is all keys from the outermost map down to it, in any grouping.
 */
import { ProtocolError } from "../../errors.ts";
import { childPath, isWithin, LEVEL, MAX_ID, makePath, type Path, PREFIX, pathDepth, prefixOf } from "../path.ts";
import { type Cbor, type CborMap, decodeCbor } from "./cbor.ts";
import { outside } from "./names.ts";

export interface NamedItem {
  /** "" where the name has no prefix. */
  readonly prefix: string;
  /** One to four; 65535 is among them only where the payload says so. */
  readonly ids: readonly number[];
  readonly item: Cbor;
}

/** Every value of the payload, in its order. Throws ProtocolError for what is not this format. */
export function namedItems(payload: Uint8Array): NamedItem[] {
  const found: NamedItem[] = [];
  const item = decodeCbor(payload);
  if (!(item instanceof Map)) throw new ProtocolError("LwM2M CBOR: expected a map");
  collect(item, { prefix: "", ids: [] }, found);
  return found;
}

/** The path of a name that begins with an object; one without prefix is of the device that the request goes to. */
export function absolutePath({ prefix, ids }: NamedItem, base: Path): Path {
  for (const id of ids) checkId(id);
  return pathOf(prefix === "" ? prefixOf(base) : prefix, ids);
}

/**
 * The IDs that each name has below `base`, an object or what lies below one. Core 1.2.2 has names begin with the object;
 * before that they could begin below the request path in a Write or Create. One name under `base` shows that all begin with
 * the object. Throws Lwm2mError 4.00 for a name that lies outside.
 */
export function idsBelow(names: readonly NamedItem[], base: Path): (readonly number[])[] {
  const absolute = names.map((name) => idsAfter(name, base));
  if (absolute.some((ids) => ids !== undefined)) return absolute.map((ids, i) => ids ?? refuse(names[i], base));
  const room = MAX_DEPTH - pathDepth(base);
  return names.map((name) => (name.prefix === "" && name.ids.length <= room ? name.ids : refuse(name, base)));
}

/** Throws ProtocolError for 65535, which is no ID. */
export function checkId(id: number): void {
  if (id >= MAX_ID) throw new ProtocolError(`LwM2M CBOR: ID ${id} is above 65534`);
}

/** How many IDs a name has at most: object, instance, resource, resource instance. */
const MAX_DEPTH = 4;

type Name = Omit<NamedItem, "item">;

function collect(map: CborMap, above: Name, found: NamedItem[]): void {
  if (map.size === 0) throw new ProtocolError("LwM2M CBOR: a map is empty");
  for (const [key, item] of map) {
    const name = joined(above, Array.isArray(key) ? key : [key]);
    if (item instanceof Map) collect(item, name, found);
    else if (name.ids.length > 0) found.push({ ...name, item });
    else throw new ProtocolError("LwM2M CBOR: a prefix is followed by a map");
  }
}

function joined(above: Name, key: readonly Cbor[]): Name {
  if (key.length === 0) throw new ProtocolError("LwM2M CBOR: a key is empty");
  let prefix = above.prefix;
  const ids = [...above.ids];
  for (const part of key) {
    if (typeof part === "string" && prefix === "" && ids.length === 0 && PREFIX.test(part)) prefix = part;
    else if (typeof part === "number" && Number.isInteger(part) && part >= 0 && part <= MAX_ID) ids.push(part);
    else throw new ProtocolError("LwM2M CBOR: a key must be IDs from 0 to 65534, before them at most a prefix");
  }
  if (ids.length > MAX_DEPTH) throw new ProtocolError("LwM2M CBOR: a name has more than four IDs");
  return { prefix, ids };
}

/** Undefined where the name, read from the object on, is no resource or does not lie within `base`. */
function idsAfter({ prefix, ids }: NamedItem, base: Path): readonly number[] | undefined {
  if (ids.length < LEVEL.resource) return undefined;
  const path = pathOf(prefix === "" ? prefixOf(base) : prefix, ids);
  return isWithin(path, base) ? ids.slice(pathDepth(base)) : undefined;
}

function refuse(name: NamedItem | undefined, base: Path): never {
  throw outside(name === undefined ? "a name" : `[${nameParts(name).join(", ")}]`, base, "LwM2M CBOR");
}

/** As the payload has it: `["d01", 3303, 0, 5700]`. */
function nameParts({ prefix, ids }: NamedItem): (string | number)[] {
  return prefix === "" ? [...ids] : [JSON.stringify(prefix), ...ids];
}

function pathOf(prefix: string, ids: readonly number[]): Path {
  let path = prefix === "" ? ROOT : makePath({ prefix });
  for (const id of ids) path = childPath(path, id);
  return path;
}

const ROOT = makePath({ prefix: "" });
