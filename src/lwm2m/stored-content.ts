/** What one instance of a stored object holds, and what edits make of it: Core 1.2 §6.3.3, §6.3.6, §6.3.7. */
import type { ObjectDefinition } from "./objects/definition.ts";
import { isWithin, makePath, type Path, pathParts } from "./path.ts";
import type { Sample, Value } from "./sample.ts";
import type { ResourceModel } from "./tree.ts";

/** One value as it is kept: where it stands below its instance, and when it was written. */
export interface StoredValue {
  readonly resource: number;
  readonly resourceInstance?: number;
  readonly value: Value;
  readonly time: number;
}

/** An instance without its prefix, so that a device can get another. */
export interface StoredInstance {
  readonly object: number;
  readonly instance: number;
  readonly values: readonly StoredValue[];
}

/** The values of one instance by path, in document order. Never changed: each edit makes another. */
export type Content = ReadonlyMap<Path, Sample>;

export const EMPTY: Content = new Map();

/** `instance` is the path of the instance. */
export function contentOf(instance: Path, values: readonly StoredValue[]): Content {
  const parts = pathParts(instance);
  return inOrder(
    values.map(({ resource, resourceInstance, value, time }) => {
      const at = resourceInstance === undefined ? { ...parts, resource } : { ...parts, resource, resourceInstance };
      return { path: makePath(at), value, time };
    }),
  );
}

export function storedValues(content: Content): readonly StoredValue[] {
  return [...content.values()].map(({ path, value, time }) => {
    const { resource = 0, resourceInstance } = pathParts(path);
    return { resource, ...(resourceInstance === undefined ? {} : { resourceInstance }), value, time };
  });
}

export function withSample(content: Content, sample: Sample): Content {
  return content.has(sample.path) ? new Map(content).set(sample.path, sample) : inOrder([...content.values(), sample]);
}

/** Without what stands at the path and below. */
export function without(content: Content, path: Path): Content {
  return new Map([...content].filter(([leaf]) => !isWithin(leaf, path)));
}

/**
 * The resources of an instance: those with values, and the mandatory ones, which are there whatever is in them. A multiple
 * resource that lost its last instance has none (`dim=0`) where it is mandatory, and is gone where it is not.
 */
export function resourceModels(definition: ObjectDefinition, content: Content): ReadonlyMap<number, ResourceModel> {
  const instances = new Map<number, number[]>();
  for (const path of content.keys()) {
    const { resource = -1, resourceInstance } = pathParts(path);
    const known = instances.get(resource) ?? [];
    instances.set(resource, resourceInstance === undefined ? known : [...known, resourceInstance]);
  }
  const models = [...definition.resources.values()]
    .filter(({ id, mandatory }) => mandatory || instances.has(id))
    .map((resource): [number, ResourceModel] => {
      const { id, operations, multiple } = resource;
      return [id, { definition: resource, operations, ...(multiple ? { instances: instances.get(id) ?? [] } : {}) }];
    });
  return new Map(models.sort(([a], [b]) => a - b));
}

/** What was there and is not: the topmost paths only. `instance` is the path of the instance. */
export function lostPaths(definition: ObjectDefinition, instance: Path, before: Content, after: Content): Path[] {
  const resources = resourceModels(definition, after);
  const parts = pathParts(instance);
  const gone = [...resourceModels(definition, before).keys()]
    .filter((resource) => !resources.has(resource))
    .map((resource) => makePath({ ...parts, resource }));
  const leaves = [...before.keys()].filter((path) => pathParts(path).resourceInstance !== undefined);
  return [...gone, ...leaves.filter((path) => !after.has(path) && !gone.some((resource) => isWithin(path, resource)))];
}

function inOrder(samples: readonly Sample[]): Content {
  const ids = (path: Path): number => {
    const { resource = 0, resourceInstance = 0 } = pathParts(path);
    return resource * IDS + resourceInstance;
  };
  return new Map([...samples].sort((a, b) => ids(a.path) - ids(b.path)).map((sample) => [sample.path, sample]));
}

/** How many IDs a level has. */
const IDS = 65536;
