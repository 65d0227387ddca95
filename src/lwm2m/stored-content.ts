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

/** A content that is being changed: a server may name thousands of values in one request, which are put in order once. */
export class ContentDraft {
  private readonly samples: Map<Path, Sample>;

  constructor(content: Content) {
    this.samples = new Map(content);
  }

  set(sample: Sample): void {
    this.samples.set(sample.path, sample);
  }

  /** What stands at the path and below. */
  remove(path: Path): void {
    if (this.samples.delete(path)) return;
    for (const leaf of this.samples.keys()) if (isWithin(leaf, path)) this.samples.delete(leaf);
  }

  content(): Content {
    return inOrder([...this.samples.values()]);
  }
}

/**
 * The resources of an instance: those with values, and the mandatory ones, which are there whatever is in them. A multiple
 * resource that lost its last instance has none (`dim=0`) where it is mandatory, and is gone where it is not.
 */
export function resourceModels(definition: ObjectDefinition, content: Content): ReadonlyMap<number, ResourceModel> {
  const known = models.get(content);
  if (known !== undefined) return known;
  const made = makeModels(definition, content);
  // Instances without values may be of any object.
  if (content.size > 0) models.set(content, made);
  return made;
}

/** Of a thousand instances one changes. */
const models = new WeakMap<Content, ReadonlyMap<number, ResourceModel>>();

function makeModels(definition: ObjectDefinition, content: Content): ReadonlyMap<number, ResourceModel> {
  const instances = new Map<number, number[]>();
  for (const path of content.keys()) {
    const { resource = -1, resourceInstance } = pathParts(path);
    const known = instances.get(resource);
    const own = resourceInstance === undefined ? [] : [resourceInstance];
    if (known === undefined) instances.set(resource, own);
    else known.push(...own);
  }
  const present = [...definition.resources.values()].filter(({ id, mandatory }) => mandatory || instances.has(id));
  return new Map(
    present
      .toSorted((a, b) => a.id - b.id)
      .map((resource): [number, ResourceModel] => {
        const { id, operations, multiple } = resource;
        return [id, { definition: resource, operations, ...(multiple ? { instances: instances.get(id) ?? [] } : {}) }];
      }),
  );
}

/** What was there and is not: the topmost paths only. `instance` is the path of the instance. */
export function lostPaths(definition: ObjectDefinition, instance: Path, before: Content, after: Content): Path[] {
  const resources = resourceModels(definition, after);
  const parts = pathParts(instance);
  const gone = [...resourceModels(definition, before).keys()].filter((resource) => !resources.has(resource));
  const leaves = [...before.keys()].filter((path) => {
    const { resource = -1, resourceInstance } = pathParts(path);
    return resourceInstance !== undefined && !after.has(path) && resources.has(resource);
  });
  return [...gone.map((resource) => makePath({ ...parts, resource })), ...leaves];
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
