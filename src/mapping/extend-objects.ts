/** The objects of one mapping laid over those of another: by object, instance and resource, however each file names them. */
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { mergeMaps } from "../yaml/merge.ts";
import { entryOf, isEmpty, type MapEntry, type MapNode, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { CORE_RESOURCE_KEYS, CORE_SOURCES } from "./keys.ts";
import { INSTANCE_KEYS, OBJECT_KEYS, objectId, resourceId, versionsOf } from "./names.ts";

interface Context {
  readonly catalogue: ObjectCatalogue;
  readonly sources: readonly string[];
  readonly report: Report;
  readonly onChange: (path: string) => void;
}

export function mergeObjects(below: MapNode, above: MapNode, context: Context): MapNode {
  const { catalogue, report } = context;
  const identity = (key: ScalarNode): string => String(objectId(key, { catalogue, report: ignore }) ?? key.text);
  return mergeMaps(below, above, {
    report,
    identity,
    both: (one, other) => mergeObject(one, other, { ...context, path: identity(other.key) }),
    onChange: ({ key, value }, old) => {
      if (old === undefined || value.kind !== "map") context.onChange(identity(key));
    },
  });
}

interface ObjectContext extends Context {
  /** The object's ID. */
  readonly path: string;
}

function mergeObject(below: MapEntry, above: MapEntry, context: ObjectContext): YamlNode {
  if (below.value.kind !== "map" || above.value.kind !== "map") return above.value;
  const { report, path } = context;
  const [lower, upper] = [splitObject(below.value), splitObject(above.value)];
  const beside = mergeMaps(lower.beside, upper.beside, {
    report,
    both: (one, other) => mergeBeside(one, other, report),
    // Keys for all resources, or a condition: what was said of any of them may not hold.
    onChange: ({ key }) => {
      if (key.text !== "version") context.onChange(path);
    },
  });
  const children = mergeChildren(lower.children, upper.children, context);
  return { ...above.value, entries: [...beside.entries, ...children.entries] };
}

function mergeBeside(below: MapEntry, above: MapEntry, report: Report): YamlNode {
  return below.value.kind === "map" && above.value.kind === "map"
    ? mergeMaps(below.value, above.value, { report })
    : above.value;
}

/** What stands beside the resources, and the resources or instances. */
function splitObject(node: MapNode): { readonly beside: MapNode; readonly children: MapNode } {
  const isBeside = ({ key }: MapEntry): boolean => OBJECT_KEYS.has(key.text);
  return {
    beside: { ...node, entries: node.entries.filter(isBeside) },
    children: { ...node, entries: node.entries.filter((entry) => !isBeside(entry)) },
  };
}

function mergeChildren(below: MapNode, above: MapNode, context: ObjectContext): MapNode {
  const { report, path } = context;
  const several = hasInstances(below, context);
  if (!several && !hasInstances(above, context)) {
    return mergeResources(below, above, { ...context, path: `${path}/0` });
  }
  const upper = hasInstances(above, context) || (several && onlyRemoves(above)) ? above : asInstance(above);
  return mergeMaps(several ? below : asInstance(below), upper, {
    report,
    both: (one, other) => {
      if (one.value.kind !== "map" || other.value.kind !== "map") return other.value;
      return mergeResources(one.value, other.value, { ...context, path: `${path}/${other.key.text}` });
    },
    onChange: ({ key, value }, old) => {
      if (old === undefined || isEmpty(value)) context.onChange(`${path}/${key.text}`);
    },
  });
}

/** Resources without an instance are those of instance 0. */
function asInstance(node: MapNode): MapNode {
  if (node.entries.length === 0) return node;
  const key: ScalarNode = { kind: "scalar", place: node.place, text: "0", quoted: false };
  return { ...node, entries: [{ key, value: node }] };
}

/** As the reader of objects tells instances, but for resources that are taken away. */
function hasInstances({ entries }: MapNode, { sources }: Context): boolean {
  const ofResource = new Set([...CORE_RESOURCE_KEYS, ...CORE_SOURCES, ...sources]);
  return entries.some(
    ({ key, value }) =>
      /^[0-9]+$/.test(key.text) &&
      value.kind === "map" &&
      value.entries.length > 0 &&
      value.entries.every(
        (inner) =>
          INSTANCE_KEYS.has(inner.key.text) ||
          ((inner.value.kind !== "scalar" || isEmpty(inner.value)) && !ofResource.has(inner.key.text)),
      ),
  );
}

function onlyRemoves({ entries }: MapNode): boolean {
  return entries.every(({ key, value }) => /^[0-9]+$/.test(key.text) && isEmpty(value));
}

function mergeResources(below: MapNode, above: MapNode, context: ObjectContext): MapNode {
  const { catalogue, report, path } = context;
  const candidates = versionsOf(Number(path.split("/")[0]), catalogue);
  const identity = (key: ScalarNode): string => {
    const [, name = "", index = "0"] = /^(.*?)(?:\[([0-9]+)\])?$/s.exec(key.text) ?? [];
    if (INSTANCE_KEYS.has(key.text)) return key.text;
    const id = resourceId(name, key, candidates, { catalogue, report: ignore });
    return `${id ?? name}/${index}`;
  };
  return mergeMaps(below, above, {
    report,
    identity,
    both: (one, other) => mergeSource(one.value, other.value, context),
    onChange: ({ key }) => context.onChange(INSTANCE_KEYS.has(key.text) ? path : `${path}/${identity(key)}`),
  });
}

/**
 * The keys of one resource over those of another. A source takes the place of the source, and keys beside it stay; a constant
 * or the steps of an executable have nothing beside them, so they take the place of everything, and all takes theirs.
 */
export function mergeSource(
  below: YamlNode,
  above: YamlNode,
  { sources, report }: { readonly sources: readonly string[]; readonly report: Report },
): YamlNode {
  if (below.kind !== "map" || above.kind !== "map") return above;
  const stands = (node: MapNode, words: readonly string[]): boolean =>
    node.entries.some(({ key, value }) => words.includes(key.text) && !isEmpty(value));
  const isNew = stands(above, [...sources, ...CORE_SOURCES]);
  if (isNew && (stands(above, CORE_SOURCES) || stands(below, CORE_SOURCES))) return above;
  const kept = below.entries.filter(
    ({ key }) => !isNew || entryOf(above, key.text) !== undefined || !sources.includes(key.text),
  );
  return mergeMaps({ ...below, entries: kept }, above, { report });
}

function ignore(): void {}
