/**
 * What exists under the prefix of one device: the resources of its mapping, and object 3, which every client has (Core TS
 * E.4): Error Code and Supported Binding and Modes come from the gateway where the mapping has none, Reboot is refused.
 */
import type { PointId } from "../adapter.ts";
import type { Place } from "../errors.ts";
import type { ObjectDefinition, ResourceDefinition } from "../lwm2m/objects/definition.ts";
import { makePath, type Path, pathParts } from "../lwm2m/path.ts";
import type { ObjectModel, ResourceModel, TreeModel } from "../lwm2m/tree.ts";
import type { DevicePlan, ResourceSource } from "../mapping/plan-types.ts";
import { SharedTrees } from "./shared-trees.ts";

/** One value of the tree: a resource, or one instance of a multiple resource. */
export interface Leaf {
  readonly path: Path;
  readonly definition: ResourceDefinition;
  /** `own`: the gateway keeps it among the values of the device. */
  readonly source: ResourceSource | { readonly kind: "own" };
  /** Absent for what the gateway itself adds. */
  readonly point?: PointId;
  readonly place?: Place;
}

export interface DeviceModel {
  readonly tree: TreeModel;
  /** By the path of the resource; in order of object, instance, resource and resource instance. */
  readonly leaves: ReadonlyMap<Path, readonly Leaf[]>;
}

/** Object 3 and the resources of it that the gateway itself answers. */
export const DEVICE_OBJECT = { id: 3, reboot: 4, errorCode: 11, supportedBinding: 16 } as const;

/** `deviceObject`: object 3, where the plan has none. */
export function deviceModel(
  plan: DevicePlan,
  prefix: string,
  deviceObject: ObjectDefinition,
  trees = new SharedTrees(),
): DeviceModel {
  const definitions = new Map([...plan.objects].map(([id, { definition }]) => [id, definition]));
  if (!definitions.has(DEVICE_OBJECT.id)) definitions.set(DEVICE_OBJECT.id, deviceObject);
  const rows: readonly Row[] = [...plan.resources.values()];
  const device = definitions.get(DEVICE_OBJECT.id) ?? deviceObject;
  const all = [...rows, ...ownRows(device, rows)].sort(inDocumentOrder);
  const leaves = new Map<Path, Leaf[]>();
  for (const row of all) {
    const path = makePath({ prefix, object: row.object, instance: row.instance, resource: row.resource });
    leaves.set(path, [...(leaves.get(path) ?? []), leafOf(row, path)]);
  }
  return { tree: trees.share(treeOf(all, definitions)), leaves };
}

/** /meter-1/3/0/11/0: where the gateway says that a device is away. */
export function errorCodePath(prefix: string): Path {
  const { id: object, errorCode: resource } = DEVICE_OBJECT;
  return makePath({ prefix, object, instance: 0, resource, resourceInstance: 0 });
}

interface Row extends Omit<Leaf, "path"> {
  readonly object: number;
  readonly instance: number;
  readonly resource: number;
  readonly resourceInstance?: number;
}

function ownRows(definition: ObjectDefinition, mapped: readonly Row[]): Row[] {
  const own: Row[] = [];
  const add = (resource: number, resourceInstance?: number): void => {
    const found = definition.resources.get(resource);
    const taken = mapped.some(
      (row) =>
        row.object === DEVICE_OBJECT.id && row.resource === resource && row.resourceInstance === resourceInstance,
    );
    if (found === undefined || taken) return;
    const place = { object: DEVICE_OBJECT.id, instance: 0, resource };
    const row: Row = { ...place, definition: found, source: { kind: "own" } };
    own.push(resourceInstance === undefined ? row : { ...row, resourceInstance });
  };
  add(DEVICE_OBJECT.reboot);
  add(DEVICE_OBJECT.errorCode, 0);
  add(DEVICE_OBJECT.supportedBinding);
  return own;
}

function leafOf(row: Row, resource: Path): Leaf {
  const { definition, source, point, place, resourceInstance } = row;
  return {
    path: resourceInstance === undefined ? resource : makePath({ ...pathParts(resource), resourceInstance }),
    definition,
    source,
    ...(point === undefined ? {} : { point }),
    ...(place === undefined ? {} : { place }),
  };
}

function inDocumentOrder(a: Row, b: Row): number {
  return (
    a.object - b.object ||
    a.instance - b.instance ||
    a.resource - b.resource ||
    (a.resourceInstance ?? 0) - (b.resourceInstance ?? 0)
  );
}

function treeOf(rows: readonly Row[], definitions: ReadonlyMap<number, ObjectDefinition>): TreeModel {
  const objects = new Map<number, ObjectModel>();
  const instancesOf = new Map<number, Map<number, Map<number, ResourceModel>>>();
  for (const row of rows) {
    const definition = definitions.get(row.object);
    if (definition === undefined) continue;
    const instances = instancesOf.get(row.object) ?? new Map<number, Map<number, ResourceModel>>();
    instancesOf.set(row.object, instances);
    objects.set(row.object, { definition, instances });
    const resources = instances.get(row.instance) ?? new Map<number, ResourceModel>();
    instances.set(row.instance, resources);
    resources.set(row.resource, resourceModel(row, resources.get(row.resource)));
  }
  return objects;
}

/** A resource can what any of its instances can. */
function resourceModel(row: Row, before: ResourceModel | undefined): ResourceModel {
  const { definition, resourceInstance } = row;
  const operations = bothOperations(before?.operations ?? "", operationsOf(row));
  if (resourceInstance === undefined) return { definition, operations };
  return { definition, operations, instances: [...(before?.instances ?? []), resourceInstance] };
}

type Operations = ResourceDefinition["operations"];

function bothOperations(a: Operations, b: Operations): Operations {
  if (a === "E" || b === "E") return "E";
  return spell(a.includes("R") || b.includes("R"), a.includes("W") || b.includes("W"));
}

function operationsOf({ definition, source }: Row): Operations {
  const { operations } = definition;
  switch (source.kind) {
    case "constant":
    case "own":
      return spell(operations.includes("R"), false);
    case "point":
      return spell(operations.includes("R") && source.readable, operations.includes("W") && source.writable);
    case "execute":
      return operations === "E" ? "E" : "";
  }
}

function spell(read: boolean, write: boolean): Operations {
  if (read) return write ? "RW" : "R";
  return write ? "W" : "";
}
