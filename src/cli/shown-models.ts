/** The trees that a configuration makes, so far as they decide what is listed: objects, versions and instances. */
import { REMOTE_MODBUS_OBJECTS } from "../config/remote-modbus.ts";
import type { GatewaySettings } from "../config/types.ts";
import { deviceModel } from "../devices/device-model.ts";
import { SharedTrees } from "../devices/shared-trees.ts";
import { deviceObject, requiredObject } from "../gateway/trees.ts";
import type { Listed } from "../lwm2m/links.ts";
import { discoverLinks } from "../lwm2m/model-links.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { ObjectModel, ResourceModel, TreeModel } from "../lwm2m/tree.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
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

/** With the objects of devices that can have several instances: theirs stand behind each other. */
export function foldedModel(own: TreeModel, devices: readonly ShownDevice[]): TreeModel {
  const folded = new Map(own);
  const counts = new Map<number, number>();
  for (const { model, plan } of devices) {
    for (const [id, object] of model) {
      if (isFolded(object.definition, plan)) counts.set(id, (counts.get(id) ?? 0) + object.instances.size);
    }
  }
  for (const { model } of devices) {
    for (const [id, { definition }] of model) {
      const count = counts.get(id);
      if (count !== undefined && !folded.has(id)) folded.set(...withInstances(definition, count));
    }
  }
  return folded;
}

/** Whether instances of several devices can stand beside each other: not of an object of one instance, nor of one that servers fill. */
export function isFolded({ id, multiple }: ObjectDefinition, { storedObjects = [] }: DevicePlan): boolean {
  return multiple && !storedObjects.some((stored) => stored.id === id);
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
