import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { type Path, pathParts } from "../lwm2m/path.ts";

/** What the registry, or a vendor's definition, calls what is at a path. */
export interface ResourceName {
  readonly name: string;
  /** Absent: it has none, or the mapping chose it. */
  readonly unit?: string;
}

export type NameOf = (path: Path) => ResourceName | undefined;

/** Asked for each of a million values: each resource is looked up once. */
export function namesOf(catalogue: ObjectCatalogue): NameOf {
  const known = new Map<string, ResourceName | undefined>();
  return (path) => {
    const { object, resource } = pathParts(path);
    if (object === undefined || resource === undefined) return undefined;
    const key = `${object}/${resource}`;
    if (known.has(key)) return known.get(key);
    const definition = catalogue.find(object)?.resources.get(resource);
    const found =
      definition === undefined
        ? undefined
        : { name: definition.name.trim(), ...(definition.unit === undefined ? {} : { unit: definition.unit }) };
    known.set(key, found);
    return found;
  };
}
