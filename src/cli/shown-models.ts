/** The trees that a configuration makes, so far as they decide what is listed: objects, versions and instances. */
import { REMOTE_MODBUS_OBJECTS } from "../config/remote-modbus.ts";
import type { GatewaySettings } from "../config/types.ts";
import { deviceModel } from "../devices/device-model.ts";
import { SharedTrees } from "../devices/shared-trees.ts";
import { deviceObject, requiredObject } from "../gateway/trees.ts";
import type { Listed } from "../lwm2m/links.ts";
import { discoverLinks } from "../lwm2m/model-links.ts";
import { ModelTree } from "../lwm2m/model-tree.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { notAllowed } from "../lwm2m/refusals.ts";
import type { Backing, Editing, ObjectModel, ResourceModel, TreeModel } from "../lwm2m/tree.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { folded, type HiddenObject, type InstanceNumbers } from "../servers/layouts/folding.ts";
import type { Sight, Whole } from "../servers/sight.ts";
import { expectedPrefix } from "./polled-values.ts";

/** A device as servers would see it. */
export interface ShownDevice {
  readonly plan: DevicePlan;
  readonly prefix: string;
  readonly model: TreeModel;
}

/** What a server fills of it has no instances yet. */
export function shownDevices(devices: readonly DevicePlan[], catalogue: ObjectCatalogue): readonly ShownDevice[] {
  const trees = new SharedTrees();
  const object3 = deviceObject(catalogue);
  return devices.map((plan, i) => {
    const prefix = expectedPrefix(plan, i + 1);
    const { tree } = deviceModel(plan, prefix, object3, trees);
    const stored = (plan.storedObjects ?? []).map((definition) => withInstances(definition, 0));
    return { plan, prefix, model: stored.length === 0 ? tree : new Map([...tree, ...stored]) };
  });
}

export interface OwnObjects {
  readonly gateway: Pick<GatewaySettings, "storedObjects" | "remoteModbus">;
  readonly catalogue: ObjectCatalogue;
  /** Of object 1. */
  readonly accounts: number;
  readonly gatewayObject: "2.0" | "1.0";
}

/** The gateway's own objects, where it has so many devices. */
export function ownModel({ gateway, catalogue, accounts, gatewayObject }: OwnObjects, devices: number): TreeModel {
  const modbus = gateway.remoteModbus === undefined ? [] : REMOTE_MODBUS_OBJECTS;
  return new Map([
    withInstances(requiredObject(catalogue, 1, "1.2"), accounts),
    withInstances(deviceObject(catalogue), 1),
    withInstances(requiredObject(catalogue, 25, gatewayObject), devices),
    ...(gatewayObject === "1.0" ? [withInstances(requiredObject(catalogue, 26, "1.0"), devices)] : []),
    ...gateway.storedObjects.map((definition) => withInstances(definition, 0)),
    ...modbus.flatMap((id) => {
      const definition = catalogue.find(id);
      return definition === undefined ? [] : [withInstances(definition, 0)];
    }),
  ]);
}

/**
 * With object 2, which is there where several servers share the gateway: an instance for each of any other object, and one for
 * each object whose instances servers make.
 */
export function sharedModel(model: TreeModel, { gateway, catalogue, accounts }: OwnObjects): TreeModel {
  if (accounts < 2) return model;
  const modbus = gateway.remoteModbus === undefined ? 0 : REMOTE_MODBUS_OBJECTS.length;
  const instances = [...model.values()].reduce((sum, object) => sum + object.instances.size, 0);
  const rights = instances + gateway.storedObjects.length + modbus;
  return new Map([...model, withInstances(requiredObject(catalogue, 2, "1.1"), rights)]);
}

/** With the objects of devices beside the gateway's own, as layout `instances` has them; and which of them it cannot show. */
export function foldedModel(own: TreeModel, devices: readonly ShownDevice[]): FoldedModel {
  const wholes = devices.map(({ model, plan: { storedObjects = [] } }) => wholeOf(model, storedObjects));
  const gateway = wholeOf(own, []);
  // Prefixes are no more than names here: what is repeated has others.
  const sight: Sight = {
    of: (name) => (name === "" ? gateway : wholes[Number(name)]),
    prefixes: ["", ...devices.keys()].map(String),
    latest: () => undefined,
  };
  const { objects, hidden } = folded(sight, {
    of: numbering(),
    deviceOf: (name) => devices[Number(name)]?.plan.id,
  });
  const instances = [...objects.values()].reduce((sum, object) => sum + object.instances.size, 0);
  return { model: new Map([...own, ...objects]), instances, hidden };
}

export interface FoldedModel {
  readonly model: TreeModel;
  /** Of devices. */
  readonly instances: number;
  readonly hidden: readonly HiddenObject[];
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

/** Nothing runs: it is there to be listed. */
function wholeOf(model: TreeModel, stored: readonly ObjectDefinition[]): Whole {
  const refuse = (): never => {
    throw notAllowed("nothing runs");
  };
  const editing: Editing = {
    objects: new Set(stored.map(({ id }) => id)),
    freeInstance: refuse,
    prepare: refuse,
  };
  const backing: Backing = {
    ...{ prefix: "", model, editing },
    read: async (resources) => resources.map(() => []),
    prepareWrite: refuse,
    execute: async () => refuse(),
  };
  return { backing, tree: new ModelTree(backing) };
}

/** For the list of what there is. */
export function listed(model: TreeModel): Listed {
  return { prefix: "", discover: (path, depth) => discoverLinks(model, path, depth) };
}

function withInstances(definition: ObjectDefinition, count: number): [number, ObjectModel] {
  const instances = new Map(Array.from({ length: count }, (_, instance) => [instance, NOTHING]));
  return [definition.id, { definition, instances }];
}

const NOTHING: ReadonlyMap<number, ResourceModel> = new Map();
