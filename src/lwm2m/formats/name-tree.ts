import { childPath, MAX_ID, makePath, type Path } from "../path.ts";

/**
 * Names as a tree: who goes down by the same prefix and IDs comes to the same node, whose path is made. Names come again in
 * every payload of a server: to go to one costs a tenth of making its path.
 */
export class NameTree {
  private readonly roots = new Map<string, NameNode>();
  private size = 0;

  /** The tree to read a payload of so many bytes with; what a large one names is not kept. */
  static forPayload(length: number): NameTree {
    if (length > LARGE) return new NameTree();
    if (shared.size > MAX_KEPT) shared = new NameTree();
    return shared;
  }

  /** What all names with this prefix begin with; "" where they have none. */
  root(prefix: string): NameNode {
    const known = this.roots.get(prefix);
    if (known !== undefined) return known;
    const root = new NameNode(prefix, [], makePath({ prefix }));
    this.roots.set(prefix, root);
    return root;
  }

  child(parent: NameNode, id: number): NameNode {
    const known = parent.children.get(id);
    if (known !== undefined) return known;
    const { prefix, ids, path } = parent;
    const isPath = path !== undefined && id < MAX_ID;
    const child = new NameNode(prefix, [...ids, id], isPath ? childPath(path, id) : undefined);
    parent.children.set(id, child);
    this.size++;
    return child;
  }
}

export class NameNode {
  readonly prefix: string;
  readonly ids: readonly number[];
  /** Undefined where 65535 is among the IDs. */
  readonly path: Path | undefined;
  readonly children = new Map<number, NameNode>();
  private lastVisitor = 0;
  private lastMap = 0;

  constructor(prefix: string, ids: readonly number[], path: Path | undefined) {
    this.prefix = prefix;
    this.ids = ids;
    this.path = path;
  }

  /** Whether this visitor (a number of its own) has been here; from now on it has. */
  visited(visitor: number): boolean {
    if (this.lastVisitor === visitor) return true;
    this.lastVisitor = visitor;
    return false;
  }

  /** The same for the map whose key this is. */
  isKeyOf(map: number): boolean {
    if (this.lastMap === map) return true;
    this.lastMap = map;
    return false;
  }
}

/** A number that is nobody else's: cheaper than a set of what one has seen. */
export function nextVisitor(): number {
  return ++visitors;
}

let visitors = 0;

/** Bytes; a name with its value has at least three. */
const LARGE = 8192;
/** Nodes: about half a megabyte. */
const MAX_KEPT = 2048;
let shared = new NameTree();
