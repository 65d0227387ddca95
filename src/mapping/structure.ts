/** The `objects:` of a mapping: which resources there are, by name or ID, before anything is filled in. */
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import { MAX_ID } from "../lwm2m/path.ts";
import { childOf, describeNode, type MapEntry, type MapNode, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { reportError } from "../yaml/read.ts";
import { CORE_RESOURCE_KEYS } from "./keys.ts";
import { type MappedResource, placeResources, type StructureContext, type WrittenResource } from "./mapped-resource.ts";
import { INSTANCE_KEYS, OBJECT_KEYS, objectId, pinnedVersion, resourceId, versionsOf } from "./names.ts";

export interface MappedObject {
  readonly key: ScalarNode;
  readonly definition: ObjectDefinition;
  readonly resources: readonly MappedResource[];
}

/** The objects of a mapping, each with the resources that could be told; everything else was reported. */
export function readObjects(objects: MapNode, context: StructureContext): readonly MappedObject[] {
  const read = new Map<number, MappedObject>();
  for (const entry of objects.entries) {
    const object = readObject(entry, context);
    if (object === undefined) continue;
    const first = read.get(object.definition.id);
    if (first === undefined) read.set(object.definition.id, object);
    else {
      const line = first.key.place.line;
      reportError(
        context.report,
        entry.key.place,
        `object ${object.definition.id} stands here twice; first in line ${line}`,
        "LG312",
      );
    }
  }
  return [...read.values()];
}

function readObject(entry: MapEntry, context: StructureContext): MappedObject | undefined {
  const { report, catalogue } = context;
  const id = objectId(entry.key, context);
  if (id === undefined) return undefined;
  if (entry.value.kind !== "map") {
    reportError(
      report,
      entry.value.place,
      `object ${id}: expected its resources, found ${describeNode(entry.value)}`,
      "LG310",
    );
    return undefined;
  }
  const pinned = pinnedVersion(id, entry.value, context);
  if (pinned === "wrong") return undefined;
  const candidates = pinned === undefined ? versionsOf(id, catalogue) : [pinned];
  if (entry.value.entries.every(({ key }) => OBJECT_KEYS.has(key.text))) {
    reportError(report, entry.key.place, `object ${id} has no resources here`, "LG310");
    return undefined;
  }
  const ofObject = conditionOf(entry.value);
  const written = instancesOf(entry.value, candidates, context).flatMap(({ instance, resources, conditions }) =>
    resources
      .flatMap((resource) => readKey(resource, instance, candidates, context))
      .map((resource) => ({ ...resource, conditions: [...ofObject, ...conditions] })),
  );
  const ids = new Set(written.map(({ resource }) => resource));
  const definition = pinned ?? catalogue.lowestVersionWith(id, ids);
  if (definition === undefined) {
    reportError(
      report,
      entry.key.place,
      `no version of object ${id} has all of the resources ${[...ids].join(", ")}`,
      "LG311",
    );
    return undefined;
  }
  checkInstances(written, definition, context);
  return { key: entry.key, definition, resources: placeResources(written, definition, entry.value, context) };
}

/** What `when:` says beside the keys of a map. */
function conditionOf(node: MapNode): readonly YamlNode[] {
  const condition = childOf(node, "when");
  return condition === undefined ? [] : [condition];
}

interface WrittenInstance {
  readonly instance: number;
  readonly resources: readonly MapEntry[];
  readonly conditions: readonly YamlNode[];
}

/** What stands below an object is either resources (then of instance 0) or instances with resources. */
function instancesOf(
  node: MapNode,
  candidates: readonly ObjectDefinition[],
  context: StructureContext,
): readonly WrittenInstance[] {
  const children = node.entries.filter(({ key }) => !OBJECT_KEYS.has(key.text));
  const isName = (key: ScalarNode): boolean =>
    !/^[0-9]+$/.test(key.text) && resourceId(key.text, key, candidates, { ...context, report: () => {} }) !== undefined;
  const instances = children.filter(({ key, value }) => isInstance(key, value, isName, context));
  if (instances.length === 0) return [{ instance: 0, resources: children, conditions: [] }];
  for (const { key } of children.filter((child) => !instances.includes(child))) {
    reportError(
      context.report,
      key.place,
      `"${key.text}" is a resource, but its neighbours are instances: do not mix them`,
      "LG333",
    );
  }
  return instances.map(({ key, value }) => ({
    instance: Number(key.text),
    resources: value.kind === "map" ? value.entries.filter((entry) => !INSTANCE_KEYS.has(entry.key.text)) : [],
    conditions: value.kind === "map" ? conditionOf(value) : [],
  }));
}

/**
 * A number whose map has only resources in it: maps, or lists of them, that are no key of a resource (`sine: {…}` is one); or
 * names of resources, whatever stands behind them.
 */
function isInstance(
  key: ScalarNode,
  value: YamlNode,
  isName: (key: ScalarNode) => boolean,
  { sources }: StructureContext,
): boolean {
  if (!/^[0-9]+$/.test(key.text) || value.kind !== "map" || value.entries.length === 0) return false;
  const isOfResource = (word: string): boolean => sources.includes(word) || CORE_RESOURCE_KEYS.includes(word);
  return value.entries.every(
    (entry) =>
      INSTANCE_KEYS.has(entry.key.text) ||
      (!isOfResource(entry.key.text) && (entry.value.kind !== "scalar" || isName(entry.key))),
  );
}

function readKey(
  entry: MapEntry,
  instance: number,
  candidates: readonly ObjectDefinition[],
  context: StructureContext,
): readonly Omit<WrittenResource, "conditions">[] {
  const [, name = "", index] = /^(.*?)(?:\[([0-9]+)\])?$/s.exec(entry.key.text) ?? [];
  const resource = resourceId(name, entry.key, candidates, context);
  if (resource === undefined) return [];
  const resourceInstance = index === undefined ? undefined : Number(index);
  if (instance >= MAX_ID || (resourceInstance ?? 0) >= MAX_ID) {
    reportError(context.report, entry.key.place, `IDs of instances end at ${MAX_ID - 1}`, "LG333");
    return [];
  }
  // Of several the first that applies is taken.
  const choices = entry.value.kind === "list" && entry.value.items.length > 0 ? entry.value.items : [entry.value];
  return choices.map((value) => ({ entry: { key: entry.key, value }, instance, resource, resourceInstance }));
}

function checkInstances(
  written: readonly Pick<WrittenResource, "instance" | "entry">[],
  definition: ObjectDefinition,
  { report }: StructureContext,
): void {
  if (definition.multiple) return;
  const other = written.find(({ instance }) => instance !== 0);
  if (other === undefined) return;
  const title = `object ${definition.id} (${definition.name.trim()})`;
  reportError(
    report,
    other.entry.key.place,
    `${title} has a single instance, number 0; found ${other.instance}`,
    "LG333",
  );
}
