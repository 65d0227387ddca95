/** Objects that servers fill: they make instances, write and remove them; the gateway keeps them. Core 1.2 §6.3.6, §6.3.7. */
import type { UnixMillis } from "../clock.ts";
import type { ObjectDefinition } from "./objects/definition.ts";
import { isWithin, MAX_ID, makePath, type Path, parentPath, pathDepth, pathParts } from "./path.ts";
import { badRequest, notAllowed, notDone, notFound } from "./refusals.ts";
import type { PathValue, Sample } from "./sample.ts";
import {
  type Content,
  ContentDraft,
  contentOf,
  EMPTY,
  lostPaths,
  resourceModels,
  type StoredInstance,
  type StoredValue,
  storedValues,
} from "./stored-content.ts";
import { checkSize, noRoom, type StoredLimits } from "./stored-limits.ts";
import type { Backing, Commit, Edit, Editing, ReadOutcome, TreeModel } from "./tree.ts";

/** What is to be kept of an instance; without values it is gone. */
export interface InstanceChange {
  readonly object: number;
  readonly instance: number;
  readonly values?: readonly StoredValue[];
}

/** What servers have done: told once it is kept. */
export interface StoredChange {
  readonly samples: readonly Sample[];
  /** What is there no more; the topmost paths only. */
  readonly removed: readonly Path[];
  /** An instance of an object came or went. */
  readonly instances: boolean;
}

export interface StoredPort {
  /** Resolves when all of it lies safe. Rejects with Lwm2mError where none of it does. */
  keep(changes: readonly InstanceChange[]): Promise<void>;
  onChange(change: StoredChange): void;
  now(): UnixMillis;
}

export interface StoredSettings {
  readonly prefix: string;
  readonly definitions: readonly ObjectDefinition[];
  readonly limits: StoredLimits;
}

/** By the path of the instance. */
type Instances = ReadonlyMap<Path, Content>;

export class StoredBacking implements Backing {
  readonly prefix: string;
  readonly editing: Editing;
  private readonly definitions: ReadonlyMap<number, ObjectDefinition>;
  private readonly limits: StoredLimits;
  private readonly port: StoredPort;
  private instances: Instances;
  private known: TreeModel | undefined;
  /** Instances that are about to be made. */
  private readonly claimed = new Set<Path>();
  /** One change after the other: each is checked against what the one before it left. */
  private turn: Promise<void> = Promise.resolve();
  private closed = false;

  constructor({ prefix, definitions, limits }: StoredSettings, stored: readonly StoredInstance[], port: StoredPort) {
    this.prefix = prefix;
    this.definitions = new Map(definitions.map((definition) => [definition.id, definition]));
    this.limits = limits;
    this.port = port;
    this.instances = new Map(
      stored.map(({ object, instance, values }) => {
        const path = makePath({ prefix, object, instance });
        return [path, contentOf(path, values)];
      }),
    );
    this.editing = {
      objects: new Set(this.definitions.keys()),
      freeInstance: (object) => this.freeInstance(object),
      prepare: (edits) => this.prepare(edits),
    };
  }

  get model(): TreeModel {
    this.known ??= modelOf(this.definitions, this.instances);
    return this.known;
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    return resources.map((resource) => {
      const content = this.instances.get(parentPath(resource) ?? resource) ?? EMPTY;
      return [...content.values()].filter(({ path }) => isWithin(path, resource));
    });
  }

  /** What stands at the path of a value. */
  latest(path: Path): Sample | undefined {
    return this.instances.get(instanceOf(path))?.get(path);
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    return this.prepare(values.map((value) => ({ type: "set", ...value })));
  }

  /** What an instance holds; undefined where it is not there. */
  valuesOf(object: number, instance: number): readonly StoredValue[] | undefined {
    const content = this.instances.get(makePath({ prefix: this.prefix, object, instance }));
    return content === undefined ? undefined : storedValues(content);
  }

  async execute(resource: Path): Promise<void> {
    throw notAllowed(
      (as) => `${as(resource)} cannot be executed: the gateway keeps this object, and does nothing with it`,
    );
  }

  /** Waits for what is on its way; nothing can be changed afterwards. */
  async close(): Promise<void> {
    this.closed = true;
    await this.turn;
  }

  private freeInstance(object: number): number {
    const taken = (path: Path): boolean => this.instances.has(path) || this.claimed.has(path);
    const room = countOf(object, this.instances) < this.limits.instances;
    for (let instance = 0; room && instance < MAX_ID; instance++) {
      if (!taken(makePath({ prefix: this.prefix, object, instance }))) return instance;
    }
    throw noRoom(makePath({ prefix: this.prefix, object }), this.limits);
  }

  private prepare(edits: readonly Edit[]): Commit {
    this.applied(edits);
    return () => this.commit(edits);
  }

  private commit(edits: readonly Edit[]): Promise<void> {
    const claims = edits.flatMap(({ type, path }) => (type === "create" && !this.claimed.has(path) ? [path] : []));
    for (const path of claims) this.claimed.add(path);
    const done = this.turn
      .then(() => this.change(edits))
      .finally(() => {
        for (const path of claims) this.claimed.delete(path);
      });
    this.turn = done.catch(() => {});
    return done;
  }

  private async change(edits: readonly Edit[]): Promise<void> {
    if (this.closed) throw notDone("the configuration was changed at this moment; try again");
    const { touched, samples } = this.applied(edits);
    if (touched.size === 0) return;
    await this.port.keep([...touched].map(([path, content]) => changeOf(path, content)));
    const before = this.instances;
    this.instances = merged(before, touched);
    this.known = undefined;
    this.port.onChange({
      samples: samples.filter(({ path }) => touched.get(instanceOf(path))?.has(path) === true),
      removed: [...touched].flatMap(([path, content]) => this.lost(path, before.get(path), content)),
      instances: [...touched].some(([path, content]) => before.has(path) !== (content !== undefined)),
    });
  }

  /** What the edits make of the instances that they touch. Throws where one of them cannot be done. */
  private applied(edits: readonly Edit[]): Applied {
    const drafts = new Map<Path, ContentDraft | undefined>();
    const samples = new Map<Path, Sample>();
    const time = this.port.now();
    for (const edit of edits) {
      const at = instanceOf(edit.path);
      const draft = drafts.has(at) ? drafts.get(at) : this.draft(at);
      if (edit.type === "create") {
        if (draft !== undefined) throw badRequest((as) => `${as(at)} is there already`);
        drafts.set(at, new ContentDraft(EMPTY));
        continue;
      }
      if (draft === undefined) throw notFound(at);
      drafts.set(at, edit.path === at ? undefined : draft);
      if (edit.type === "remove") {
        draft.remove(edit.path);
      } else {
        checkSize(edit, this.limits);
        const sample = { path: edit.path, value: edit.value, time };
        samples.set(edit.path, sample);
        draft.set(sample);
      }
    }
    const touched = new Map([...drafts].map(([path, draft]) => [path, draft?.content()]));
    this.checkRoom(touched);
    return { touched, samples: [...samples.values()] };
  }

  private draft(instance: Path): ContentDraft | undefined {
    const content = this.instances.get(instance);
    return content === undefined ? undefined : new ContentDraft(content);
  }

  private checkRoom(touched: ReadonlyMap<Path, Content | undefined>): void {
    for (const object of new Set([...touched.keys()].map((path) => pathParts(path).object ?? -1))) {
      const after = countOf(object, merged(this.instances, touched));
      if (after > this.limits.instances && after > countOf(object, this.instances))
        throw noRoom(makePath({ prefix: this.prefix, object }), this.limits);
    }
  }

  private lost(path: Path, before: Content | undefined, after: Content | undefined): readonly Path[] {
    const definition = this.definitions.get(pathParts(path).object ?? -1);
    if (before === undefined || definition === undefined) return [];
    return after === undefined ? [path] : lostPaths(definition, path, before, after);
  }
}

interface Applied {
  /** By the path of the instance; undefined where it is gone. */
  readonly touched: ReadonlyMap<Path, Content | undefined>;
  readonly samples: readonly Sample[];
}

function modelOf(definitions: ReadonlyMap<number, ObjectDefinition>, instances: Instances): TreeModel {
  const model = new Map(
    [...definitions].map(([id, definition]) => [
      id,
      { definition, instances: new Map<number, ReturnType<typeof resourceModels>>() },
    ]),
  );
  for (const [path, content] of instances) {
    const { object = -1, instance = -1 } = pathParts(path);
    const found = model.get(object);
    found?.instances.set(instance, resourceModels(found.definition, content));
  }
  return model;
}

function countOf(object: number, instances: Instances): number {
  return [...instances.keys()].filter((path) => pathParts(path).object === object).length;
}

function merged(instances: Instances, touched: ReadonlyMap<Path, Content | undefined>): Instances {
  const after = new Map(instances);
  for (const [path, content] of touched) {
    if (content === undefined) after.delete(path);
    else after.set(path, content);
  }
  return after;
}

function changeOf(path: Path, content: Content | undefined): InstanceChange {
  const { object = -1, instance = -1 } = pathParts(path);
  return { object, instance, ...(content === undefined ? {} : { values: storedValues(content) }) };
}

/** The instance that a path names or lies in. */
function instanceOf(path: Path): Path {
  let at = path;
  while (pathDepth(at) > INSTANCE_DEPTH) at = parentPath(at) ?? at;
  return at;
}

const INSTANCE_DEPTH = 2;
