/** What a registration shows, where object 2 divides the gateway's own objects among several servers. */
import type { UnixMillis } from "../../clock.ts";
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { ModelTree } from "../../lwm2m/model-tree.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import { LEVEL, makePath, type Path, pathDepth, pathParts } from "../../lwm2m/path.ts";
import { PROTECTED_OBJECTS } from "../../lwm2m/refusals.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import type { ObjectTree, TreeOf } from "../../lwm2m/tree.ts";
import type { ShownPaths, View } from "../view.ts";
import { ACCESS_CONTROL, AccessObject, type ShownTarget } from "./access-object.ts";
import type { AccessTable } from "./access-table.ts";
import { ControlledTree, instanceOf, isAccess, type Rights } from "./controlled-tree.ts";
import { NO_OWNER, RIGHT, WHOLE_OBJECT } from "./rights.ts";

export interface ControlOptions {
  /** Of object 2. */
  readonly definition: ObjectDefinition;
  readonly table: AccessTable;
  /** Short Server ID. */
  readonly server: number;
  /** Objects whose instances servers make; asked each time. */
  readonly made: () => ReadonlySet<number>;
  readonly wall: () => UnixMillis;
}

/** What is another in object 2 now, in shown paths. */
export interface AccessNews {
  readonly samples: readonly Sample[];
  readonly gone: readonly Path[];
}

export interface ControlledView extends View {
  /** What of object 2 came or went since the last call, and what of it was written. */
  news(): AccessNews;
  /** A server wrote to object 2: there is news. */
  onWritten(listener: () => void): void;
}

export function controlledView(view: View, options: ControlOptions): ControlledView {
  const control = new Control(view, options);
  const controlled =
    (treeOf: TreeOf): TreeOf =>
    (prefix) => {
      const tree = treeOf(prefix);
      return tree === undefined || prefix !== "" ? tree : control.controlled(tree);
    };
  const { requested, paths, alsoChanged, status, refresh } = view;
  return {
    get root() {
      return control.controlled(view.root);
    },
    treeOf: controlled(view.treeOf),
    ...(requested === undefined ? {} : { requested: controlled(requested) }),
    latest: (path) => view.latest(path),
    own: view.own,
    ...(paths === undefined ? {} : { paths: new PathsWithAccess(paths) }),
    ...(alsoChanged === undefined ? {} : { alsoChanged }),
    ...(status === undefined ? {} : { status }),
    ...(refresh === undefined ? {} : { refresh }),
    mayRead: (path) => control.mayRead(path),
    news: () => control.news(),
    onWritten: (listener) => control.onWritten(listener),
  };
}

/** Object 2 is where it is in every layout. */
class PathsWithAccess implements ShownPaths {
  private readonly paths: ShownPaths;

  constructor(paths: ShownPaths) {
    this.paths = paths;
  }

  shown(own: Path): Path | undefined {
    return isAccess(own) ? own : this.paths.shown(own);
  }

  shownWithin(own: Path): readonly Path[] {
    return isAccess(own) ? [own] : this.paths.shownWithin(own);
  }

  own(shown: Path): Path | undefined {
    return isAccess(shown) ? shown : this.paths.own(shown);
  }

  ownWithin(shown: Path): readonly Path[] {
    return isAccess(shown) ? [shown] : this.paths.ownWithin(shown);
  }
}

class Control {
  private readonly view: View;
  private readonly options: ControlOptions;
  private readonly object: AccessObject;
  private readonly access: ObjectTree;
  private known: { readonly inner: ObjectTree; readonly tree: ObjectTree } | undefined;
  /** By instance of object 2: what was there at the last news. */
  private told: ReadonlyMap<number, ReadonlySet<Path>> | undefined;
  private readonly written = new Set<Path>();

  constructor(view: View, options: ControlOptions) {
    const { definition, table, server, wall } = options;
    this.view = view;
    this.options = options;
    this.object = new AccessObject({ definition, table, server, shown: () => this.shown(), wall });
    this.access = new ModelTree(this.object);
  }

  /** The same one for as long as the other is. */
  controlled(inner: ObjectTree): ObjectTree {
    if (this.known?.inner !== inner) {
      this.known = { inner, tree: new ControlledTree({ inner, access: this.access, rights: this.rights() }) };
    }
    return this.known.tree;
  }

  /** Core 1.2 §6.4.3: asked before each notification. */
  mayRead(path: Path): boolean {
    const instance = pathParts(path).prefix === "" && !isAccess(path) ? instanceOf(path) : undefined;
    return instance === undefined || this.has(this.targetOf(instance), RIGHT.read);
  }

  onWritten(listener: () => void): void {
    this.options.table.listen({
      changed: (target) => {
        this.written.add(target);
        listener();
      },
    });
  }

  news(): AccessNews {
    const now = this.object.instances();
    const samples = new Map([...now].map(([id, shown]) => [id, this.object.samplesOf(id, shown)]));
    const before = this.told ?? new Map<number, ReadonlySet<Path>>();
    const first = this.told === undefined;
    this.told = new Map([...samples].map(([id, own]) => [id, new Set(own.map(({ path }) => path))]));
    const fresh = [...now].filter(([id, { target }]) => this.written.has(target) || (!first && !before.has(id)));
    this.written.clear();
    return {
      samples: fresh.flatMap(([id]) => samples.get(id) ?? []),
      gone: [...before].flatMap(([id, paths]) => this.lost(id, paths)),
    };
  }

  /** An instance, or rights of one. */
  private lost(id: number, before: ReadonlySet<Path>): readonly Path[] {
    const now = this.told?.get(id);
    if (now === undefined) return [makePath({ prefix: "", object: ACCESS_CONTROL, instance: id })];
    return [...before].filter((path) => !now.has(path));
  }

  private rights(): Rights {
    const { table, server } = this.options;
    return {
      has: (target, operation) => this.has(this.targetOf(target), RIGHT[operation]),
      refusal: (target, operation) => {
        const id = table.idOf(this.targetOf(target));
        const { owner } = table.entryOf(this.targetOf(target));
        const whose = owner === NO_OWNER ? "" : `, which is server ${owner}'s`;
        return new Lwm2mError(
          CODE.unauthorized,
          `server ${server} has no right to ${operation} ${target}: see /2/${id}${whose}`,
        );
      },
      claim: (instance) => table.claim(this.targetOf(instance), server),
    };
  }

  private has(target: Path, right: number): boolean {
    return (this.options.table.rightsOf(target, this.options.server) & right) !== 0;
  }

  private targetOf(shown: Path): Path {
    return this.view.paths?.own(shown) ?? shown;
  }

  private shown(): readonly ShownTarget[] {
    const made = this.options.made();
    return this.view.root.discover(ROOT, LEVEL.instance).flatMap(({ path }): ShownTarget[] => {
      const { object = -1, instance = WHOLE_OBJECT } = pathParts(path);
      if (PROTECTED_OBJECTS.has(object)) return [];
      if (pathDepth(path) === LEVEL.instance) return [{ object, instance, target: this.targetOf(path) }];
      return made.has(object) ? [{ object, instance, target: path }] : [];
    });
  }
}

const ROOT = makePath({ prefix: "" });
