/**
 * Layout `instances`: one registration without prefixes. Every device's objects of several instances stand among the gateway's own,
 * each under its number; object 25 is there as an inventory.
 */
import type { UnixMillis } from "../../clock.ts";
import { ModelTree } from "../../lwm2m/model-tree.ts";
import { makePath, type Path, pathParts } from "../../lwm2m/path.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import type { Backing, ObjectTree, TreeModel } from "../../lwm2m/tree.ts";
import type { LayoutStatus } from "../server-status.ts";
import type { Sight } from "../sight.ts";
import type { OwnSide, View } from "../view.ts";
import { FoldedBacking } from "./folded-backing.ts";
import { FoldedPaths } from "./folded-paths.ts";
import { type Fold, type FoldedDevice, folded, type HiddenObject, type InstanceNumbers } from "./folding.ts";
import { ShownPart } from "./shown-part.ts";

export interface InstancesOptions {
  readonly sight: Sight;
  readonly numbers: InstanceNumbers;
  readonly now: () => UnixMillis;
}

export class InstancesView implements View {
  readonly paths: FoldedPaths;
  readonly own: OwnSide;
  private readonly options: InstancesOptions;
  private fold: Fold;
  private tree: ObjectTree;
  /** Of each device what is shown of it, by its own paths. */
  private readonly shownParts = new WeakMap<Backing, ObjectTree>();

  constructor(options: InstancesOptions) {
    const { sight, numbers } = options;
    this.options = options;
    this.paths = new FoldedPaths(() => this.fold);
    this.fold = folded(sight, numbers);
    this.tree = this.makeTree();
    this.own = {
      treeOf: (prefix) => (prefix === "" ? sight.of("") : this.shownPart(prefix)),
      prefixes: () => ["", ...this.fold.devices.keys()],
      latest: (path) => (this.paths.shown(path) === undefined ? undefined : sight.latest(path)),
    };
  }

  get root(): ObjectTree {
    return this.tree;
  }

  /** What has a prefix is not to be found: one device is shown in one way. */
  readonly treeOf: View["treeOf"] = (prefix) => (prefix === "" ? this.tree : undefined);

  latest(path: Path): Sample | undefined {
    const own = this.paths.own(path);
    const sample = own === undefined ? undefined : this.options.sight.latest(own);
    const code = path === ERROR_CODE ? this.errorCode() : undefined;
    if (sample !== undefined) return { ...sample, path, ...(code === undefined ? {} : { value: code }) };
    const value = this.paths.deviceNamedAt(path);
    return value === undefined ? undefined : { path, value, time: this.options.now() };
  }

  /** The gateway's error code follows those of the devices that it shows. */
  readonly alsoChanged = (own: readonly Sample[]): readonly Sample[] => {
    const codes = own.filter(({ path }) => path.endsWith(ERROR_CODE) && path !== ERROR_CODE);
    const newest = codes.findLast(({ path }) => this.fold.devices.has(pathParts(path).prefix));
    return newest === undefined ? [] : [{ path: ERROR_CODE, value: this.errorCode() ?? 0, time: newest.time }];
  };

  readonly refresh = (): readonly Path[] => {
    const before = this.fold;
    this.fold = folded(this.options.sight, this.options.numbers);
    this.tree = this.makeTree();
    return gone(before, this.fold);
  };

  readonly status = (): LayoutStatus => {
    const paths = [...this.fold.devices.keys()].flatMap((prefix) =>
      this.paths.shownWithin(makePath({ prefix })).flatMap((shown) => {
        const own = this.paths.own(shown);
        return own === undefined ? [] : [{ own, shown }];
      }),
    );
    return { shown: "instances", paths };
  };

  /** Objects of devices that cannot stand side by side. */
  get hidden(): readonly HiddenObject[] {
    return this.fold.hidden;
  }

  private makeTree(): ObjectTree {
    const { fold, paths } = this;
    const { now } = this.options;
    return new ModelTree(new FoldedBacking({ fold, paths, now, errorCode: () => this.errorCode() }));
  }

  private shownPart(prefix: string): ObjectTree | undefined {
    const device = this.fold.devices.get(prefix);
    if (device === undefined) return undefined;
    const { backing } = device.tree;
    const known = this.shownParts.get(backing);
    if (known !== undefined) return known;
    const part = new ModelTree(new ShownPart(backing, () => shownModel(backing.model, this.fold.devices.get(prefix))));
    this.shownParts.set(backing, part);
    return part;
  }

  /** Of the first device that says one; undefined: none does. */
  private errorCode(): number | undefined {
    for (const prefix of this.fold.devices.keys()) {
      const path = makePath({ prefix, object: 3, instance: 0, resource: 11, resourceInstance: 0 });
      const value = this.options.sight.latest(path)?.value;
      if (typeof value === "number" && value !== 0) return value;
    }
    return undefined;
  }
}

/** Error Code [0] of object 3, which says of the gateway, and of each device, whether something is wrong. */
const ERROR_CODE = makePath({ prefix: "", object: 3, instance: 0, resource: 11, resourceInstance: 0 });

function shownModel(model: TreeModel, device: FoldedDevice | undefined): TreeModel {
  return new Map([...model].filter(([object]) => device?.numbers.has(object) === true));
}

/** Objects and instances that are shown no more; of an object that is gone only itself. */
function gone(before: Fold, after: Fold): readonly Path[] {
  return [...before.instances].flatMap(([object, instances]) => {
    const left = after.instances.get(object);
    if (left === undefined) return [makePath({ prefix: "", object })];
    const lost = [...instances.keys()].filter((instance) => !left.has(instance));
    return lost.map((instance) => makePath({ prefix: "", object, instance }));
  });
}
