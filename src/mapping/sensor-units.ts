/** Sensor Units (5701) says the unit where the registry gives none: it is filled from `unit:` of the resources beside it. */
import type { PointId } from "../adapter.ts";
import { childOf, type MapNode } from "../yaml/nodes.ts";
import { byInstance, type MappedResource } from "./mapped-resource.ts";
import type { ResourcePlan } from "./plan-types.ts";
import type { MappedObject } from "./structure.ts";

const SENSOR_UNITS = 5701;
/** Sensor Value: where resources differ in their unit, its unit is the one that is told. */
const SENSOR_VALUE = 5700;

/** The Sensor Units of those instances of an object that need them and do not map them. */
export function withSensorUnits(object: MappedObject, nodes: ReadonlyMap<PointId, MapNode>): readonly ResourcePlan[] {
  const definition = object.definition.resources.get(SENSOR_UNITS);
  if (definition === undefined || definition.type !== "string") return [];
  const plans: ResourcePlan[] = [];
  for (const [instance, resources] of byInstance(object.resources)) {
    if (resources.some(({ resource }) => resource === SENSOR_UNITS)) continue;
    const measured = resources.filter((resource) => unitOf(resource, nodes) !== undefined);
    const main = measured.find(({ resource }) => resource === SENSOR_VALUE) ?? measured[0];
    const unit = main === undefined ? undefined : unitOf(main, nodes);
    if (main === undefined || unit === undefined) continue;
    plans.push({
      point: `${object.definition.id}/${instance}/${SENSOR_UNITS}`,
      object: object.definition.id,
      instance,
      resource: SENSOR_UNITS,
      definition,
      place: childOf(nodes.get(main.point), "unit")?.place ?? main.key.place,
      source: { kind: "constant", value: unit },
    });
  }
  return plans;
}

/** What the device delivers, where the registry has no unit of its own. */
function unitOf({ definition, point }: MappedResource, nodes: ReadonlyMap<PointId, MapNode>): string | undefined {
  if (definition.unit !== undefined) return undefined;
  const unit = childOf(nodes.get(point), "unit");
  return unit?.kind === "scalar" ? unit.text : undefined;
}
