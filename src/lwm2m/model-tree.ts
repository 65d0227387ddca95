/**
 * The rules of LwM2M over what a device, or the gateway itself, can do: Core 1.2 §6.3.1 Read, §6.3.2 Discover, §6.3.3 Write,
 * §6.3.5 Execute, §6.3.6 Create, §6.3.7 Delete; the codes of Transport 1.2 §6.4.
 */
import { CODE } from "../coap/codes.ts";
import { Lwm2mError } from "../errors.ts";
import { readComposite } from "./composite-read.ts";
import { parseExecuteArguments } from "./execute-arguments.ts";
import type { TypeInfo, TypeOf } from "./formats/codec.ts";
import type { CompositeRecord } from "./formats/composite.ts";
import { discoverLinks } from "./model-links.ts";
import type { ResourceDefinition } from "./objects/definition.ts";
import { isWithin, LEVEL, makePath, type Path, type PathParts, parentPath, pathDepth, pathParts } from "./path.ts";
import { findPlace, type Place } from "./place.ts";
import { badRequest, notAllowed, notDone, notFound } from "./refusals.ts";
import type { PathValue, Sample } from "./sample.ts";
import type {
  BackedTree,
  Backing,
  Commit,
  Edit,
  Intent,
  Link,
  ReadOutcome,
  Reception,
  ResourceModel,
  TreeModel,
} from "./tree.ts";
import { acceptedValues, acceptsValue, checkResourceWrite, creationEdits, writeEdits } from "./write-rules.ts";

/**
 * An object tree over a backing. Where the instances are the servers' to make and remove, a replacing Write replaces; a
 * device's resources are fixed: there it writes what is given and leaves the rest as it is.
 */
export class ModelTree implements BackedTree {
  readonly prefix: string;
  readonly backing: Backing;

  constructor(backing: Backing) {
    this.prefix = backing.prefix;
    this.backing = backing;
  }

  get typeOf(): TypeOf {
    return typesOf(this.backing.model);
  }

  check(path: Path, intent?: Intent): void {
    const { parts, resource, editable } = this.find(path, intent);
    if (intent === "create" && !editable) throw madeByGateway(path);
    if (intent === "write" || intent === "create") this.backing.permit?.(path, intent);
    if (intent === "report" && resource !== undefined) checkRead(path, parts, resource);
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

  receive(path: Path, size?: number): Reception | undefined {
    const { resource } = this.find(path, "write");
    if (resource?.operations.includes("W") !== true) throw notAllowed(`${path} cannot be written`);
    this.backing.permit?.(path, "write");
    return this.backing.receive?.(path, size);
  }

  async write(path: Path, values: readonly PathValue[], mode: "replace" | "update"): Promise<void> {
    const place = this.find(path, "write");
    const { parts, resources, resource } = place;
    if (resources === undefined) throw notAllowed(`${path} is an object; write to an instance or below`);
    if (resource !== undefined) checkResourceWrite(path, resource, mode);
    const accepted = acceptedValues(path, values, { place, model: this.backing.model });
    const one = resource !== undefined && (resource.instances === undefined || parts.resourceInstance !== undefined);
    if (one && accepted.length === 0) throw badRequest(`the payload has no value for ${path}`);
    if (place.editable) await this.edit(writeEdits(path, place, { values: accepted, mode }));
    else if (accepted.length > 0) await this.backing.prepareWrite(accepted)();
  }

  readComposite(paths: readonly Path[]): Promise<readonly Sample[]> {
    return readComposite(this.backing, paths);
  }

  prepareWrite(records: readonly CompositeRecord[]): Commit {
    const wanted = this.wanted(records);
    const { editing } = this.backing;
    const edit = editing === undefined || wanted.edits.length === 0 ? undefined : editing.prepare(wanted.edits);
    const write = wanted.values.length === 0 ? undefined : this.prepareValues(wanted.values);
    // What only the disk must take comes last: a device fails more often.
    return async () => {
      await write?.();
      await edit?.();
    };
  }

  freeInstance(object: Path): number {
    const place = this.find(object);
    const { definition, instances } = place.object;
    const { editing } = this.backing;
    if (editing === undefined || !this.makes(place)) throw madeByGateway(object);
    if (!definition.multiple && instances.size > 0) throw badRequest(`${object} has one instance, and it is there`);
    return editing.freeInstance(definition.id);
  }

  async create(instance: Path, values: readonly PathValue[]): Promise<void> {
    const object = parentPath(instance) ?? instance;
    const place = this.find(object);
    if (!this.makes(place)) throw madeByGateway(object);
    this.backing.permit?.(object, "create");
    await this.edit(creationEdits(instance, values, { place, model: this.backing.model }));
  }

  async delete(path: Path): Promise<void> {
    const place = this.find(path);
    if (place.resource === undefined && !this.makes(place)) throw madeByGateway(path);
    // Transport 1.2, table of response codes: an instance of a resource that may not be deleted is 4.01.
    if (!place.editable) throw new Lwm2mError(CODE.unauthorized, `${path} cannot be deleted`);
    this.backing.permit?.(path, "delete");
    await this.edit([{ type: "remove", path }]);
  }

  async execute(path: Path, args: string): Promise<void> {
    const { resource, parts } = this.find(path);
    if (resource?.operations !== "E" || parts.resourceInstance !== undefined) {
      throw notAllowed(`${path} cannot be executed`);
    }
    this.backing.permit?.(path, "execute");
    parseExecuteArguments(args);
    await this.backing.execute(path, args);
  }

  discover(path: Path, depth?: number): readonly Link[] {
    if (pathParts(path).object !== undefined) this.find(path);
    return discoverLinks(this.backing.model, path, depth);
  }

  /** A Write-Composite skips nothing: all of it, or none (Core §6.3.9). */
  private wanted(records: readonly CompositeRecord[]): {
    readonly values: readonly PathValue[];
    readonly edits: readonly Edit[];
  } {
    const values: PathValue[] = [];
    const edits: Edit[] = [];
    const set = new Set<Path>();
    for (const record of records) {
      const { type, path } = record;
      if (!this.isEditable(path)) {
        const place = this.find(path);
        if (type === "removal") throw new Lwm2mError(CODE.unauthorized, `${path} cannot be deleted`);
        if (!acceptsValue(record, place, this.backing.model)) throw notFound(path);
        values.push({ path, value: record.value });
      } else if (type === "removal") {
        // What an earlier record makes, a later one may take away again.
        if (!set.has(path)) this.find(path);
        edits.push({ type: "remove", path });
      } else {
        // An instance of a resource may be the one that this record makes.
        const resource = pathDepth(path) === LEVEL.resourceInstance ? (parentPath(path) ?? path) : path;
        const place = this.find(resource, "write");
        if (!acceptsValue(record, place, this.backing.model)) throw notFound(path);
        edits.push({ type: "set", path, value: record.value });
        set.add(path);
      }
    }
    return { values, edits };
  }

  /** All or nothing: where one of several devices is away, the others are not asked to begin. */
  private prepareValues(values: readonly PathValue[]): Commit {
    const absence = this.backing.absence?.(values.map(({ path }) => path));
    if (absence !== undefined) throw notDone(absence);
    return this.backing.prepareWrite(values);
  }

  private async edit(edits: readonly Edit[]): Promise<void> {
    const { editing } = this.backing;
    if (editing !== undefined && edits.length > 0) await editing.prepare(edits)();
  }

  /** Whether servers make and remove the instances of this object. */
  private makes({ editable, object }: Place): boolean {
    return editable && this.backing.editing?.fixed?.has(object.definition.id) !== true;
  }

  private isEditable(path: Path): boolean {
    return this.backing.editing?.objects.has(pathParts(path).object ?? -1) ?? false;
  }

  private find(path: Path, intent?: Intent): Place {
    return findPlace(this.backing, path, intent);
  }
}

function madeByGateway(path: Path): Lwm2mError {
  return notAllowed(`the instances of ${path} are made by the gateway`);
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

/** One for all trees of a model, which thousands of devices share. */
const types = new WeakMap<TreeModel, TypeOf>();

function typesOf(model: TreeModel): TypeOf {
  const known = types.get(model);
  if (known !== undefined) return known;
  const typeOf: TypeOf = (path) => {
    const { object, resource } = pathParts(path);
    if (object === undefined || resource === undefined) return undefined;
    const definition = model.get(object)?.definition.resources.get(resource);
    return definition !== undefined && holdsValue(definition) ? definition : undefined;
  };
  types.set(model, typeOf);
  return typeOf;
}

/** The definition is the answer itself: every read asks for it more than once. */
function holdsValue(definition: ResourceDefinition): definition is ResourceDefinition & TypeInfo {
  return definition.type !== undefined;
}
