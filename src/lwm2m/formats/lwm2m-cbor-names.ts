/**
 * The names of LwM2M CBOR as they are read (Core 1.2 §7.5.4; with prefixes Gateway TS 1.1 §9): maps within maps, whose keys are
 * IDs or arrays of IDs. The name of a value is all keys from the outermost map down to it, in any grouping.
 */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../errors.ts";
import { LEVEL, MAX_ID, type Path, PREFIX, parentPath, pathDepth, pathParts, prefixOf } from "../path.ts";
import { CborCursor, MAJOR } from "./cbor-cursor.ts";
import { type Cbor, KEY_TWICE, readItem } from "./cbor-reader.ts";
import { type NameNode, NameTree, nextVisitor } from "./name-tree.ts";
import { outside } from "./names.ts";

/** A value and where it stands. */
export interface NamedItem {
  readonly node: NameNode;
  readonly item: Cbor;
}

/**
 * The values of a payload whose names begin with an object; one without prefix is of the device of `base`. Throws
 * ProtocolError for what is not this format.
 */
export function absoluteItems(payload: Uint8Array, base: Path): readonly NamedItem[] {
  return new Names(payload).absolute(base);
}

/**
 * As absoluteItems, for names within `base`, an object or what lies below one. Core 1.2.2 has names begin with the object;
 * before that they could begin below the request path in a Write or Create. One name under `base` shows that all begin with the
 * object. Throws Lwm2mError 4.00 for a name that lies outside.
 */
export function itemsWithin(payload: Uint8Array, base: Path): readonly NamedItem[] {
  const names = new Names(payload);
  return names.beginWithObject(base) ? names.absolute(base) : names.under(base, 0);
}

/** As itemsWithin for the object of `instance`, each value below `instance` whatever instance its name has. */
export function itemsUnder(payload: Uint8Array, instance: Path): readonly NamedItem[] {
  const names = new Names(payload);
  return names.under(instance, names.idsBefore(parentPath(instance) ?? instance) + 1);
}

/** The instance that each name has, as itemsWithin finds it under `object`; 65535 leaves the choice to the client. */
export function namedInstances(payload: Uint8Array, object: Path): number[] {
  const names = new Names(payload);
  const said = names.idsBefore(object);
  return names.found.map(({ node }) => node.ids[said] ?? MAX_ID);
}

/** Throws ProtocolError for a name with 65535 in it. */
export function pathOf({ path }: NameNode): Path {
  if (path === undefined) throw new ProtocolError(`${FORMAT}: ID ${MAX_ID} is above 65534`);
  return path;
}

/** As pathOf, where the visitor (see nextVisitor) meets it for the first time: twice is undefined in §7.5.4, and Lwm2mError 4.00. */
export function pathOnce(node: NameNode, visitor: number): Path {
  const path = pathOf(node);
  if (node.visited(visitor)) throw new Lwm2mError(CODE.badRequest, `${FORMAT}: ${path} stands there twice`);
  return path;
}

const FORMAT = "LwM2M CBOR";
/** How many IDs a name has at most: object, instance, resource, resource instance. */
const MAX_DEPTH = 4;

/** The names of one payload. */
class Names {
  readonly found: NamedItem[] = [];
  private readonly tree: NameTree;
  private readonly cursor: CborCursor;

  constructor(payload: Uint8Array) {
    this.tree = NameTree.forPayload(payload.length);
    this.cursor = new CborCursor(payload);
    if (this.cursor.major() !== MAJOR.map) throw new ProtocolError(`${FORMAT}: expected a map`);
    this.collect(this.tree.root(""));
    this.cursor.end();
  }

  /** As they are, or with the prefix of `base` where they have none. */
  absolute(base: Path): readonly NamedItem[] {
    const device = prefixOf(base);
    if (device === "") return this.found;
    const root = this.tree.root(device);
    return this.found.map(({ node, item }) => ({ node: node.prefix === "" ? this.below(root, node.ids) : node, item }));
  }

  /** Below `base`, without so many of their first IDs. */
  under(base: Path, said: number): readonly NamedItem[] {
    const target = this.below(this.tree.root(prefixOf(base)), idsOf(base));
    return this.found.map(({ node, item }) => ({ node: this.below(target, node.ids.slice(said)), item }));
  }

  /** How many IDs of `base` all names repeat. */
  idsBefore(base: Path): number {
    return this.beginWithObject(base) ? pathDepth(base) : 0;
  }

  /** Whether all names do; else all begin below `base`. Throws Lwm2mError 4.00 for one that lies outside. */
  beginWithObject(base: Path): boolean {
    const prefix = prefixOf(base);
    const ids = idsOf(base);
    const absolute = ({ node }: NamedItem): boolean =>
      node.ids.length >= LEVEL.resource &&
      (node.prefix === "" || node.prefix === prefix) &&
      ids.every((id, i) => id === node.ids[i]);
    const relative = ({ node }: NamedItem): boolean => node.prefix === "" && ids.length + node.ids.length <= MAX_DEPTH;
    const all = this.found.some(absolute);
    const outsider = this.found.find((name) => !(all ? absolute(name) : relative(name)));
    if (outsider !== undefined) throw outside(spelled(outsider.node), base, FORMAT);
    return all;
  }

  private below(node: NameNode, ids: readonly number[]): NameNode {
    return ids.reduce((above, id) => this.tree.child(above, id), node);
  }

  /** The values of the map that follows. Every level has an ID or the prefix: the length of names ends the walk down. */
  private collect(above: NameNode): void {
    const { cursor, found } = this;
    const before = found.length;
    const map = nextVisitor();
    for (let left = cursor.size(cursor.head() & 0x1f); cursor.more(left); left--) {
      const id = cursor.short();
      const node = id < 0 ? this.long(above, map) : this.child(above, id);
      if (id >= 0 && node.isKeyOf(map)) cursor.fail(KEY_TWICE);
      if (cursor.major() === MAJOR.map) this.collect(node);
      else if (node.ids.length > 0) found.push({ node, item: readItem(cursor, 1) });
      else throw new ProtocolError(`${FORMAT}: a prefix is followed by a map`);
    }
    if (found.length === before) throw new ProtocolError(`${FORMAT}: a map is empty`);
  }

  /** A key that is no short number. */
  private long(above: NameNode, map: number): NameNode {
    if (this.cursor.major() === MAJOR.array) return this.joined(above);
    const node = this.next(above);
    if (node.isKeyOf(map)) this.cursor.fail(KEY_TWICE);
    return node;
  }

  private joined(above: NameNode): NameNode {
    const { cursor } = this;
    let node = above;
    for (let left = cursor.size(cursor.head() & 0x1f); cursor.more(left); left--) node = this.next(node);
    if (node === above) throw new ProtocolError(`${FORMAT}: a key is empty`);
    return node;
  }

  private next(above: NameNode): NameNode {
    const id = this.cursor.short();
    return id < 0 ? this.nextAs(above, readItem(this.cursor, 1)) : this.child(above, id);
  }

  private nextAs(above: NameNode, key: Cbor): NameNode {
    if (typeof key === "number" && Number.isInteger(key) && key >= 0 && key <= MAX_ID) return this.child(above, key);
    const first = above.prefix === "" && above.ids.length === 0;
    if (first && typeof key === "string" && PREFIX.test(key)) return this.tree.root(key);
    throw new ProtocolError(`${FORMAT}: a key must be IDs from 0 to 65534, before them at most a prefix`);
  }

  private child(above: NameNode, id: number): NameNode {
    if (above.ids.length === MAX_DEPTH) throw new ProtocolError(`${FORMAT}: a name has more than four IDs`);
    return this.tree.child(above, id);
  }
}

function idsOf(path: Path): readonly number[] {
  const { object, instance, resource, resourceInstance } = pathParts(path);
  return [object, instance, resource, resourceInstance].filter((id) => id !== undefined);
}

/** As the payload has it: `["d01", 3303, 0, 5700]`. */
function spelled({ prefix, ids }: NameNode): string {
  return `[${[...(prefix === "" ? [] : [JSON.stringify(prefix)]), ...ids].join(", ")}]`;
}
