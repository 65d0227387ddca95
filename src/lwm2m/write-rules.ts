/** What a Write or a Create may put where: Core 1.2 §6.3.3, §6.3.6, §6.3.9; the codes of Transport 1.2 §6.4. */
import { CODE } from "../coap/codes.ts";
import { Lwm2mError } from "../errors.ts";
import type { ObjectDefinition } from "./objects/definition.ts";
import { isWithin, LEVEL, makePath, type Path, pathDepth, pathParts } from "./path.ts";
import { type Place, resourceOf } from "./place.ts";
import { badRequest, notAllowed } from "./refusals.ts";
import type { PathValue } from "./sample.ts";
import type { Edit, ResourceModel, TreeModel } from "./tree.ts";
import { checkValue } from "./value-check.ts";

/** Those of the values that are written, all of them checked. Throws Lwm2mError where one of them cannot be. */
export function acceptedValues(
  path: Path,
  values: readonly PathValue[],
  { place, model }: { readonly place: Place; readonly model: TreeModel },
): PathValue[] {
  const seen = new Set<Path>();
  return values.filter((value) => {
    if (!isWithin(value.path, path)) throw badRequest(`the payload names ${value.path}, which is not below ${path}`);
    if (seen.has(value.path)) throw badRequest(`the payload has ${value.path} twice`);
    seen.add(value.path);
    return acceptsValue(value, place, model);
  });
}

/** Whether to write this value; false for a resource that is not here, which Core §6.3.3 lets us skip. */
export function acceptsValue(value: PathValue, place: Place, model: TreeModel): boolean {
  const { resource: id = -1, resourceInstance } = pathParts(value.path);
  const resource = resourceOf(place, id);
  if (resource === undefined && !(place.editable && place.object.definition.resources.has(id))) return false;
  if (resource?.operations.includes("W") !== true) throw notAllowed(`${value.path} cannot be written`);
  checkInstance(value.path, resource, { instance: resourceInstance, editable: place.editable });
  checkValue(value, resource.definition, model);
  return true;
}

/** What a Write at this path may do to its resource as a whole. */
export function checkResourceWrite(path: Path, resource: ResourceModel, mode: "replace" | "update"): void {
  if (!resource.operations.includes("W")) throw notAllowed(`${path} cannot be written`);
  if (mode === "update" && resource.instances === undefined) {
    throw notAllowed(`${path} is a single resource: write it by PUT`);
  }
}

/** A replacing Write takes away first what it does not name. Throws 4.00 where an instance would lack what it must have. */
export function writeEdits(path: Path, { resources, object }: Place, write: Writing): Edit[] {
  const sets = write.values.map((value): Edit => ({ type: "set", ...value }));
  if (write.mode === "update") return sets;
  switch (pathDepth(path)) {
    case LEVEL.instance: {
      checkMandatory(path, object.definition, write.values);
      const writable = [...(resources ?? [])].filter(([, { operations }]) => operations.includes("W"));
      const removals = writable.map(
        ([resource]): Edit => ({
          type: "remove",
          path: makePath({ ...pathParts(path), resource }),
        }),
      );
      return [...removals, ...sets];
    }
    case LEVEL.resource:
      return [{ type: "remove", path }, ...sets];
    default:
      return sets;
  }
}

/** What only reads is left out of a Create without error; a mandatory resource without value makes it 4.00. */
export function creationEdits(
  instance: Path,
  values: readonly PathValue[],
  { place, model }: { readonly place: Place; readonly model: TreeModel },
): Edit[] {
  const { object } = place;
  checkRoom(instance, place);
  const writable = values.filter(({ path }) => {
    const { resource = -1 } = pathParts(path);
    return object.definition.resources.get(resource)?.operations.includes("W") === true;
  });
  const accepted = acceptedValues(instance, writable, { place, model });
  checkMandatory(instance, object.definition, accepted);
  return [{ type: "create", path: instance }, ...accepted.map((value): Edit => ({ type: "set", ...value }))];
}

export interface Writing {
  readonly values: readonly PathValue[];
  readonly mode: "replace" | "update";
}

/** An object of one instance has that as 0 (Core §6.3.6). */
function checkRoom(path: Path, { object: { definition, instances } }: Place): void {
  const { instance = -1 } = pathParts(path);
  if (instances.has(instance)) throw badRequest(`${path} is there already`);
  if (definition.multiple) return;
  if (instances.size > 0) throw badRequest(`${path}: object ${definition.id} has one instance, and it is there`);
  if (instance !== 0) throw badRequest(`${path}: object ${definition.id} has one instance, which is 0`);
}

function checkMandatory(path: Path, { resources }: ObjectDefinition, values: readonly PathValue[]): void {
  const given = new Set(values.map((value) => pathParts(value.path).resource));
  const missing = [...resources.values()].find(
    ({ id, mandatory, operations }) => mandatory && operations.includes("W") && !given.has(id),
  );
  if (missing !== undefined) throw badRequest(`${path} must have a value of ${missing.name} (${missing.id})`);
}

interface InstanceWish {
  readonly instance: number | undefined;
  readonly editable: boolean;
}

function checkInstance(path: Path, { instances }: ResourceModel, { instance, editable }: InstanceWish): void {
  if (instances === undefined) {
    if (instance !== undefined) throw notAllowed(`${path}: the resource has no instances`);
    return;
  }
  if (instance === undefined) throw badRequest(`${path} has several instances: the value must name one`);
  // Transport 1.2, table of response codes: to make an instance of a resource where that is not possible is 4.01.
  if (!editable && !instances.includes(instance)) throw new Lwm2mError(CODE.unauthorized, `${path} cannot be created`);
}
