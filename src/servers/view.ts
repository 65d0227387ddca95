/**
 * What one registration shows of all that there is, and under which paths. Own paths are those of the devices, with their
 * prefix: "/meter-1/3303/0/5700". Shown paths are those of this registration alone.
 */
import { type Path, prefixOf } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { ObjectTree, TreeOf } from "../lwm2m/tree.ts";
import type { LayoutStatus } from "./server-status.ts";
import type { Sight } from "./sight.ts";

export interface View {
  /** The tree without a prefix: what Register lists. It may be another one after each change. */
  readonly root: ObjectTree;
  /** By shown prefix. */
  readonly treeOf: TreeOf;
  /** The same for what a request names, which may be more than what is told of; absent: no more. */
  readonly requested?: TreeOf;
  /** The newest measurement that is known of a shown path, without asking a device. */
  latest(path: Path): Sample | undefined;
  /** For what is reported unasked, which is configured in own paths: what of it this registration shows. */
  readonly own: OwnSide;
  /** Absent: shown and own paths are the same. */
  readonly paths?: ShownPaths;
  /** What of the shown tree is another by these besides what they are themselves. */
  readonly alsoChanged?: (own: readonly Sample[]) => readonly Sample[];
  /** For a person: what is shown how, and what is not. Absent: everything, under its prefix. */
  readonly status?: () => LayoutStatus;
  /**
   * Devices came, went or became others: looks at what there is now. Returns the topmost shown paths that are gone. Until then it
   * knows what went just now. Absent: it looks each time.
   */
  readonly refresh?: () => readonly Path[];
  /** Whether the server has the right to read what is shown there; absent: it may read all of it. */
  readonly mayRead?: (path: Path) => boolean;
}

export interface OwnSide {
  readonly treeOf: TreeOf;
  /** Of all that there is now; "" is the gateway itself. */
  readonly prefixes: () => readonly string[];
  latest(path: Path): Sample | undefined;
}

/** The two-way map of paths. */
export interface ShownPaths {
  /** Of a value, a resource or an instance of an object; undefined: it is not shown here. */
  shown(own: Path): Path | undefined;
  /** The topmost shown paths at or below an own one, which may be a prefix; also of a device that went just now. */
  shownWithin(own: Path): readonly Path[];
  /** Undefined: there is no single one. */
  own(shown: Path): Path | undefined;
  /** The topmost own paths of what is shown at or below a path. */
  ownWithin(shown: Path): readonly Path[];
}

/** Whether what lies at a shown path is the gateway's own, whom nobody polls. */
export function isOurs({ paths }: View, shown: Path): boolean {
  const own = paths === undefined ? shown : paths.own(shown);
  return own !== undefined && prefixOf(own) === "";
}

/** Layout `gateway`: every device under its prefix, and object 25 that tells of them (Gateway TS 1.1 §6). */
export function gatewayView(sight: Sight): View {
  const treeOf: TreeOf = (prefix) => sight.of(prefix);
  const latest = (path: Path): Sample | undefined => sight.latest(path);
  return {
    get root() {
      return rootOf(sight);
    },
    treeOf,
    latest,
    own: { treeOf, prefixes: () => sight.prefixes, latest },
  };
}

/** The gateway itself is always there. */
function rootOf(sight: Sight): ObjectTree {
  const own = sight.of("");
  if (own === undefined) throw new RangeError("the gateway itself is not seen");
  return own;
}
