/**
 * What the gateway adds to the resources of a mapping: object 3, which every client has (Core TS E.4), with Error Code and
 * Supported Binding and Modes where the mapping has none, and Reboot, which is refused; and Measurement Quality, where values
 * of a device that is away are held and marked.
 */

import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import { hasQuality, QUALITY } from "../mapping/availability.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import type { Leaf } from "./device-model.ts";

/** A leaf before it has its path. */
export interface Row extends Omit<Leaf, "path"> {
  readonly object: number;
  readonly instance: number;
  readonly resource: number;
  readonly resourceInstance?: number;
}

/** Object 3 and the resources of it that the gateway itself answers. */
export const DEVICE_OBJECT = { id: 3, reboot: 4, factoryReset: 5, errorCode: 11, supportedBinding: 16 } as const;

/** `definitions`: those of all objects of the device, object 3 among them. Nothing that the mapping has is added. */
export function ownRows(plan: DevicePlan, definitions: ReadonlyMap<number, ObjectDefinition>): readonly Row[] {
  const taken = new Set([...plan.resources.values()].map(placeOf));
  const wanted = [...deviceObjectPlaces(), ...qualityPlaces(plan)];
  return wanted.flatMap((place): Row[] => {
    const definition = definitions.get(place.object)?.resources.get(place.resource);
    return definition === undefined || taken.has(placeOf(place))
      ? []
      : [{ ...place, definition, source: { kind: "own" } }];
  });
}

type Place = Pick<Row, "object" | "instance" | "resource" | "resourceInstance">;

function placeOf({ object, instance, resource, resourceInstance = -1 }: Place): string {
  return [object, instance, resource, resourceInstance].join("/");
}

function deviceObjectPlaces(): readonly Place[] {
  const place = { object: DEVICE_OBJECT.id, instance: 0 };
  return [
    { ...place, resource: DEVICE_OBJECT.reboot },
    { ...place, resource: DEVICE_OBJECT.errorCode, resourceInstance: 0 },
    { ...place, resource: DEVICE_OBJECT.supportedBinding },
  ];
}

/** In each instance of an object that has them. */
function qualityPlaces({ availability, objects, resources }: DevicePlan): readonly Place[] {
  if (availability.whenOffline !== "bad-quality") return [];
  const instances = new Map<string, Place>();
  for (const { object, instance } of resources.values()) {
    const plan = objects.get(object);
    if (plan === undefined || !hasQuality(plan)) continue;
    for (const resource of [QUALITY.indicator, QUALITY.level]) {
      const place = { object, instance, resource };
      instances.set(placeOf(place), place);
    }
  }
  return [...instances.values()];
}
