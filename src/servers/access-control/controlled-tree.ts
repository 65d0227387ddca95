/**
 * The gateway's own objects as one of several servers may use them: Core 1.2 §8.1, the rights of each operation; §6.3.8 and
 * §6.3.9 for composite ones. Discover needs no right. Object 2, which says all that, stands beside the others.
 */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import type { CompositeRecord } from "../../lwm2m/formats/composite.ts";
import { LEVEL, makePath, type Path, parentPath, pathDepth, pathParts } from "../../lwm2m/path.ts";
import type { PathValue, Sample } from "../../lwm2m/sample.ts";
import type { Commit, Intent, Link, ObjectTree, Reception } from "../../lwm2m/tree.ts";
import { ACCESS_CONTROL } from "./access-object.ts";
import type { RIGHT } from "./rights.ts";

type Operation = keyof typeof RIGHT;

/** Attributes and reports are a way to read. */
const OPERATIONS: Readonly<Record<Intent, Operation>> = { write: "write", create: "create", report: "read" };

/** What one server may do. */
export interface Rights {
  /** With a shown object instance, or with a shown object for `create`. */
  has(target: Path, operation: Operation): boolean;
  /** Why not. */
  refusal(target: Path, operation: Operation): Lwm2mError;
  /** The server is about to make this instance; what it returns takes that back. */
  claim(instance: Path): () => void;
}

export interface ControlledParts {
  /** Without object 2. */
  readonly inner: ObjectTree;
  /** Object 2 alone. */
  readonly access: ObjectTree;
  readonly rights: Rights;
}

export class ControlledTree implements ObjectTree {
  readonly prefix: string;
  readonly typeOf: ObjectTree["typeOf"];
  private readonly inner: ObjectTree;
  private readonly access: ObjectTree;
  private readonly rights: Rights;

  constructor({ inner, access, rights }: ControlledParts) {
    this.prefix = inner.prefix;
    this.inner = inner;
    this.access = access;
    this.rights = rights;
    this.typeOf = (path) => this.treeOf(path).typeOf(path);
  }

  check(path: Path, intent?: Intent): void {
    this.treeOf(path).check(path, intent);
    if (intent !== undefined) this.demand(path, OPERATIONS[intent]);
  }

  async read(path: Path): Promise<readonly Sample[]> {
    if (isAccess(path)) return this.access.read(path);
    if (instanceOf(path) !== undefined) {
      this.demand(path, "read");
      return this.inner.read(path);
    }
    const instances = this.instancesOf(path);
    const readable = instances.filter((instance) => this.rights.has(instance, "read"));
    if (readable.length === instances.length) return this.inner.read(path);
    const [first = path] = instances;
    if (readable.length === 0) throw this.rights.refusal(first, "read");
    return this.inner.readComposite(readable);
  }

  receive(path: Path, size?: number): Reception | undefined {
    this.demand(path, "write");
    return this.treeOf(path).receive(path, size);
  }

  async write(path: Path, values: readonly PathValue[], mode: "replace" | "update"): Promise<void> {
    this.demand(path, "write");
    await this.treeOf(path).write(path, values, mode);
  }

  /** What may not be read is left out as what is not there. */
  async readComposite(paths: readonly Path[]): Promise<readonly Sample[]> {
    const [own, access] = [
      paths.filter((path) => !isAccess(path)),
      paths.filter((path) => isAccess(path) || isAll(path)),
    ];
    const allowed = own.flatMap((path) => this.readable(path));
    const inner = allowed.length === 0 ? [] : await this.inner.readComposite(allowed);
    const ofAccess = access.length === 0 ? [] : await this.access.readComposite(access);
    return inner.concat(ofAccess);
  }

  prepareWrite(records: readonly CompositeRecord[]): Commit {
    for (const { path } of records) this.demand(path, "write");
    const inner = records.filter(({ path }) => !isAccess(path));
    const access = records.filter(({ path }) => isAccess(path));
    const commits = [
      ...(inner.length === 0 ? [] : [this.inner.prepareWrite(inner)]),
      // It cannot fail any more.
      ...(access.length === 0 ? [] : [this.access.prepareWrite(access)]),
    ];
    return async () => {
      for (const commit of commits) await commit();
    };
  }

  freeInstance(object: Path): number {
    return this.treeOf(object).freeInstance(object);
  }

  async create(instance: Path, values: readonly PathValue[]): Promise<void> {
    const object = parentPath(instance) ?? instance;
    if (isAccess(object)) return this.access.create(instance, values);
    this.demand(object, "create");
    // Whoever is told of it is told whose it is.
    const release = this.exists(instance) ? () => {} : this.rights.claim(instance);
    try {
      await this.inner.create(instance, values);
    } catch (error) {
      release();
      throw error;
    }
  }

  async delete(path: Path): Promise<void> {
    this.demand(path, "delete");
    await this.treeOf(path).delete(path);
  }

  async execute(path: Path, args: string): Promise<void> {
    this.demand(path, "execute");
    await this.treeOf(path).execute(path, args);
  }

  discover(path: Path, depth?: number): readonly Link[] {
    if (!isAll(path)) return this.treeOf(path).discover(path, depth);
    const inner = this.inner.discover(path, depth);
    const next = inner.findIndex((link) => (pathParts(link.path).object ?? -1) > ACCESS_CONTROL);
    return inner.toSpliced(next < 0 ? inner.length : next, 0, ...this.access.discover(path, depth));
  }

  /** What of a path may be read: itself, or those instances. */
  private readable(path: Path): readonly Path[] {
    const instance = instanceOf(path);
    if (instance !== undefined) return this.rights.has(instance, "read") ? [path] : [];
    const instances = this.instancesOf(path);
    const readable = instances.filter((each) => this.rights.has(each, "read"));
    return readable.length === instances.length ? [path] : readable;
  }

  private instancesOf(path: Path): readonly Path[] {
    // Of an object one level below itself, of all objects two.
    const links = this.inner.discover(path, LEVEL.instance - pathDepth(path));
    return links.flatMap((link) => (pathDepth(link.path) === LEVEL.instance ? [link.path] : []));
  }

  private exists(instance: Path): boolean {
    try {
      this.inner.check(instance);
      return true;
    } catch (error) {
      if (!(error instanceof Lwm2mError) || error.code !== CODE.notFound) throw error;
      return false;
    }
  }

  /** Object 2 has its own rules. What is an object, and no instance, has no right but that to make instances. */
  private demand(path: Path, operation: Operation): void {
    if (isAccess(path)) return;
    const target = operation === "create" ? path : instanceOf(path);
    if (target !== undefined && !this.rights.has(target, operation)) throw this.rights.refusal(target, operation);
  }

  private treeOf(path: Path): ObjectTree {
    return isAccess(path) ? this.access : this.inner;
  }
}

/** The object instance that a path names or lies in. */
export function instanceOf(path: Path): Path | undefined {
  const { prefix, object, instance } = pathParts(path);
  return object === undefined || instance === undefined ? undefined : makePath({ prefix, object, instance });
}

/** Whether it names object 2, or lies in it; under a prefix there is none. */
export function isAccess(path: Path): boolean {
  const { prefix, object } = pathParts(path);
  return object === ACCESS_CONTROL && prefix === "";
}

function isAll(path: Path): boolean {
  return pathParts(path).object === undefined;
}
