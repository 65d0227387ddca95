/**
 * The rules of LwM2M over what a device, or the gateway itself, can do: Core 1.2 §6.3.1 Read, §6.3.2 Discover, §6.3.3 Write,
 * §6.3.5 Execute, §6.3.6 Create, §6.3.7 Delete; the codes of Transport 1.2 §6.4.
 */
import { CODE } from "../coap/codes.ts";
import { Lwm2mError } from "../errors.ts";
import { readComposite } from "./composite-read.ts";
import { parseExecuteArguments } from "./execute-arguments.ts";
import type { TypeOf } from "./formats/codec.ts";
import type { CompositeRecord } from "./formats/composite.ts";
import { discoverLinks } from "./model-links.ts";
import { isWithin, makePath, type Path, type PathParts, parentPath, pathParts } from "./path.ts";
import { badRequest, notAllowed, notDone, notFound, PROTECTED_OBJECTS } from "./refusals.ts";
import type { PathValue, Sample } from "./sample.ts";
import type { Backing, Commit, Link, ObjectModel, ObjectTree, ReadOutcome, ResourceModel } from "./tree.ts";
import { checkValue } from "./value-check.ts";

/**
 * An object tree whose objects and instances are made by the gateway. Since a device's resources are fixed, a replacing
 * Write writes what is given and leaves the rest as it is: nothing can be removed, so nothing is.
 */
export class ModelTree implements ObjectTree {
  readonly prefix: string;
  private readonly backing: Backing;

  constructor(backing: Backing) {
    this.prefix = backing.prefix;
    this.backing = backing;
  }

  readonly typeOf: TypeOf = (path) => {
    const { object, resource } = pathParts(path);
    if (object === undefined || resource === undefined) return undefined;
    const definition = this.backing.model.get(object)?.definition.resources.get(resource);
    return definition?.type === undefined ? undefined : { type: definition.type, multiple: definition.multiple };
  };

  check(path: Path, _intent?: "write"): void {
    this.find(path);
  }

  async read(path: Path): Promise<readonly Sample[]> {
    const place = this.find(path);
    if (place.resource !== undefined) {
      const whole = checkRead(path, place.parts, place.resource);
      const [outcome = []] = await this.backing.read([whole]);
      return samplesAt(path, whole, place.resource, outcome);
    }
    const resources = readableBelow(place, this.prefix);
    return resources.length === 0 ? [] : joined(await this.backing.read(resources), path);
  }

  async write(path: Path, values: readonly PathValue[], mode: "replace" | "update"): Promise<void> {
    const place = this.find(path);
    if (place.resources === undefined) throw notAllowed(`${path} is an object; write to an instance or below`);
    if (place.resource !== undefined) checkResourceWrite(path, place.resource, mode);
    const seen = new Set<Path>();
    const accepted = values.filter((value) => {
      if (!isWithin(value.path, path)) throw badRequest(`the payload names ${value.path}, which is not below ${path}`);
      if (seen.has(value.path)) throw badRequest(`the payload has ${value.path} twice`);
      seen.add(value.path);
      return this.accepts(value, place);
    });
    if (accepted.length === 0 && place.resource?.instances === undefined && place.resource !== undefined) {
      throw badRequest(`the payload has no value for ${path}`);
    }
    if (accepted.length > 0) await this.backing.prepareWrite(accepted)();
  }

  readComposite(paths: readonly Path[]): Promise<readonly Sample[]> {
    return readComposite(this.backing, paths);
  }

  prepareWrite(records: readonly CompositeRecord[]): Commit {
    // All or nothing: where one of several devices is away, the others are not asked to begin.
    const absence = this.backing.absence?.();
    if (absence !== undefined) throw notDone(absence);
    return this.backing.prepareWrite(records.map((record) => this.written(record)));
  }

  freeInstance(object: Path): number {
    this.find(object);
    throw notAllowed(`the instances of ${object} are made by the gateway`);
  }

  async create(instance: Path, _values: readonly PathValue[]): Promise<void> {
    this.freeInstance(parentPath(instance) ?? instance);
  }

  async delete(path: Path): Promise<void> {
    const { resource } = this.find(path);
    // Transport 1.2, table of response codes: an instance of a resource that may not be deleted is 4.01.
    if (resource !== undefined) throw new Lwm2mError(CODE.unauthorized, `${path} cannot be deleted`);
    throw notAllowed(`the instances of ${path} are made by the gateway`);
  }

  async execute(path: Path, args: string): Promise<void> {
    const { resource, parts } = this.find(path);
    if (resource?.operations !== "E" || parts.resourceInstance !== undefined) {
      throw notAllowed(`${path} cannot be executed`);
    }
    parseExecuteArguments(args);
    await this.backing.execute(path, args);
  }

  discover(path: Path, depth?: number): readonly Link[] {
    if (pathParts(path).object !== undefined) this.find(path);
    return discoverLinks(this.backing.model, path, depth);
  }

  /** A Write-Composite skips nothing: all of it, or none (Core §6.3.9). */
  private written(record: CompositeRecord): PathValue {
    const place = this.find(record.path);
    if (record.type === "removal") throw new Lwm2mError(CODE.unauthorized, `${record.path} cannot be deleted`);
    if (!this.accepts(record, place)) throw notFound(record.path);
    return { path: record.path, value: record.value };
  }

  /** Whether to write this value; false for a resource that is not here, which Core §6.3.3 lets us skip. */
  private accepts(value: PathValue, place: Place): boolean {
    const { resource: id = -1, resourceInstance } = pathParts(value.path);
    const resource = place.resources?.get(id);
    if (resource === undefined) return false;
    if (!resource.operations.includes("W")) throw notAllowed(`${value.path} cannot be written`);
    checkInstance(value.path, resource, resourceInstance);
    checkValue(value, resource.definition, this.backing.model);
    return true;
  }

  /** What is at a path. */
  private find(path: Path): Place {
    const parts = pathParts(path);
    const { prefix, object: id, instance, resource: resourceId, resourceInstance } = parts;
    if (prefix !== this.prefix) throw notFound(path);
    if (id === undefined) throw badRequest(`${path} names no object`);
    if (prefix === "" && PROTECTED_OBJECTS.has(id)) {
      throw new Lwm2mError(CODE.unauthorized, `object ${id} is not open to a server`);
    }
    const object = this.backing.model.get(id);
    if (object === undefined) throw notFound(path);
    if (instance === undefined) return { parts, object };
    const resources = object.instances.get(instance);
    if (resources === undefined) throw notFound(path);
    if (resourceId === undefined) return { parts, object, resources };
    const resource = resources.get(resourceId);
    if (resource === undefined) throw notFound(path);
    if (resourceInstance !== undefined) {
      if (resource.instances === undefined) throw notAllowed(`${path}: the resource has no instances`);
      if (!resource.instances.includes(resourceInstance)) throw notFound(path);
    }
    return { parts, object, resources, resource };
  }
}

interface Place {
  readonly parts: PathParts;
  readonly object: ObjectModel;
  /** Of the instance that the path names or lies in. */
  readonly resources?: ReadonlyMap<number, ResourceModel>;
  readonly resource?: ResourceModel;
}

/** The path of the resource that a readable path names or lies in. */
function checkRead(path: Path, { resourceInstance }: PathParts, resource: ResourceModel): Path {
  if (!resource.operations.includes("R")) throw notAllowed(`${path} cannot be read`);
  return resourceInstance === undefined ? path : (parentPath(path) ?? path);
}

/** Of what was read of a whole resource, the samples at the path. */
function samplesAt(path: Path, whole: Path, { instances }: ResourceModel, outcome: ReadOutcome): readonly Sample[] {
  if (outcome instanceof Lwm2mError) throw outcome;
  const samples = path === whole ? outcome : outcome.filter((sample) => isWithin(sample.path, path));
  if (samples.length === 0 && (instances === undefined || path !== whole)) {
    throw notDone(`${path} has no value`);
  }
  return samples;
}

function readableBelow({ parts, object, resources }: Place, prefix: string): Path[] {
  const instances = resources === undefined ? [...object.instances] : [[parts.instance ?? 0, resources] as const];
  return instances.flatMap(([instance, all]) =>
    [...all]
      .filter(([, { operations }]) => operations.includes("R"))
      .map(([resource]) => makePath({ prefix, object: object.definition.id, instance, resource })),
  );
}

/** Failures are left out; only where nothing could be read the first of them is the answer. */
function joined(outcomes: readonly ReadOutcome[], path: Path): readonly Sample[] {
  const failures = outcomes.filter((outcome) => outcome instanceof Lwm2mError);
  const [first] = failures;
  if (first !== undefined && failures.length === outcomes.length) {
    throw notDone(`nothing of ${path} could be read: ${first.message}`, {
      cause: first,
    });
  }
  return outcomes.flatMap((outcome) => (outcome instanceof Lwm2mError ? [] : outcome));
}

function checkResourceWrite(path: Path, resource: ResourceModel, mode: "replace" | "update"): void {
  if (!resource.operations.includes("W")) throw notAllowed(`${path} cannot be written`);
  if (mode === "update" && resource.instances === undefined) {
    throw notAllowed(`${path} is a single resource: write it by PUT`);
  }
}

function checkInstance(path: Path, { instances }: ResourceModel, instance: number | undefined): void {
  if (instances === undefined) {
    if (instance !== undefined) throw notAllowed(`${path}: the resource has no instances`);
    return;
  }
  if (instance === undefined) throw badRequest(`${path} has several instances: the value must name one`);
  // Transport 1.2, table of response codes: to make an instance of a resource where that is not possible is 4.01.
  if (!instances.includes(instance)) throw new Lwm2mError(CODE.unauthorized, `${path} cannot be created`);
}
