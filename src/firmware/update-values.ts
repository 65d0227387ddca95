/** Object 5 as servers read it. */
import type { UnixMillis } from "../clock.ts";
import { SECOND } from "../clock.ts";
import type { UpdateRecord } from "../lwm2m/firmware/firmware-update.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import { childPath, makePath, type Path } from "../lwm2m/path.ts";
import type { Sample, Value } from "../lwm2m/sample.ts";
import type { ResourceModel, TreeModel } from "../lwm2m/tree.ts";

export const FIRMWARE_UPDATE = 5;

/** IDs of its resources. */
export const RESOURCE = {
  package: 0,
  packageUri: 1,
  update: 2,
  state: 3,
  result: 5,
  packageName: 6,
  packageVersion: 7,
  protocols: 8,
  delivery: 9,
  cancel: 10,
  severity: 11,
  changed: 12,
  deferPeriod: 13,
  automatic: 14,
} as const;

/** Both ways, or push alone (resource 9). */
const DELIVERY = { push: 1, both: 2 } as const;

/** By definition and protocols: thousands of devices share one. */
const models = new WeakMap<ObjectDefinition, Map<string, TreeModel>>();

/** `protocols`: of resource 8; without any there is no pull. */
export function updateModel(definition: ObjectDefinition, protocols: readonly number[]): TreeModel {
  const known = models.get(definition) ?? new Map<string, TreeModel>();
  models.set(definition, known);
  const key = protocols.join();
  const model = known.get(key) ?? madeModel(definition, protocols);
  known.set(key, model);
  return model;
}

function madeModel(definition: ObjectDefinition, protocols: readonly number[]): TreeModel {
  const resources = [...definition.resources.values()].filter(
    ({ id }) => id !== RESOURCE.protocols || protocols.length > 0,
  );
  const entries = resources.map((resource): [number, ResourceModel] => [
    resource.id,
    {
      definition: resource,
      operations: resource.operations,
      ...(resource.multiple ? { instances: [...protocols.keys()] } : {}),
    },
  ]);
  return new Map([[definition.id, { definition, instances: new Map([[0, new Map(entries)]]) }]]);
}

/** Of every resource that can be read and changes; what is told first stands first: the time goes before the state. */
export function updateValues(record: UpdateRecord): ReadonlyMap<number, Value> {
  const { state, result, uri, name = "", version = "", severity, changed = 0, deferPeriod = 0, automatic } = record;
  return new Map<number, Value>([
    [RESOURCE.changed, Math.floor(changed / SECOND)],
    [RESOURCE.state, state],
    [RESOURCE.result, result],
    [RESOURCE.packageUri, uri],
    [RESOURCE.packageName, name],
    [RESOURCE.packageVersion, version],
    [RESOURCE.severity, severity],
    [RESOURCE.deferPeriod, deferPeriod],
    [RESOURCE.automatic, automatic],
  ]);
}

/** Of those that are other values than before. */
export function updateChanges(prefix: string, before: UpdateRecord, after: UpdateRecord, time: UnixMillis): Sample[] {
  const old = updateValues(before);
  return [...updateValues(after)]
    .filter(([resource, value]) => value !== old.get(resource))
    .map(([resource, value]) => ({ path: resourcePath(prefix, resource), value, time }));
}

/** What a resource says; more than one for the protocols. */
export function updateSamples(
  path: Path,
  resource: number,
  { record, protocols, time }: { record: UpdateRecord; protocols: readonly number[]; time: UnixMillis },
): readonly Sample[] {
  if (resource === RESOURCE.protocols) {
    return protocols.map((value, instance) => ({ path: childPath(path, instance), value, time }));
  }
  if (resource === RESOURCE.delivery) {
    return [{ path, value: protocols.length > 0 ? DELIVERY.both : DELIVERY.push, time }];
  }
  const value = updateValues(record).get(resource);
  return value === undefined ? [] : [{ path, value, time }];
}

export function resourcePath(prefix: string, resource: number): Path {
  return makePath({ prefix, object: FIRMWARE_UPDATE, instance: 0, resource });
}
