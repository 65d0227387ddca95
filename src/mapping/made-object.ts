/** An object that a section of the mapping makes or completes: `identity:` object 3, `connectivity:` object 4. */
import type { Place } from "../errors.ts";
import type { MapEntry, MapNode, ScalarNode } from "../yaml/nodes.ts";
import type { StructureContext } from "./mapped-resource.ts";
import { type MappedObject, readObjects } from "./structure.ts";

export interface MadeObject {
  readonly id: number;
  /** Of the section. */
  readonly place: Place;
  /** Resource ID → source, as below `objects:`. */
  readonly entries: readonly MapEntry[];
}

/** The objects with this one among them; what the mapping itself says of it stands. */
export function withMade(
  objects: readonly MappedObject[],
  { id, place, entries }: MadeObject,
  context: StructureContext,
): readonly MappedObject[] {
  const own = objects.find(({ definition }) => definition.id === id);
  const version: MapEntry[] =
    own === undefined
      ? []
      : [{ key: scalar(place, "version"), value: { ...scalar(place, own.definition.version), quoted: true } }];
  const body: MapNode = { kind: "map", place, entries: [...version, ...entries] };
  const [made] = readObjects(
    { kind: "map", place, entries: [{ key: scalar(place, String(id)), value: body }] },
    context,
  );
  if (made === undefined) return objects;
  if (own === undefined) return [...objects, made];
  const points = new Set(own.resources.map(({ point }) => point));
  const added = made.resources.filter(({ point }) => !points.has(point));
  return objects.map((object) => (object === own ? { ...own, resources: [...own.resources, ...added] } : object));
}

/** A map with one key: `{ const: … }`. */
export function singleEntry(key: string, value: ScalarNode): MapNode {
  const { place } = value;
  return { kind: "map", place, entries: [{ key: scalar(place, key), value }] };
}

export function scalar(place: Place, text: string): ScalarNode {
  return { kind: "scalar", place, text, quoted: false };
}
