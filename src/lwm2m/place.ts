/** What stands at a path, and what any operation there meets first: Core 1.2 §6.3; the codes of Transport 1.2 §6.4. */
import { CODE } from "../coap/codes.ts";
import { Lwm2mError } from "../errors.ts";
import type { ObjectDefinition } from "./objects/definition.ts";
import { type Path, type PathParts, pathParts } from "./path.ts";
import { badRequest, notAllowed, notFound, PROTECTED_OBJECTS } from "./refusals.ts";
import type { Backing, Intent, ObjectModel, ResourceModel } from "./tree.ts";

export interface Place {
  readonly parts: PathParts;
  readonly object: ObjectModel;
  /** Servers make, fill and remove the instances of this object. */
  readonly editable: boolean;
  /** Of the instance that the path names or lies in. */
  readonly resources?: ReadonlyMap<number, ResourceModel>;
  readonly resource?: ResourceModel;
}

/**
 * What is at a path; a `write` also finds a resource that it would make. Throws Lwm2mError 4.04 where nothing is, 4.05 for an
 * instance of a single resource, 4.01 for a protected object.
 */
export function findPlace(backing: Pick<Backing, "prefix" | "model" | "editing">, path: Path, intent?: Intent): Place {
  const parts = pathParts(path);
  const { prefix, object: id, instance, resource: resourceId, resourceInstance } = parts;
  if (prefix !== backing.prefix) throw notFound(path);
  if (id === undefined) throw badRequest(`${path} names no object`);
  if (prefix === "" && PROTECTED_OBJECTS.has(id)) {
    throw new Lwm2mError(CODE.unauthorized, `object ${id} is not open to a server`);
  }
  const object = backing.model.get(id);
  if (object === undefined) throw notFound(path);
  const editable = backing.editing?.objects.has(id) ?? false;
  if (instance === undefined) return { parts, object, editable };
  const resources = object.instances.get(instance);
  if (resources === undefined) throw notFound(path);
  if (resourceId === undefined) return { parts, object, editable, resources };
  const absent = editable && intent === "write" ? absentResource(object.definition, resourceId) : undefined;
  const resource = resources.get(resourceId) ?? absent;
  if (resource === undefined) throw notFound(path);
  if (resourceInstance !== undefined) {
    if (resource.instances === undefined) throw notAllowed(`${path}: the resource has no instances`);
    if (!resource.instances.includes(resourceInstance)) throw notFound(path);
  }
  return { parts, object, editable, resources, resource };
}

/** A resource of the instance; where servers fill it, also one that the instance does not have yet. */
export function resourceOf({ object, editable, resources }: Place, id: number): ResourceModel | undefined {
  return resources?.get(id) ?? (editable ? absentResource(object.definition, id) : undefined);
}

/** A resource that a Write could make. */
function absentResource({ resources }: ObjectDefinition, id: number): ResourceModel | undefined {
  const definition = resources.get(id);
  if (definition?.operations.includes("W") !== true) return undefined;
  const { operations, multiple } = definition;
  return { definition, operations, ...(multiple ? { instances: [] } : {}) };
}
