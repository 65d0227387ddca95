/** Objects 10374 (Modbus Connection) and 10375 (Modbus Register Cluster) of the OMA registry: as servers see them, and as they are kept. */
import type { ObjectDefinition, ResourceDefinition } from "../../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../../lwm2m/objects/index.ts";
import { requiredObject } from "../trees.ts";

export const CONNECTION = {
  id: 10374,
  address: 0,
  layer: 1,
  enable: 2,
  baudrate: 3,
  stopBits: 4,
  parity: 5,
  flowControl: 6,
  ports: 7,
  state: 8,
  /** In what is kept, and nowhere else: the link of the configuration that the instance stands for. */
  link: 65534,
} as const;

export const CLUSTER = {
  id: 10375,
  connection: 0,
  type: 1,
  unit: 2,
  start: 3,
  quantity: 4,
  values: 5,
  minimum: 6,
  maximum: 7,
  reset: 8,
} as const;

/** State of a connection, 10374/x/8. */
export const STATE = { disabled: 0, connecting: 1, connected: 2, invalid: 3, failed: 4 } as const;
export type State = (typeof STATE)[keyof typeof STATE];

/** Physical Layer Type, 10374/x/1. */
export const LAYER = { tcp: 0, rs232: 1, rs485: 2 } as const;

export interface RemoteObjects {
  readonly connection: ObjectDefinition;
  readonly cluster: ObjectDefinition;
}

/** As servers see them. */
export function seenObjects(catalogue: ObjectCatalogue): RemoteObjects {
  const cluster = requiredObject(catalogue, CLUSTER.id, "1.0");
  // The registers have values before anybody gives them any: a Create need not.
  const values = { ...resource(cluster, CLUSTER.values), mandatory: false };
  return { connection: requiredObject(catalogue, CONNECTION.id, "1.0"), cluster: withResource(cluster, values) };
}

/** As the store keeps them. */
export function keptObjects(catalogue: ObjectCatalogue): readonly ObjectDefinition[] {
  const { connection, cluster } = seenObjects(catalogue);
  const link: ResourceDefinition = {
    ...{ id: CONNECTION.link, name: "Link", operations: "RW", type: "string" },
    ...{ multiple: false, mandatory: false },
  };
  return [withResource(connection, link), cluster];
}

function resource({ resources }: ObjectDefinition, id: number): ResourceDefinition {
  const found = resources.get(id);
  if (found === undefined) throw new Error(`resource ${id} is missing in the catalogue: the installation is damaged`);
  return found;
}

function withResource(definition: ObjectDefinition, added: ResourceDefinition): ObjectDefinition {
  return { ...definition, resources: new Map([...definition.resources, [added.id, added]]) };
}
