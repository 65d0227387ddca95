/** Layout `clients`: what one device shows in a registration of its own, as if it were an LwM2M client itself. */
import { MergedBacking } from "../lwm2m/merged-backing.ts";
import { ModelTree } from "../lwm2m/model-tree.ts";
import { isWithin, makePath, prefixOf, underPrefix, withoutPrefix } from "../lwm2m/path.ts";
import { RebasedBacking, rebasedSample } from "../lwm2m/rebased-backing.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { Backing, ObjectTree } from "../lwm2m/tree.ts";
import type { Sight, Whole } from "./sight.ts";
import { gatewayView, type ShownPaths, type View } from "./view.ts";

/** The device's objects at the root; `account` is its object 1. */
export function clientView(sight: Sight, prefix: string, account: Backing): View {
  let known: { readonly of: Whole | undefined; readonly tree: ObjectTree } | undefined;
  /** Made anew where the device has become another one. */
  const root = (): ObjectTree => {
    const whole = sight.of(prefix);
    if (known === undefined || known.of !== whole) {
      const device = whole === undefined ? [] : [new RebasedBacking(whole.backing)];
      known = { of: whole, tree: new ModelTree(new MergedBacking("", [account, ...device])) };
    }
    return known.tree;
  };
  return {
    get root() {
      return root();
    },
    treeOf: (shown) => (shown === "" ? root() : undefined),
    latest: (path) => {
      const sample = sight.latest(underPrefix(path, prefix));
      return sample === undefined ? undefined : rebasedSample(sample);
    },
    own: {
      treeOf: (own) => (own === prefix ? sight.of(prefix)?.tree : undefined),
      prefixes: () => (sight.of(prefix) === undefined ? [] : [prefix]),
      latest: (path): Sample | undefined => (prefixOf(path) === prefix ? sight.latest(path) : undefined),
    },
    paths: clientPaths(prefix),
  };
}

/** The gateway beside its devices: its own objects, and object 25 as an inventory. What has a prefix is not to be found. */
export function parentView(sight: Sight): View {
  return gatewayView({
    of: (prefix) => (prefix === "" ? sight.of("") : undefined),
    prefixes: [""],
    latest: (path) => (prefixOf(path) === "" ? sight.latest(path) : undefined),
  });
}

function clientPaths(prefix: string): ShownPaths {
  const all = makePath({ prefix });
  const root = makePath({ prefix: "" });
  return {
    shown: (own) => (prefixOf(own) === prefix ? withoutPrefix(own) : undefined),
    shownWithin: (own) => {
      if (isWithin(own, all)) return [withoutPrefix(own)];
      return isWithin(all, own) ? [root] : [];
    },
    own: (shown) => (prefixOf(shown) === "" ? underPrefix(shown, prefix) : undefined),
    ownWithin: (shown) => (prefixOf(shown) === "" ? [underPrefix(shown, prefix)] : []),
  };
}
