/** Layout `clients`: what one device shows in a registration of its own, as if it were an LwM2M client itself. */
import { MergedBacking } from "../lwm2m/merged-backing.ts";
import { ModelTree } from "../lwm2m/model-tree.ts";
import { isWithin, makePath, type Path, prefixOf, underPrefix, withoutPrefix } from "../lwm2m/path.ts";
import { RebasedBacking, rebasedSample } from "../lwm2m/rebased-backing.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { BackedTree, Backing, ObjectTree } from "../lwm2m/tree.ts";
import type { Sight } from "./sight.ts";
import { gatewayView, type ShownPaths, type View } from "./view.ts";

/** The device's objects at the root; `account` is its object 1. */
export function clientView(sight: Sight, prefix: string, account: Backing): View {
  return new ClientView(sight, prefix, account);
}

/** There are thousands: what one is asked for seldom it makes each time. */
class ClientView implements View {
  readonly paths: ShownPaths;
  private readonly sight: Sight;
  private readonly prefix: string;
  private readonly account: Backing;
  private known: { readonly of: BackedTree | undefined; readonly tree: ObjectTree } | undefined;

  constructor(sight: Sight, prefix: string, account: Backing) {
    this.sight = sight;
    this.prefix = prefix;
    this.account = account;
    this.paths = new ClientPaths(prefix);
  }

  /** Made anew where the device has become another one. */
  get root(): ObjectTree {
    const device = this.sight.of(this.prefix);
    if (this.known === undefined || this.known.of !== device) {
      const backings = device === undefined ? [] : [new RebasedBacking(device.backing)];
      this.known = { of: device, tree: new ModelTree(new MergedBacking("", [this.account, ...backings])) };
    }
    return this.known.tree;
  }

  readonly treeOf: View["treeOf"] = (shown) => (shown === "" ? this.root : undefined);

  latest(path: Path): Sample | undefined {
    const sample = this.sight.latest(underPrefix(path, this.prefix));
    return sample === undefined ? undefined : rebasedSample(sample);
  }

  get own(): View["own"] {
    const { sight, prefix } = this;
    return {
      treeOf: (own) => (own === prefix ? sight.of(prefix) : undefined),
      prefixes: () => (sight.of(prefix) === undefined ? [] : [prefix]),
      latest: (path) => (prefixOf(path) === prefix ? sight.latest(path) : undefined),
    };
  }
}

/** The gateway beside its devices: its own objects, and object 25 as an inventory. What has a prefix is not to be found. */
export function parentView(sight: Sight): View {
  return gatewayView({
    of: (prefix) => (prefix === "" ? sight.of("") : undefined),
    prefixes: [""],
    latest: (path) => (prefixOf(path) === "" ? sight.latest(path) : undefined),
  });
}

class ClientPaths implements ShownPaths {
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  shown(own: Path): Path | undefined {
    return prefixOf(own) === this.prefix ? withoutPrefix(own) : undefined;
  }

  shownWithin(own: Path): readonly Path[] {
    const all = makePath({ prefix: this.prefix });
    if (isWithin(own, all)) return [withoutPrefix(own)];
    return isWithin(all, own) ? [ROOT] : [];
  }

  own(shown: Path): Path | undefined {
    return prefixOf(shown) === "" ? underPrefix(shown, this.prefix) : undefined;
  }

  ownWithin(shown: Path): readonly Path[] {
    return prefixOf(shown) === "" ? [underPrefix(shown, this.prefix)] : [];
  }
}

const ROOT = makePath({ prefix: "" });
