/** What each server of a configuration would see, before anything runs. Prefixes and numbers are those that the store would give first. */

import { REMOTE_MODBUS_OBJECTS } from "../../config/remote-modbus.ts";
import type { LoadedConfig, ServerSettings } from "../../config/types.ts";
import { deviceModel } from "../../devices/device-model.ts";
import { SharedTrees } from "../../devices/shared-trees.ts";
import { FIRMWARE_UPDATE, updateModel } from "../../firmware/update-values.ts";
import { deviceObjectLinks } from "../../lwm2m/links.ts";
import { isUsablePrefix } from "../../lwm2m/prefix.ts";
import type { BackedTree, TreeModel } from "../../lwm2m/tree.ts";
import { deviceIdOf } from "../../mapping/device-id.ts";
import type { DevicePlan } from "../../mapping/plan-types.ts";
import { deviceObject, requiredObject } from "../trees.ts";
import { idleTree, listed, type OwnObjects, withInstances } from "./models.ts";
import { atFirst, type Shown, type ShownDevice, type ShownServer, shownTo } from "./shown.ts";

/** What of a configuration decides it. */
export interface Showing extends Pick<LoadedConfig, "devices" | "catalogue" | "clients"> {
  readonly gateway: Pick<LoadedConfig["gateway"], "endpoint" | "storedObjects" | "remoteModbus">;
  readonly servers: readonly (Omit<ShownServer, "shownAs" | "version"> & Pick<ServerSettings, "version">)[];
}

/** In the order of the file. */
export function shownByConfig(config: Showing): readonly Shown[] {
  const { catalogue, clients, servers } = config;
  const scene = {
    own: ownObjects(config),
    devices: plannedDevices(config),
    catalogue,
    endpointOf: (server: number, { id }: ShownDevice) => {
      const client = clients.get(server)?.get(id);
      return client === undefined || "refused" in client ? undefined : client.endpoint;
    },
  };
  return servers.map((server) => shownTo({ ...server, ...atFirst(server) }, scene));
}

/** The store may have assigned another one, of about this length. */
export function expectedPrefix({ id, prefix }: Pick<DevicePlan, "id" | "prefix">, number: number): string {
  return prefix ?? (isUsablePrefix(id) ? id : `dev${number}`);
}

/** What servers fill has no instances yet. */
function ownObjects({ gateway, catalogue, servers }: Showing): OwnObjects {
  const modbus = gateway.remoteModbus === undefined ? [] : REMOTE_MODBUS_OBJECTS;
  const made = [...gateway.storedObjects, ...modbus.flatMap((id) => catalogue.find(id) ?? [])];
  return {
    model: new Map([
      withInstances(requiredObject(catalogue, 1, "1.2"), servers.length),
      withInstances(deviceObject(catalogue), 1),
      ...made.map((definition) => withInstances(definition, 0)),
    ]),
    made: new Set(made.map(({ id }) => id)),
    accounts: servers.length,
  };
}

function plannedDevices({ devices, catalogue, gateway: { endpoint } }: Showing): readonly ShownDevice[] {
  const trees = new SharedTrees();
  const object3 = deviceObject(catalogue);
  const update = updateModel(requiredObject(catalogue, FIRMWARE_UPDATE, "1.2"), []);
  const lists = new WeakMap<TreeModel, string>();
  return devices.map((plan, instance) => {
    const prefix = expectedPrefix(plan, instance + 1);
    const tree = treeWith(prefix, deviceModel(plan, prefix, object3, trees).tree, plan, update);
    const { model } = tree.backing;
    const objects = lists.get(model) ?? deviceObjectLinks(listed(model));
    lists.set(model, objects);
    return { id: plan.id, instance, prefix, deviceId: deviceIdOf(plan, endpoint), objects, tree };
  });
}

/** `update`: object 5, of devices whose firmware can be updated. */
function treeWith(prefix: string, own: TreeModel, plan: DevicePlan, update: TreeModel): BackedTree {
  const { storedObjects = [], firmware } = plan;
  const besides = [
    ...storedObjects.map((definition) => withInstances(definition, 0)),
    ...(firmware === undefined ? [] : update),
  ];
  const model = besides.length === 0 ? own : new Map([...besides, ...own]);
  return idleTree(prefix, model, new Set(storedObjects.map(({ id }) => id)));
}
