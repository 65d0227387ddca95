/** What exists under the prefix of one device: the resources of its mapping, and what the gateway adds to them. */
import type { PointId } from "../adapter.ts";
import type { Place } from "../errors.ts";
import type { ObjectDefinition, ResourceDefinition } from "../lwm2m/objects/definition.ts";
import { makePath, type Path, pathParts } from "../lwm2m/path.ts";
import type { ReportingRule } from "../lwm2m/sample.ts";
import type { ObjectModel, ResourceModel } from "../lwm2m/tree.ts";
import { computationOrder } from "../mapping/computation-order.ts";
import type { DevicePlan, Poll, ResourceSource } from "../mapping/plan-types.ts";
import { DEVICE_OBJECT, ownRows, type Row } from "./own-rows.ts";
import { type DeviceType, SharedTrees } from "./shared-trees.ts";

/** One value of the tree: a resource, or one instance of a multiple resource. Its position is that of its value, too. */
export interface Leaf {
  readonly path: Path;
  readonly definition: ResourceDefinition;
  /** `own`: the gateway keeps it among the values of the device. */
  readonly source: ResourceSource | { readonly kind: "own" };
  /** Absent for what the gateway itself adds. */
  readonly point?: PointId;
  readonly place?: Place;
  readonly reporting?: ReportingRule;
}

export interface DeviceModel extends DeviceTree {
  /** In order of object, instance, resource and resource instance. */
  readonly leaves: readonly Leaf[];
}

/** What devices of one type have in common. */
export interface DeviceTree {
  readonly tree: ReadonlyMap<number, DeviceObject>;
  /** Positions of the leaves that the device delivers. */
  readonly positions: ReadonlyMap<PointId, number>;
  /**
   * The leaves that are computed from others, each with these, in the order in which its expression takes them. Each stands
   * behind all that it is computed from.
   */
  readonly computed: ReadonlyMap<number, readonly number[]>;
}

export interface DeviceObject extends ObjectModel {
  readonly instances: ReadonlyMap<number, ReadonlyMap<number, DeviceResource>>;
}

export interface DeviceResource extends ResourceModel {
  /** Its leaves; of a multiple resource one an instance, in the order of `instances`. */
  readonly slots: readonly Slot[];
}

/** A leaf, as far as it is the same for all devices of one type. */
export interface Slot {
  /** Its position among the leaves. */
  readonly at: number;
  readonly readable: boolean;
  /** `fixed`: the gateway knows it by itself; `computed`: as old as what it is `from`. */
  readonly poll: Poll | "fixed" | "computed";
  readonly from?: readonly Slot[];
}

/** `deviceObject`: object 3, where the plan has none; the same for all that share `trees`. */
export function deviceModel(
  plan: DevicePlan,
  prefix: string,
  deviceObject: ObjectDefinition,
  trees = new SharedTrees(),
): DeviceModel {
  const { tree, rows } = trees.typeOf(plan, () => deviceType(plan, deviceObject, trees));
  return { ...tree, leaves: rows.map((row) => leafOf(row, prefix)) };
}

function deviceType(plan: DevicePlan, deviceObject: ObjectDefinition, trees: SharedTrees): DeviceType {
  const definitions = new Map([...plan.objects].map(([id, { definition }]) => [id, definition]));
  if (!definitions.has(DEVICE_OBJECT.id)) definitions.set(DEVICE_OBJECT.id, deviceObject);
  const rows = [...plan.resources.values(), ...ownRows(plan, definitions)].sort(inDocumentOrder);
  const computed = computedOf(plan, rows);
  const tree = treeOf(rows, definitions, slotsOf(rows, computed));
  return { tree: trees.share({ tree, positions: positionsOf(rows), computed }), rows };
}

/** The resource at a path of the device, or around it. */
export function resourceAt(tree: DeviceTree["tree"], path: Path): DeviceResource | undefined {
  const { object = -1, instance = -1, resource = -1 } = pathParts(path);
  return tree.get(object)?.instances.get(instance)?.get(resource);
}

/** The position of the leaf at a path. */
export function positionOf(tree: DeviceTree["tree"], path: Path): number | undefined {
  const { resourceInstance } = pathParts(path);
  const resource = resourceAt(tree, path);
  if (resourceInstance === undefined) return resource?.instances === undefined ? resource?.slots[0]?.at : undefined;
  return resource?.slots[resource.instances?.indexOf(resourceInstance) ?? -1]?.at;
}

/** /meter-1/3/0/11/0: where the gateway says that a device is away. */
export function errorCodePath(prefix: string): Path {
  const { id: object, errorCode: resource } = DEVICE_OBJECT;
  return makePath({ prefix, object, instance: 0, resource, resourceInstance: 0 });
}

function leafOf({ object, instance, resource, resourceInstance, ...row }: Row, prefix: string): Leaf {
  const { definition, source, point, place } = row;
  const parts = { prefix, object, instance, resource };
  return {
    path: makePath(resourceInstance === undefined ? parts : { ...parts, resourceInstance }),
    definition,
    source,
    ...((source.kind === "point" || source.kind === "derived") && source.reporting !== undefined
      ? { reporting: source.reporting }
      : {}),
    ...(point === undefined ? {} : { point }),
    ...(place === undefined ? {} : { place }),
  };
}

function positionsOf(rows: readonly Row[]): ReadonlyMap<PointId, number> {
  const positions = new Map<PointId, number>();
  for (const [at, { point, source }] of rows.entries()) {
    if (point !== undefined && source.kind === "point") positions.set(point, at);
  }
  return positions;
}

function inDocumentOrder(a: Row, b: Row): number {
  return (
    a.object - b.object ||
    a.instance - b.instance ||
    a.resource - b.resource ||
    (a.resourceInstance ?? 0) - (b.resourceInstance ?? 0)
  );
}

function computedOf({ resources }: DevicePlan, rows: readonly Row[]): DeviceTree["computed"] {
  const order = computationOrder(resources);
  if (order.length === 0) return NOTHING;
  const positions = new Map(rows.map(({ point }, at) => [point, at]));
  return new Map(
    order.map((point): [number, readonly number[]] => {
      const source = resources.get(point)?.source;
      const inputs = source?.kind === "derived" ? source.inputs : [];
      return [positions.get(point) ?? -1, inputs.map((input) => positions.get(input) ?? -1)];
    }),
  );
}

const NOTHING: DeviceTree["computed"] = new Map();

function slotsOf(rows: readonly Row[], computed: DeviceTree["computed"]): readonly Slot[] {
  const slots = rows.map(slotOf);
  for (const [at, inputs] of computed) {
    slots[at] = { at, readable: true, poll: "computed", from: inputs.flatMap((input) => slots[input] ?? []) };
  }
  return slots;
}

function treeOf(
  rows: readonly Row[],
  definitions: ReadonlyMap<number, ObjectDefinition>,
  slots: readonly Slot[],
): DeviceTree["tree"] {
  const objects = new Map<number, DeviceObject>();
  const instancesOf = new Map<number, Map<number, Map<number, DeviceResource>>>();
  for (const [at, row] of rows.entries()) {
    const definition = definitions.get(row.object);
    if (definition === undefined) continue;
    const instances = instancesOf.get(row.object) ?? new Map<number, Map<number, DeviceResource>>();
    instancesOf.set(row.object, instances);
    objects.set(row.object, { definition, instances });
    const resources = instances.get(row.instance) ?? new Map<number, DeviceResource>();
    instances.set(row.instance, resources);
    resources.set(row.resource, resourceModel(row, slots[at], resources.get(row.resource)));
  }
  return objects;
}

/** A resource can what any of its instances can. */
function resourceModel(row: Row, slot: Slot | undefined, before: DeviceResource | undefined): DeviceResource {
  const { definition, resourceInstance } = row;
  const operations = bothOperations(before?.operations ?? "", operationsOf(row));
  const slots = [...(before?.slots ?? []), ...(slot === undefined ? [] : [slot])];
  if (resourceInstance === undefined) return { definition, operations, slots };
  return { definition, operations, slots, instances: [...(before?.instances ?? []), resourceInstance] };
}

function slotOf({ source }: Row, at: number): Slot {
  switch (source.kind) {
    case "constant":
    case "link":
    case "own":
      return { at, readable: true, poll: "fixed" };
    case "point":
      return { at, readable: source.readable, poll: source.poll };
    case "derived":
      return { at, readable: true, poll: "computed" };
    case "execute":
      return { at, readable: false, poll: "fixed" };
  }
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
    case "link":
    case "own":
    case "derived":
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
