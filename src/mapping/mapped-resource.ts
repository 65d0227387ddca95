/** The resources of one object of a mapping, each with its point: what is there twice or in the wrong place is reported. */
import type { PointId } from "../adapter.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import {
  childOf,
  describeNode,
  entryOf,
  isEmpty,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type YamlNode,
} from "../yaml/nodes.ts";
import { reportError } from "../yaml/read.ts";
import { CORE_SOURCES } from "./keys.ts";
import type { NamesContext } from "./names.ts";
import type { ResourceIdentity } from "./plan-types.ts";

export interface MappedResource extends ResourceIdentity {
  readonly key: ScalarNode;
  /** Its keys, with the object's `defaults` where the resource has none of its own. */
  readonly node: MapNode;
  /** What `when:` says of its object, its instance and itself: all must hold. */
  readonly conditions: readonly YamlNode[];
}

export interface StructureContext extends NamesContext {
  /** The adapter's source keys. */
  readonly sources: readonly string[];
}

/** A resource as written: the key, the ID where it could be told, what stands behind it. */
export interface WrittenResource {
  readonly entry: MapEntry;
  readonly instance: number;
  readonly resource: number;
  readonly resourceInstance: number | undefined;
  /** Of its object and its instance. */
  readonly conditions: readonly YamlNode[];
}

/** "/10242/0/4 Tension R": how a sentence names a resource. */
export function titleOf({ point, definition }: Pick<ResourceIdentity, "point" | "definition">): string {
  return `/${point} ${definition.name.trim()}`;
}

export function byInstance(resources: readonly MappedResource[]): ReadonlyMap<number, readonly MappedResource[]> {
  const instances = new Map<number, MappedResource[]>();
  for (const resource of resources) {
    const others = instances.get(resource.instance);
    if (others === undefined) instances.set(resource.instance, [resource]);
    else others.push(resource);
  }
  return instances;
}

/** Whether `expr` is the source, and no step behind one of the adapter's; `sources` are those. */
export function isDerived(node: MapNode, sources: readonly string[]): boolean {
  const has = (key: string): boolean => entryOf(node, key) !== undefined;
  return has("expr") && !sources.some(has) && !CORE_SOURCES.some(has);
}

/**
 * The resources that could be placed; `node` is the object's map, which may hold `defaults`. Of one that is written as a list
 * there are several, in its order.
 */
export function placeResources(
  written: readonly WrittenResource[],
  definition: ObjectDefinition,
  node: MapNode,
  context: StructureContext,
): readonly MappedResource[] {
  const defaults = defaultsOf(node, context);
  const resources: MappedResource[] = [];
  const byPoint = new Map<PointId, MappedResource>();
  for (const one of written) {
    const resource = place(one, definition, defaults, context);
    if (resource === undefined) continue;
    const first = byPoint.get(resource.point);
    if (first === undefined) byPoint.set(resource.point, resource);
    if (first === undefined || first.key === resource.key) resources.push(resource);
    else {
      const line = first.key.place.line;
      reportError(
        context.report,
        resource.key.place,
        `${titleOf(resource)} stands here twice; first in line ${line}`,
        "LG312",
      );
    }
  }
  return resources;
}

function place(
  { entry, instance, resource, resourceInstance, conditions }: WrittenResource,
  object: ObjectDefinition,
  defaults: MapNode | undefined,
  { report, sources }: StructureContext,
): MappedResource | undefined {
  const definition = object.resources.get(resource);
  if (definition === undefined) return undefined;
  if (resourceInstance !== undefined && !definition.multiple) {
    reportError(
      report,
      entry.key.place,
      `/${object.id}/${instance}/${resource} ${definition.name.trim()} has no instances: leave out [${resourceInstance}]`,
      "LG333",
    );
    return undefined;
  }
  if (entry.value.kind !== "map") {
    reportError(
      report,
      entry.value.place,
      missingSource(`/${object.id}/${instance}/${resource} ${definition.name.trim()}`, sources, entry.value),
      "LG313",
    );
    return undefined;
  }
  const index = definition.multiple ? (resourceInstance ?? 0) : undefined;
  const path = `${object.id}/${instance}/${resource}`;
  const own = childOf(entry.value, "when");
  return {
    point: index === undefined ? path : `${path}/${index}`,
    object: object.id,
    instance,
    resource,
    ...(index === undefined ? {} : { resourceInstance: index }),
    definition,
    key: entry.key,
    node: withDefaults(withoutCondition(entry.value), defaults, sources),
    conditions: own === undefined ? conditions : [...conditions, own],
  };
}

/** Whether a resource is there is no part of how it is read. */
function withoutCondition(node: MapNode): MapNode {
  const entries = node.entries.filter(({ key }) => key.text !== "when");
  return entries.length === node.entries.length ? node : { ...node, entries };
}

function missingSource(title: string, sources: readonly string[], found: YamlNode): string {
  const what = isEmpty(found) ? "nothing" : describeNode(found);
  return `${title}: expected a map with its source, e.g. { ${sources[0] ?? "const"}: … }, found ${what}`;
}

function defaultsOf(node: MapNode, { report, sources }: StructureContext): MapNode | undefined {
  const defaults = childOf(node, "defaults");
  if (defaults === undefined) return undefined;
  if (defaults.kind !== "map") {
    reportError(
      report,
      defaults.place,
      `defaults: expected keys for every resource of this object, found ${describeNode(defaults)}`,
      "LG210",
    );
    return undefined;
  }
  for (const { key } of defaults.entries) {
    const isSource = sources.includes(key.text) || CORE_SOURCES.includes(key.text);
    if (isSource)
      reportError(
        report,
        key.place,
        `defaults: "${key.text}" is a source, which each resource has for itself`,
        "LG210",
      );
    if (key.text === "when")
      reportError(report, key.place, 'defaults: "when" stands beside the resources, for all of them', "LG210");
  }
  return defaults;
}

/** What has no raw value takes no defaults: `as` and `poll` mean nothing to it. */
function withDefaults(node: MapNode, defaults: MapNode | undefined, sources: readonly string[]): MapNode {
  if (
    defaults === undefined ||
    isDerived(node, sources) ||
    CORE_SOURCES.some((key) => entryOf(node, key) !== undefined)
  )
    return node;
  const added = defaults.entries.filter(({ key }) => entryOf(node, key.text) === undefined);
  return added.length === 0 ? node : { ...node, entries: [...node.entries, ...added] };
}
