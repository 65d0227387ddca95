/**
 * Layout `instances`: the objects of all devices side by side, as instances of the gateway's own. What has a number of its own stands
 * there; what cannot is named.
 */
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import type { BackedTree, ObjectModel, ResourceModel } from "../../lwm2m/tree.ts";
import type { Sight } from "../sight.ts";
import { commonDefinition, isCompatible } from "./common-definition.ts";

export interface InstanceNumbers {
  /** The number of an instance of a device's object among those of all devices; undefined: it has none. */
  of(prefix: string, object: number, instance: number): number | undefined;
  /** Id of the device that has the prefix. */
  deviceOf(prefix: string): string | undefined;
}

/**
 * Why an object of devices is not shown: `single`: it has one instance by its definition; `gateway`: the gateway has it itself;
 * `stored`: servers make its instances on the device; `definition`: other devices have another object of that number; `number`: its
 * instances have no number.
 */
export type HiddenReason = "single" | "gateway" | "stored" | "definition" | "number";

export interface HiddenObject {
  readonly object: number;
  readonly name: string;
  readonly reason: HiddenReason;
  /** Ids of the devices that have it. */
  readonly devices: readonly string[];
}

export interface FoldedDevice {
  readonly id: string;
  readonly prefix: string;
  readonly tree: BackedTree;
  /** By object and instance of the device: its number. */
  readonly numbers: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

/** An instance of a device, found by its number. */
export interface FoldedInstance {
  readonly device: FoldedDevice;
  readonly instance: number;
}

export interface Fold {
  readonly gateway: BackedTree;
  /** By prefix; those of which anything is shown. */
  readonly devices: ReadonlyMap<string, FoldedDevice>;
  /** By object and number. */
  readonly instances: ReadonlyMap<number, ReadonlyMap<number, FoldedInstance>>;
  /** The objects of the devices, with the numbers of their instances. */
  readonly objects: ReadonlyMap<number, ObjectModel>;
  readonly hidden: readonly HiddenObject[];
}

/** Takes all devices once. Throws RangeError where the gateway itself is not seen. */
export function folded(sight: Sight, numbers: InstanceNumbers): Fold {
  const gateway = sight.of("");
  if (gateway === undefined) throw new RangeError("the gateway itself is not seen");
  const folding = new Folding(gateway, numbers);
  const seen = sight.prefixes.flatMap((prefix) => {
    const tree = prefix === "" ? undefined : sight.of(prefix);
    return tree === undefined ? [] : [{ prefix, tree }];
  });
  folding.define(seen.map(({ tree }) => tree));
  for (const { prefix, tree } of seen) folding.take(prefix, tree);
  return folding.fold();
}

class Folding {
  private readonly gateway: BackedTree;
  private readonly numbers: InstanceNumbers;
  private definitions: ReadonlyMap<number, ObjectDefinition> = new Map();
  private readonly devices = new Map<string, FoldedDevice>();
  private readonly instances = new Map<number, Map<number, FoldedInstance>>();
  private readonly objects = new Map<number, Map<number, ReadonlyMap<number, ResourceModel>>>();
  private readonly hidden = new Map<string, HiddenObject & { readonly devices: string[] }>();

  constructor(gateway: BackedTree, numbers: InstanceNumbers) {
    this.gateway = gateway;
    this.numbers = numbers;
  }

  /** One definition of each object, since Register names one version. */
  define(trees: readonly BackedTree[]): void {
    const all = new Map<number, Set<ObjectDefinition>>();
    for (const { backing } of trees) {
      for (const [id, { definition }] of backing.model) {
        if (definition.multiple) all.set(id, (all.get(id) ?? new Set()).add(definition));
      }
    }
    this.definitions = new Map([...all].map(([id, definitions]) => [id, commonDefinition([...definitions])]));
  }

  take(prefix: string, tree: BackedTree): void {
    const id = this.numbers.deviceOf(prefix) ?? prefix;
    const numbers = new Map<number, ReadonlyMap<number, number>>();
    const device: FoldedDevice = { id, prefix, tree, numbers };
    for (const [object, model] of tree.backing.model) {
      const reason = this.obstacle(tree, object, model);
      if (reason === undefined) numbers.set(object, this.place(device, object, model));
      else this.hide(id, model.definition, reason);
    }
    if (numbers.size > 0) this.devices.set(prefix, device);
  }

  fold(): Fold {
    const { gateway, devices, instances } = this;
    const objects = new Map<number, ObjectModel>();
    for (const [id, own] of this.objects) {
      const definition = this.definitions.get(id);
      if (definition !== undefined) objects.set(id, { definition, instances: own });
    }
    return {
      gateway,
      devices,
      instances,
      objects,
      hidden: [...this.hidden.values()].sort((a, b) => a.object - b.object),
    };
  }

  private obstacle({ backing }: BackedTree, object: number, { definition }: ObjectModel): HiddenReason | undefined {
    if (!definition.multiple) return "single";
    const { model, editing } = this.gateway.backing;
    if (model.has(object) || editing?.objects.has(object) === true) return "gateway";
    if (backing.editing?.objects.has(object) === true) return "stored";
    const common = this.definitions.get(object);
    return common !== undefined && isCompatible(definition, common) ? undefined : "definition";
  }

  private place(device: FoldedDevice, object: number, model: ObjectModel): ReadonlyMap<number, number> {
    const given = new Map<number, number>();
    for (const [instance, resources] of model.instances) {
      const number = this.numbers.of(device.prefix, object, instance);
      if (number === undefined) {
        this.hide(device.id, model.definition, "number");
        continue;
      }
      given.set(instance, number);
      below(this.instances, object).set(number, { device, instance });
      below(this.objects, object).set(number, withApplicationType(resources, model.definition));
    }
    return given;
  }

  private hide(device: string, { id: object, name }: ObjectDefinition, reason: HiddenReason): void {
    const key = `${object} ${reason}`;
    const hidden = this.hidden.get(key) ?? { object, name: name.trim(), reason, devices: [] };
    this.hidden.set(key, hidden);
    if (hidden.devices.at(-1) !== device) hidden.devices.push(device);
  }
}

/** Application Type, which IPSO objects have for a text of the operator: here it says of which device an instance is. */
export const APPLICATION_TYPE = 5750;

/** Whether the mapping has left it free, so that it carries the id of the device. */
export function carriesDevice({ tree }: FoldedDevice, object: number, instance: number): boolean {
  const model = tree.backing.model.get(object);
  return model !== undefined && addsApplicationType(model.instances.get(instance), model.definition);
}

function addsApplicationType(resources: Resources | undefined, { resources: defined }: ObjectDefinition): boolean {
  const definition = defined.get(APPLICATION_TYPE);
  const fits = definition?.type === "string" && !definition.multiple && definition.operations.includes("R");
  return fits && resources?.has(APPLICATION_TYPE) === false;
}

type Resources = ReadonlyMap<number, ResourceModel>;

/** Devices of one type share their models, and these with it. */
const extended = new WeakMap<Resources, Resources>();

function withApplicationType(resources: Resources, object: ObjectDefinition): Resources {
  const known = extended.get(resources);
  if (known !== undefined) return known;
  const definition = object.resources.get(APPLICATION_TYPE);
  if (definition === undefined || !addsApplicationType(resources, object)) return resources;
  const added: readonly [number, ResourceModel] = [APPLICATION_TYPE, { definition, operations: "R" }];
  const all = new Map([...resources, added].sort(([a], [b]) => a - b));
  extended.set(resources, all);
  return all;
}

function below<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const map = maps.get(key) ?? new Map<L, V>();
  maps.set(key, map);
  return map;
}
