import { CODE } from "../coap/codes.ts";
import { Lwm2mError } from "../errors.ts";
import { type Path, prefixOf } from "../lwm2m/path.ts";
import type { ObjectTree, TreeOf } from "../lwm2m/tree.ts";

/** Whether there is something at a path that a server may see. */
export function isThere(treeOf: TreeOf, path: Path): boolean {
  try {
    knownTree(treeOf, path).check(path);
    return true;
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    return false;
  }
}

/** The tree that a path lies in; Lwm2mError 4.04 where no device is shown under its prefix (Gateway TS 1.1 §8.3). */
export function knownTree(treeOf: TreeOf, path: Path): ObjectTree {
  const prefix = prefixOf(path);
  const tree = treeOf(prefix);
  if (tree === undefined) throw new Lwm2mError(CODE.notFound, `no device is shown under the prefix ${prefix}`);
  return tree;
}
