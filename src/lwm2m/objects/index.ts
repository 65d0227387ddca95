/** The objects that we know: the facts of the OMA registry, all versions, and what vendors add to them. */
import { nearestNames } from "../../near-miss.ts";
import type { TypeInfo, TypeOf } from "../formats/codec.ts";
import { pathParts } from "../path.ts";
import data from "./catalogue.json" with { type: "json" };
import { type CompactObject, expandObject } from "./compact.ts";
import type { ObjectDefinition, ResourceDefinition } from "./definition.ts";
import { slug } from "./slug.ts";
import { compareVersions } from "./versions.ts";

/** One version of one object, not yet expanded. */
interface Entry {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly definition: () => ObjectDefinition;
}

/** An immutable set of object definitions; expands one when it is first asked for. */
export class ObjectCatalogue {
  /** By object ID, versions ascending. */
  private readonly entries: ReadonlyMap<number, readonly Entry[]>;
  private readonly names = new Map<string, readonly number[]>();
  private namesMade = false;
  /** By object ID; the entries never change. */
  private readonly types = new Map<number, ReadonlyMap<number, TypeInfo>>();

  constructor(entries: ReadonlyMap<number, readonly Entry[]>) {
    this.entries = entries;
  }

  /** That version, or the newest where none is named; undefined where it is unknown. */
  find(id: number, version?: string): ObjectDefinition | undefined {
    const entries = this.entries.get(id);
    const entry = version === undefined ? entries?.at(-1) : entries?.find((entry) => entry.version === version);
    return entry?.definition();
  }

  /** IDs of every known object, ascending. */
  ids(): readonly number[] {
    return [...this.entries.keys()].sort((a, b) => a - b);
  }

  /** The known versions of an object, oldest first; empty for an unknown object. */
  versions(id: number): readonly string[] {
    return (this.entries.get(id) ?? []).map(({ version }) => version);
  }

  /** IDs of the objects of this name (`voltage`, as slug() makes it): several where a name is taken twice, none where unknown. */
  byName(name: string): readonly number[] {
    return this.nameTable().get(slug(name)) ?? [];
  }

  /** Resources of this name in one definition: several where the registry repeats a name (then the ID is needed). */
  resourceByName(definition: ObjectDefinition, name: string): readonly ResourceDefinition[] {
    const wanted = slug(name);
    return [...definition.resources.values()].filter((resource) => slug(resource.name) === wanted);
  }

  /** Object names near to a mistyped one, best first. */
  nearest(name: string): readonly string[] {
    return nearestNames(name, this.nameTable().keys());
  }

  /** Resource names of one definition near to a mistyped one, best first. */
  nearestResource(definition: ObjectDefinition, name: string): readonly string[] {
    return nearestNames(
      name,
      [...definition.resources.values()].map((resource) => slug(resource.name)),
    );
  }

  /** The oldest version that has all these resources; undefined where none has. */
  lowestVersionWith(id: number, resources: Iterable<number>): ObjectDefinition | undefined {
    const wanted = [...resources];
    const entries = this.entries.get(id) ?? [];
    return entries.map((entry) => entry.definition()).find(({ resources }) => wanted.every((id) => resources.has(id)));
  }

  /** This catalogue and these definitions; a version that is known already is replaced. */
  withObjects(definitions: Iterable<ObjectDefinition>): ObjectCatalogue {
    const entries = new Map(this.entries);
    for (const definition of definitions) {
      const { id, name, version } = definition;
      const others = (entries.get(id) ?? []).filter((entry) => entry.version !== version);
      const all = [...others, { id, name, version, definition: () => definition }];
      entries.set(
        id,
        all.sort((a, b) => compareVersions(a.version, b.version)),
      );
    }
    return new ObjectCatalogue(entries);
  }

  /** What the newest known version of an object says of a path, whatever its prefix. */
  readonly typeOf: TypeOf = (path) => {
    const { object, resource } = pathParts(path);
    return object === undefined || resource === undefined ? undefined : this.typesOf(object).get(resource);
  };

  /** Of the resources that hold a value. Asked for every value of every payload: made once an object. */
  private typesOf(object: number): ReadonlyMap<number, TypeInfo> {
    const known = this.types.get(object);
    if (known !== undefined) return known;
    const definition = this.find(object);
    if (definition === undefined) return NO_TYPES;
    const types = typesOf(definition);
    this.types.set(object, types);
    return types;
  }

  private nameTable(): ReadonlyMap<string, readonly number[]> {
    if (this.namesMade) return this.names;
    for (const [id, entries] of this.entries) {
      for (const name of new Set(entries.map((entry) => slug(entry.name)))) {
        this.names.set(name, [...(this.names.get(name) ?? []), id]);
      }
    }
    this.namesMade = true;
    return this.names;
  }
}

const NO_TYPES: ReadonlyMap<number, TypeInfo> = new Map();

function typesOf({ resources }: ObjectDefinition): ReadonlyMap<number, TypeInfo> {
  const types = new Map<number, TypeInfo>();
  for (const { id, type, multiple } of resources.values()) if (type !== undefined) types.set(id, { type, multiple });
  return types;
}

/** What OMA has registered. */
export const catalogue: ObjectCatalogue = new ObjectCatalogue(entriesOf(data as unknown as readonly CompactObject[]));

function entriesOf(objects: readonly CompactObject[]): ReadonlyMap<number, readonly Entry[]> {
  const entries = new Map<number, Entry[]>();
  for (const object of objects) {
    const [id, name, version] = object;
    const entry = { id, name, version, definition: once(() => expandObject(object)) };
    const others = entries.get(id);
    if (others === undefined) entries.set(id, [entry]);
    else others.push(entry);
  }
  return entries;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
