import type { Lwm2mError } from "../errors.ts";
import type { TypeOf } from "./formats/codec.ts";
import type { CompositeRecord } from "./formats/composite.ts";
import type { ObjectDefinition, ResourceDefinition } from "./objects/definition.ts";
import type { Path } from "./path.ts";
import type { PathValue, Sample } from "./sample.ts";

/** One line of a Discover: an object, object instance, resource or resource instance that exists. */
export interface Link {
  readonly path: Path;
  /** On an object: its version; links.ts leaves out what the server's LwM2M version implies (Core §7.2.2). */
  readonly version?: string;
  /** On a multiple-instance resource: how many instances it has. */
  readonly dimension?: number;
}

/**
 * What a server can do to one prefix: the gateway's own objects ("") or one device's. Every path carries the prefix. A
 * failure throws (or rejects with) Lwm2mError. Composite operations are made of these by operation.ts.
 */
export interface ObjectTree {
  /** "" for the gateway itself. */
  readonly prefix: string;
  /** Every readable resource at or below the path that could be read; empty where an object has no instances. */
  read(path: Path): Promise<readonly Sample[]>;
  /**
   * Takes a value of a resource part by part, where it would be too long to be held in memory; undefined: it must be written whole.
   * `size`: of all of it, as the server announced it.
   */
  receive(path: Path, size?: number): Reception | undefined;
  /** Settles when everything is done: a device has confirmed. `replace` is PUT, `update` is POST (Core §6.3.3). */
  write(path: Path, values: readonly PathValue[], mode: "replace" | "update"): Promise<void>;
  /**
   * The part of a Read-Composite that concerns this prefix (Core §6.3.8): every value at or below the paths once, in their
   * order; the path of the prefix itself is everything but the protected objects. What is not there, cannot be read or is
   * away is left out. A device is asked once.
   */
  readComposite(paths: readonly Path[]): Promise<readonly Sample[]>;
  /**
   * The part of a Write-Composite that concerns this prefix (Core §6.3.9), in its order. Throws Lwm2mError where any of it
   * cannot be done; nothing is changed then. What it returns does it, and rejects where a device failed in the middle.
   */
  prepareWrite(records: readonly CompositeRecord[]): Commit;
  /** An instance of the object that a Create without ID can make; throws Lwm2mError where there can be none. */
  freeInstance(object: Path): number;
  /** Makes the instance with these values, which lie below it; all of it or nothing (Core §6.3.6). */
  create(instance: Path, values: readonly PathValue[]): Promise<void>;
  /** An instance of an object, or of a resource (Core §6.3.7). */
  delete(path: Path): Promise<void>;
  /** `args` is the raw argument list of Core §6.3.5, e.g. `0='60'`. */
  execute(path: Path, args: string): Promise<void>;
  /** What exists at and below the path down to `depth` levels (Core §6.3.2 gives the defaults); document order. */
  discover(path: Path, depth?: number): readonly Link[];
  /**
   * Throws what any operation on the path would, whatever it wants there: 4.04 where nothing is, 4.05 for an instance of a
   * single resource, 4.01 for a protected object. A `write` may also name a resource that it would make; a `report`
   * needs a resource that can be read, a `create` an object whose instances servers make, else 4.05.
   */
  check(path: Path, intent?: Intent): void;
  /** Types by the definitions of the objects that exist here, for absent optional resources too. */
  readonly typeOf: TypeOf;
}

/** A tree with what stands behind it. */
export interface BackedTree extends ObjectTree {
  readonly backing: Backing;
}

/** A value on its way here, part by part. */
export interface Reception {
  /**
   * Resolves when the part is on its way to the disk, with `last` when all of it is there and was taken: the next one may come.
   * Rejects with Lwm2mError, and is over then.
   */
  take(bytes: Uint8Array, last: boolean): Promise<void>;
  /** Nothing more comes. Not after an end. */
  abandon(): void;
}

/** What a server wants at a path, so far as it decides what may stand there. */
export type Intent = "write" | "create" | "report";

/** What a server changes by. */
export type Act = "write" | "create" | "delete" | "execute";

/** Does what was checked before. */
export type Commit = () => Promise<void>;

/** Finds the tree of a prefix: undefined for an unknown one (4.04). */
export type TreeOf = (prefix: string) => ObjectTree | undefined;

/** What exists under one prefix: objects, their instances, and the resources of each instance, all by ID. */
export type TreeModel = ReadonlyMap<number, ObjectModel>;

export interface ObjectModel {
  readonly definition: ObjectDefinition;
  readonly instances: ReadonlyMap<number, ReadonlyMap<number, ResourceModel>>;
}

export interface ResourceModel {
  readonly definition: ResourceDefinition;
  /** What is possible here: never more than the definition allows, less where the device cannot. */
  readonly operations: ResourceDefinition["operations"];
  /** IDs of the resource instances of a multiple-instance resource; absent for a single one. */
  readonly instances?: readonly number[];
}

/** The samples of one resource (one each instance), or why it could not be read. */
export type ReadOutcome = readonly Sample[] | Lwm2mError;

/**
 * What stands behind a tree: it knows how to read and write, the tree knows the rules of LwM2M. It is asked only for what
 * its model has and allows, with values of the right type.
 */
export interface Backing {
  readonly prefix: string;
  /** May change between calls: devices and instances come and go. */
  readonly model: TreeModel;
  /** Reads resources (not instances of them), several in one call so that a bus can read them together; same order. */
  read(resources: readonly Path[]): Promise<readonly ReadOutcome[]>;
  /**
   * Checks values of resources or resource instances as a whole: throws Lwm2mError where one cannot be written now. What it
   * returns writes them, all, in order, and rejects with Lwm2mError when one fails.
   */
  prepareWrite(values: readonly PathValue[]): Commit;
  execute(resource: Path, args: string): Promise<void>;
  /** As ObjectTree has it; absent: nothing of it. */
  receive?(resource: Path, size?: number): Reception | undefined;
  /**
   * Throws Lwm2mError where a server may not do that at the path, an object or what lies below, whatever the values: before
   * anybody looks at them. Absent: whoever sees it may do it. What then does it refuses all the same.
   */
  permit?(path: Path, act: Act): void;
  /**
   * Why what stands behind these paths is away; undefined, or not there at all, while it is not. A write alone is tried all the
   * same.
   */
  absence?(paths: readonly Path[]): string | undefined;
  /** Absent where the instances are not the servers' to make, fill and remove. */
  readonly editing?: Editing;
}

/** What a backing can do whose instances servers make, fill and remove. The tree keeps the rules of LwM2M. */
export interface Editing {
  /** IDs of the objects that it concerns, each in the model. */
  readonly objects: ReadonlySet<number>;
  /** Of these the instances are the gateway's, and servers only fill them. */
  readonly fixed?: ReadonlySet<number>;
  /** An instance ID that no instance has, nor will get by what is on its way; throws Lwm2mError where there is none. */
  freeInstance(object: number): number;
  /**
   * Checks edits as a whole, in place of `Backing.prepareWrite` for these objects; they apply in their order. Throws
   * Lwm2mError where one cannot be done now. What it returns does all of them, for good, or rejects with Lwm2mError and
   * nothing is changed.
   */
  prepare(edits: readonly Edit[]): Commit;
  /** What it has prepared cannot fail any more. */
  readonly certain?: true;
}

export type Edit =
  /** An instance of an object that is not there, without values. */
  | { readonly type: "create"; readonly path: Path }
  /** An instance of an object, a resource or an instance of a resource that is there, with what lies below. */
  | { readonly type: "remove"; readonly path: Path }
  /** A value of a resource or resource instance, which is made where it is not there. */
  | (PathValue & { readonly type: "set" });
