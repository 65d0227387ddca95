/** All that there is, as the operator lets one server see and change it. */
import type { Millis } from "../../clock.ts";
import { ModelTree } from "../../lwm2m/model-tree.ts";
import { type Path, pathParts } from "../../lwm2m/path.ts";
import type { PathValue, Sample } from "../../lwm2m/sample.ts";
import type {
  Act,
  BackedTree,
  Backing,
  Commit,
  Edit,
  Editing,
  ReadOutcome,
  Reception,
  TreeModel,
} from "../../lwm2m/tree.ts";
import type { Sight } from "../sight.ts";
import { forbidden, mayChange, mayChangeWithin, tooOften, type WritePolicy } from "./policy.ts";
import { WriteLimits } from "./write-limits.ts";

export interface Guard {
  readonly policy: WritePolicy;
  /** Absent: it sees every device. */
  readonly visible?: Visible;
  /** Monotonic. */
  readonly now: () => Millis;
}

/** Which devices a server sees; asked each time, since they come and go. What is no device's is visible. */
export interface Visible {
  prefix(prefix: string): boolean;
  /** Of object 25. */
  instance(instance: number): boolean;
}

/** Where nothing is hidden, refused or limited it is the same sight. */
export function guarded(sight: Sight, guard: Guard): Sight {
  const { policy, visible } = guard;
  const free = policy.write === "all" && policy.limit === undefined;
  return free && visible === undefined ? sight : new GuardedSight(sight, guard);
}

/** Whether the server sees what is at a path. */
export function isVisible({ prefix, instance }: Visible, path: Path): boolean {
  const parts = pathParts(path);
  if (parts.prefix !== "") return prefix(parts.prefix);
  return parts.object !== GATEWAY || parts.instance === undefined || instance(parts.instance);
}

const GATEWAY = 25;

class GuardedSight implements Sight {
  private readonly sight: Sight;
  private readonly guard: Guard;
  private readonly limits: WriteLimits | undefined;
  private readonly known = new WeakMap<BackedTree, BackedTree>();

  constructor(sight: Sight, guard: Guard) {
    const { limit } = guard.policy;
    this.sight = sight;
    this.guard = guard;
    this.limits = limit === undefined ? undefined : new WriteLimits(limit);
  }

  get prefixes(): readonly string[] {
    return this.sight.prefixes.filter((prefix) => this.sees(prefix));
  }

  of(prefix: string): BackedTree | undefined {
    const tree = this.sees(prefix) ? this.sight.of(prefix) : undefined;
    if (tree === undefined) return undefined;
    const known = this.known.get(tree);
    if (known !== undefined) return known;
    const own = new ModelTree(new GuardedBacking(tree.backing, this.guard, this.limits));
    this.known.set(tree, own);
    return own;
  }

  latest(path: Path): Sample | undefined {
    const { visible } = this.guard;
    return visible === undefined || isVisible(visible, path) ? this.sight.latest(path) : undefined;
  }

  private sees(prefix: string): boolean {
    return prefix === "" || this.guard.visible?.prefix(prefix) !== false;
  }
}

class GuardedBacking implements Backing {
  readonly prefix: string;
  readonly editing?: Editing;
  private readonly inner: Backing;
  private readonly guard: Guard;
  private readonly limits: WriteLimits | undefined;
  private whole: TreeModel | undefined;
  private seen: TreeModel = new Map();

  constructor(inner: Backing, guard: Guard, limits: WriteLimits | undefined) {
    this.prefix = inner.prefix;
    this.inner = inner;
    this.guard = guard;
    this.limits = limits;
    if (inner.editing !== undefined) this.editing = this.guardedEditing(inner.editing);
  }

  /** The same one for as long as there is the same behind it: which devices there are decides what is hidden. */
  get model(): TreeModel {
    const { model } = this.inner;
    const { visible } = this.guard;
    if (visible === undefined || this.prefix !== "") return model;
    if (model !== this.whole) {
      this.whole = model;
      this.seen = withoutHidden(model, visible);
    }
    return this.seen;
  }

  read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    return this.inner.read(resources);
  }

  permit(path: Path, act: Act): void {
    const { policy } = this.guard;
    // Which of the values, or which of the instances, is seen when they are known.
    const may = act === "write" || act === "create" ? mayChangeWithin(policy, path) : mayChange(policy, path);
    if (!may) throw forbidden(policy, path, act);
    this.inner.permit?.(path, act);
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    for (const { path } of values) this.demand(path, "write");
    return this.limited(values, () => this.inner.prepareWrite(values));
  }

  async execute(resource: Path, args: string): Promise<void> {
    this.demand(resource, "execute");
    await this.limited([{ path: resource }], () => () => this.inner.execute(resource, args))();
  }

  /** One change, however many parts it has. */
  receive(resource: Path, size?: number): Reception | undefined {
    this.demand(resource, "write");
    const count = this.limited([{ path: resource }], () => async () => {});
    const reception = this.inner.receive?.(resource, size);
    if (reception !== undefined) void count();
    return reception;
  }

  absence(paths: readonly Path[]): string | undefined {
    return this.inner.absence?.(paths);
  }

  private guardedEditing(editing: Editing): Editing {
    return {
      ...editing,
      prepare: (edits) => {
        for (const { type, path } of edits) this.demand(path, ACTS[type]);
        return this.limited(counted(edits), () => editing.prepare(edits));
      },
    };
  }

  private demand(path: Path, act: Act): void {
    if (!mayChange(this.guard.policy, path)) throw forbidden(this.guard.policy, path, act);
  }

  /** Counts what is begun, also where a device then fails: it was written to. */
  private limited(changes: readonly { readonly path: Path }[], prepare: () => Commit): Commit {
    const { limits, prefix } = this;
    const { policy, now } = this.guard;
    const cost = limits === undefined ? 0 : changes.filter(({ path }) => isLimited(path)).length;
    if (limits === undefined || cost === 0) return prepare();
    const wait = limits.wait(prefix, cost, now());
    if (wait > 0) throw tooOften(policy, prefix, wait);
    const commit = prepare();
    return () => {
      limits.take(prefix, cost, now());
      return commit();
    };
  }
}

const ACTS: Readonly<Record<Edit["type"], Act>> = { create: "create", remove: "write", set: "write" };

/** A replacing Write first removes what it sets again: that is one change. What makes an instance is one with its values. */
function counted(edits: readonly Edit[]): readonly Edit[] {
  const sets = edits.filter(({ type }) => type === "set");
  return sets.length > 0 ? sets : edits.slice(0, 1);
}

/** Accounts and rights are kept in memory and told to no device. */
function isLimited(path: Path): boolean {
  const { prefix, object = -1 } = pathParts(path);
  return prefix !== "" || !OF_SERVERS.has(object);
}

/** Server, Access Control. */
const OF_SERVERS: ReadonlySet<number> = new Set([1, 2]);

function withoutHidden(model: TreeModel, visible: Visible): TreeModel {
  const gateway = model.get(GATEWAY);
  if (gateway === undefined) return model;
  const instances = new Map([...gateway.instances].filter(([instance]) => visible.instance(instance)));
  return new Map([...model, [GATEWAY, { ...gateway, instances }]]);
}
