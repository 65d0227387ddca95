/** Object 2 as one server sees it: everybody reads it, and only its owner changes an instance (Core 1.2 E.3). */
import type { UnixMillis } from "../../clock.ts";
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import { makePath, type Path, pathParts } from "../../lwm2m/path.ts";
import { badRequest, notAllowed, notFound } from "../../lwm2m/refusals.ts";
import type { PathValue, Sample, Value } from "../../lwm2m/sample.ts";
import type { Backing, Commit, Edit, Editing, ReadOutcome, ResourceModel, TreeModel } from "../../lwm2m/tree.ts";
import type { AccessTable } from "./access-table.ts";
import { type AccessEntry, ALL_RIGHTS, DEFAULT_SERVER } from "./rights.ts";

export const ACCESS_CONTROL = 2;

/** What an instance of object 2 is about, as it is shown. */
export interface ShownTarget {
  readonly object: number;
  /** WHOLE_OBJECT where it is about who makes instances. */
  readonly instance: number;
  /** Its own path. */
  readonly target: Path;
}

export interface AccessObjectOptions {
  readonly definition: ObjectDefinition;
  readonly table: AccessTable;
  /** Short Server ID of the one that sees it. */
  readonly server: number;
  /** What there is; asked each time. */
  readonly shown: () => readonly ShownTarget[];
  readonly wall: () => UnixMillis;
}

export class AccessObject implements Backing {
  readonly prefix = "";
  readonly editing: Editing = {
    objects: new Set([ACCESS_CONTROL]),
    fixed: new Set([ACCESS_CONTROL]),
    certain: true,
    freeInstance: () => {
      throw notAllowed("the instances of object 2 come and go with what they are about");
    },
    prepare: (edits) => this.prepare(edits),
  };
  private readonly options: AccessObjectOptions;

  constructor(options: AccessObjectOptions) {
    this.options = options;
  }

  get model(): TreeModel {
    const { definition, table } = this.options;
    const instances = [...this.instances()].map(([id, { target }]): [number, ReadonlyMap<number, ResourceModel>] => [
      id,
      resourcesOf(definition, table.entryOf(target)),
    ]);
    return new Map([[ACCESS_CONTROL, { definition, instances: new Map(instances) }]]);
  }

  /** By instance. Where no ID is left for it, nobody has a right that is not configured. */
  instances(): ReadonlyMap<number, ShownTarget> {
    const { table, shown } = this.options;
    return new Map(
      shown().flatMap((target): [number, ShownTarget][] => {
        const id = table.idOf(target.target);
        return id === undefined ? [] : [[id, target]];
      }),
    );
  }

  /** All that an instance says. */
  samplesOf(id: number, shown: ShownTarget): readonly Sample[] {
    const at = { prefix: "", object: ACCESS_CONTROL, instance: id };
    return RESOURCES.flatMap((resource) => this.samples({ ...at, resource }, shown));
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const instances = this.instances();
    return resources.map((path) => {
      const { instance = -1, resource = -1 } = pathParts(path);
      const shown = instances.get(instance);
      return shown === undefined
        ? notFound(path)
        : this.samples({ prefix: "", object: ACCESS_CONTROL, instance, resource }, shown);
    });
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    return this.prepare(values.map((value) => ({ type: "set", ...value })));
  }

  permit(path: Path): void {
    const { instance } = pathParts(path);
    if (instance !== undefined) this.demandOwner(path);
  }

  async execute(resource: Path): Promise<void> {
    throw notAllowed(`${resource} cannot be executed`);
  }

  /** Throws 4.01. Returns what the instance is about. */
  private demandOwner(path: Path): Path {
    const { table, server } = this.options;
    const target = table.targetOf(pathParts(path).instance ?? -1);
    if (target === undefined) throw notFound(path);
    const { owner } = table.entryOf(target);
    if (owner === server) return target;
    const whose = table.isServer(owner)
      ? `its owner is server ${owner}`
      : "the gateway's configuration says what it is";
    throw new Lwm2mError(CODE.unauthorized, `server ${server} may not change ${path}: ${whose}`);
  }

  private prepare(edits: readonly Edit[]): Commit {
    const entries = new Map<Path, AccessEntry>();
    for (const edit of edits) {
      const target = this.demandOwner(edit.path);
      entries.set(target, this.edited(entries.get(target) ?? this.options.table.entryOf(target), edit));
    }
    return async () => {
      for (const [target, entry] of entries) this.options.table.write(target, entry);
    };
  }

  private edited(entry: AccessEntry, edit: Edit): AccessEntry {
    const { resource, resourceInstance } = pathParts(edit.path);
    const value = edit.type === "set" ? edit.value : undefined;
    if (resource === OWNER) return value === undefined ? entry : { ...entry, owner: this.owner(edit.path, value) };
    if (resource !== ACL) throw notAllowed(`${edit.path} cannot be written`);
    if (resourceInstance === undefined) return { ...entry, acl: new Map() };
    const acl = new Map(entry.acl);
    if (value === undefined) acl.delete(resourceInstance);
    else acl.set(this.named(edit.path, resourceInstance), rights(edit.path, value));
    return { ...entry, acl };
  }

  private owner(path: Path, value: Value): number {
    if (typeof value === "number" && this.options.table.isServer(value)) return value;
    throw badRequest(`${path}: there is no server ${String(value)} that could own it; ${this.known()}`);
  }

  private named(path: Path, server: number): number {
    if (server === DEFAULT_SERVER || this.options.table.isServer(server)) return server;
    throw badRequest(`${path}: there is no server ${server}; ${this.known()}, and 0 for all others`);
  }

  private known(): string {
    return `there are ${this.options.table.servers.map(({ id }) => id).join(", ")}`;
  }

  private samples(
    at: { readonly prefix: string; readonly object: number; readonly instance: number; readonly resource: number },
    { object, instance, target }: ShownTarget,
  ): readonly Sample[] {
    const { owner, acl } = this.options.table.entryOf(target);
    const time = this.options.wall();
    if (at.resource === ACL) {
      return inOrder(acl).map(([server, value]) => ({
        path: makePath({ ...at, resourceInstance: server }),
        value,
        time,
      }));
    }
    const value = { [OBJECT]: object, [INSTANCE]: instance, [OWNER]: owner }[at.resource];
    return value === undefined ? [] : [{ path: makePath(at), value, time }];
  }
}

const OBJECT = 0;
const INSTANCE = 1;
const ACL = 2;
const OWNER = 3;
const RESOURCES: readonly number[] = [OBJECT, INSTANCE, ACL, OWNER];

function resourcesOf({ resources }: ObjectDefinition, { acl }: AccessEntry): ReadonlyMap<number, ResourceModel> {
  return new Map(
    RESOURCES.flatMap((id): [number, ResourceModel][] => {
      const definition = resources.get(id);
      if (definition === undefined || (id === ACL && acl.size === 0)) return [];
      const { operations } = definition;
      return [[id, { definition, operations, ...(id === ACL ? { instances: inOrder(acl).map(([id]) => id) } : {}) }]];
    }),
  );
}

function rights(path: Path, value: Value): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= ALL_RIGHTS) return value;
  throw badRequest(`${path}: ${String(value)} are no rights; expected 0 to ${ALL_RIGHTS}`);
}

function inOrder(acl: ReadonlyMap<number, number>): readonly (readonly [number, number])[] {
  return [...acl].sort(([a], [b]) => a - b);
}
