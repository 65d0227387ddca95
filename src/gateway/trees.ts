/** The trees that servers see: the gateway's own under no prefix, one for each device under its own. */
import type { Clock } from "../clock.ts";
import type { Devices } from "../devices/devices.ts";
import {
  GatewayDeviceBacking,
  type GatewayEntry,
  type GatewayIdentity,
  GatewayObjectBacking,
  type Host,
} from "../devices/gateway-objects.ts";
import { deviceObjectLinks } from "../lwm2m/links.ts";
import { MergedBacking } from "../lwm2m/merged-backing.ts";
import { ModelTree } from "../lwm2m/model-tree.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { isWithin, makePath, type Path, prefixOf } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { BackedTree, Backing, ObjectTree, TreeModel } from "../lwm2m/tree.ts";
import { deviceIdOf } from "../mapping/device-id.ts";
import type { Inventory } from "./shown/shown-now.ts";

export interface TreesOptions {
  readonly catalogue: ObjectCatalogue;
  readonly identity: GatewayIdentity;
  /** Of object 3. */
  readonly host: Host;
  /** Endpoint Client Name: devices without an identity of their own are named after it. */
  readonly endpoint: string;
  readonly devices: Devices;
  /** Instance of object 25 of a device, by its id. */
  readonly instanceOf: (id: string) => number | undefined;
  /** Object 1. */
  readonly serverObject: Backing;
  /** What stands under a prefix beside the objects of the device, or of the gateway itself; empty nearly always. */
  readonly besides: (prefix: string) => readonly FilledBacking[];
  readonly clock: Clock;
}

/** What servers make, fill and remove, or an object 5; the same one for as long as it stands for the same. */
export interface FilledBacking extends Backing {
  /** What stands at the path of a value. */
  latest(path: Path): Sample | undefined;
}

export class Trees implements Inventory {
  private readonly options: TreesOptions;
  private readonly own: BackedTree;
  private readonly gatewayDevice: GatewayDeviceBacking;
  private readonly gatewayObject: GatewayObjectBacking;
  /** What object 25 says of devices of one type, which share their model where nothing stands beside it. */
  private readonly objectLists = new WeakMap<TreeModel, string>();
  /** Trees in which other objects stand beside those of a backing. */
  private readonly joined = new WeakMap<BackedTree, Joined>();
  /** What there was at the last call of `vanished`. */
  private before: Existing = { trees: [], instances: [] };

  constructor(options: TreesOptions) {
    const { catalogue, identity, host, serverObject, clock } = options;
    this.options = options;
    this.gatewayObject = new GatewayObjectBacking(
      requiredObject(catalogue, GATEWAY_OBJECT, "2.0"),
      () => this.entries(),
      clock,
    );
    this.gatewayDevice = new GatewayDeviceBacking(deviceObject(catalogue), identity, host, clock);
    this.own = new ModelTree(new MergedBacking("", [serverObject, this.gatewayDevice, this.gatewayObject]));
  }

  of(prefix: string): BackedTree | undefined {
    const own = prefix === "" ? this.own : this.options.devices.treeOf(prefix);
    return own === undefined ? undefined : this.whole(own);
  }

  get prefixes(): readonly string[] {
    return ["", ...this.options.devices.list().map(({ prefix }) => prefix)];
  }

  /**
   * The last good value of a device's path, with the time of its newest measurement; what the gateway's own object 3 says now;
   * what a server has stored. Undefined for the other objects of the gateway, which only change when somebody changes them.
   */
  latest(path: Path): Sample | undefined {
    const { devices, besides } = this.options;
    const prefix = prefixOf(path);
    const own = prefix === "" ? this.gatewayDevice.latest(path) : devices.byPrefix(prefix)?.backing.latest(path);
    if (own !== undefined) return own;
    for (const backing of besides(prefix)) {
      const sample = backing.latest(path);
      if (sample !== undefined) return sample;
    }
    return undefined;
  }

  /** What of object 25 is another now than at the last call, for those who observe it. */
  gatewayObjectChanges(): readonly Sample[] {
    return this.gatewayObject.changes();
  }

  /**
   * What existed at the last call and does not now: devices, instances of object 25, and of devices that became others
   * what they no longer have. Only the topmost path of each.
   */
  vanished(): readonly Path[] {
    const { trees, instances } = this.before;
    const entries = this.entries();
    const now = new Set(entries.map(({ instance }) => instance));
    this.before = {
      trees: this.options.devices.list().map(({ tree }) => this.whole(tree)),
      instances: [...now],
    };
    return [
      ...trees.flatMap((tree) => this.lostBy(tree)),
      ...instances.filter((instance) => !now.has(instance)).map(gatewayInstance),
    ];
  }

  private lostBy(tree: ObjectTree): readonly Path[] {
    const { prefix } = tree;
    const successor = this.of(prefix);
    if (successor === undefined) return [makePath({ prefix })];
    if (successor === tree) return [];
    const kept = pathsOf(successor);
    const lost = [...pathsOf(tree)].filter((path) => !kept.has(path));
    return lost.filter((path) => !lost.some((other) => other !== path && isWithin(path, other)));
  }

  /** With what stands beside the objects of a device, or of the gateway. */
  private whole(own: BackedTree): BackedTree {
    const besides = this.options.besides(own.prefix);
    if (besides.length === 0) return own;
    const known = this.joined.get(own);
    if (known?.besides.length === besides.length && known.besides.every((one, i) => one === besides[i]))
      return known.tree;
    const tree = new ModelTree(new MergedBacking(own.prefix, [own.backing, ...besides]));
    this.joined.set(own, { besides, tree });
    return tree;
  }

  private objectList(tree: BackedTree): string {
    const { model } = tree.backing;
    const known = this.objectLists.get(model);
    if (known !== undefined) return known;
    const list = deviceObjectLinks(tree);
    this.objectLists.set(model, list);
    return list;
  }

  /** What object 25 says. */
  entries(): readonly GatewayEntry[] {
    const { devices, instanceOf, endpoint } = this.options;
    return devices.list().flatMap((device): GatewayEntry[] => {
      const instance = instanceOf(device.plan.id);
      const deviceId = deviceIdOf(device.plan, endpoint);
      const objects = this.objectList(this.whole(device.tree));
      return instance === undefined ? [] : [{ instance, deviceId, prefix: device.prefix, objects }];
    });
  }
}

interface Joined {
  readonly besides: readonly FilledBacking[];
  readonly tree: BackedTree;
}

interface Existing {
  readonly trees: readonly ObjectTree[];
  /** Of object 25. */
  readonly instances: readonly number[];
}

const GATEWAY_OBJECT = 25;
/** Down to the instances of resources. */
const WHOLE_DEPTH = 4;

function gatewayInstance(instance: number): Path {
  return makePath({ prefix: "", object: GATEWAY_OBJECT, instance });
}

function pathsOf(tree: ObjectTree): ReadonlySet<Path> {
  return new Set(tree.discover(makePath({ prefix: tree.prefix }), WHOLE_DEPTH).map(({ path }) => path));
}

/** Object 3 as LwM2M 1.1 has it: what servers of every version know. */
export function deviceObject(catalogue: ObjectCatalogue): ObjectDefinition {
  return requiredObject(catalogue, 3, "1.1");
}

/** An object that the gateway cannot do without. */
export function requiredObject(catalogue: ObjectCatalogue, id: number, version: string): ObjectDefinition {
  const definition = catalogue.find(id, version);
  if (definition === undefined)
    throw new Error(`object ${id} version ${version} is missing in the catalogue: the installation is damaged`);
  return definition;
}
