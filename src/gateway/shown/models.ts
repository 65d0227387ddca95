/** The objects that a server is told of, so far as they decide what is listed: versions and instances. */
import type { ServerSettings } from "../../config/types.ts";
import type { Listed } from "../../lwm2m/links.ts";
import { discoverLinks } from "../../lwm2m/model-links.ts";
import { ModelTree } from "../../lwm2m/model-tree.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../../lwm2m/objects/index.ts";
import { notAllowed } from "../../lwm2m/refusals.ts";
import type { BackedTree, Backing, Editing, ObjectModel, ResourceModel, TreeModel } from "../../lwm2m/tree.ts";
import { folded, type HiddenObject, type InstanceNumbers } from "../../servers/layouts/folding.ts";
import type { Sight } from "../../servers/sight.ts";
import { requiredObject } from "../trees.ts";
import type { ShownDevice } from "./shown.ts";

/** The gateway's own objects, whatever the devices are. */
export interface OwnObjects {
  /** Without objects 2, 25 and 26, which servers see in different ways. */
  readonly model: TreeModel;
  /** Objects whose instances servers make. */
  readonly made: ReadonlySet<number>;
  /** How many servers have an account: from two on, object 2 says what each may do. */
  readonly accounts: number;
}

export interface GatewayDefinitions extends Pick<ServerSettings, "gatewayObject"> {
  readonly catalogue: ObjectCatalogue;
}

/** With object 25, as that tells of these devices. */
export function ownModel(
  { model }: OwnObjects,
  devices: readonly Pick<ShownDevice, "instance">[],
  { catalogue, gatewayObject }: GatewayDefinitions,
): TreeModel {
  const instances = new Map(devices.map(({ instance }) => [instance, NOTHING]));
  const told = (id: number, version: string): readonly [number, ObjectModel] => [
    id,
    { definition: requiredObject(catalogue, id, version), instances },
  ];
  return new Map([...model, told(25, gatewayObject), ...(gatewayObject === "1.0" ? [told(26, "1.0")] : [])]);
}

/** With object 2, where servers share the gateway: it has an instance for each of any other object, and for each that servers make. */
export function sharedModel(model: TreeModel, { accounts, made }: OwnObjects, catalogue: ObjectCatalogue): TreeModel {
  if (accounts < 2) return model;
  const instances = [...model.values()].reduce((sum, object) => sum + object.instances.size, 0);
  return new Map([...model, withInstances(requiredObject(catalogue, 2, "1.1"), instances + made.size)]);
}

export interface Folding {
  /** The gateway's own objects, and those of the devices beside them. */
  readonly model: TreeModel;
  /** Of devices. */
  readonly instances: number;
  readonly hidden: readonly HiddenObject[];
}

/** As layout `instances` has it. `numberOf` is absent where nobody has given numbers out yet. */
export function foldedModel(
  { made }: OwnObjects,
  own: TreeModel,
  devices: readonly ShownDevice[],
  numberOf?: (device: ShownDevice, object: number, instance: number) => number | undefined,
): Folding {
  const gateway = idleTree("", own, made);
  // Prefixes are no more than names here: what is repeated has others.
  const sight: Sight = {
    of: (name) => (name === "" ? gateway : devices[Number(name)]?.tree),
    prefixes: ["", ...devices.keys()].map(String),
    latest: () => undefined,
  };
  const of: InstanceNumbers["of"] =
    numberOf === undefined
      ? numbering()
      : (name, object, instance) => {
          const device = devices[Number(name)];
          return device === undefined ? undefined : numberOf(device, object, instance);
        };
  const { objects, hidden } = folded(sight, { of, deviceOf: (name) => devices[Number(name)]?.id });
  const instances = [...objects.values()].reduce((sum, object) => sum + object.instances.size, 0);
  return { model: new Map([...own, ...objects]), instances, hidden };
}

/** The smallest free numbers, as the store gives them out at first. */
function numbering(): InstanceNumbers["of"] {
  const next = new Map<number, number>();
  return (_prefix, object) => {
    const number = next.get(object) ?? 0;
    next.set(object, number + 1);
    return number;
  };
}

/** Nothing runs: it is there to be listed. `made`: objects whose instances servers make. */
export function idleTree(prefix: string, model: TreeModel, made: ReadonlySet<number>): BackedTree {
  const refuse = (): never => {
    throw notAllowed("nothing runs");
  };
  const editing: Editing = { objects: made, freeInstance: refuse, prepare: refuse };
  const backing: Backing = {
    ...{ prefix, model, editing },
    read: async (resources) => resources.map(() => []),
    prepareWrite: refuse,
    execute: async () => refuse(),
  };
  return new ModelTree(backing);
}

/** For the list of what there is. */
export function listed(model: TreeModel): Listed {
  return { prefix: "", discover: (path, depth) => discoverLinks(model, path, depth) };
}

/** An object with so many instances, from 0 on. */
export function withInstances(definition: ObjectDefinition, count: number): readonly [number, ObjectModel] {
  const instances = new Map(Array.from({ length: count }, (_, instance) => [instance, NOTHING]));
  return [definition.id, { definition, instances }];
}

const NOTHING: ReadonlyMap<number, ResourceModel> = new Map();
