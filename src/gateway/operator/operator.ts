/**
 * What a person does to the objects of the gateway and its devices: by the way that a server's requests take, in own paths and
 * without the limits of any server. Every method rejects with Lwm2mError, as a server would be answered.
 */
import type { UnixMillis } from "../../clock.ts";
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import type { ObjectDefinition, ResourceDefinition } from "../../lwm2m/objects/definition.ts";
import { isWithin, LEVEL, makePath, type Path, parsePath, pathDepth, pathParts, prefixOf } from "../../lwm2m/path.ts";
import { badRequest, notAllowed, PROTECTED_OBJECTS } from "../../lwm2m/refusals.ts";
import type { PathValue, Sample } from "../../lwm2m/sample.ts";
import type { BackedTree, ObjectTree } from "../../lwm2m/tree.ts";
import { nearestNames } from "../../near-miss.ts";
import { writeComposite } from "../../servers/composite.ts";
import type { Sight } from "../../servers/sight.ts";
import type { Happenings } from "./happenings.ts";
import { fromValueJson, toValueJson, type ValueJson } from "./value-json.ts";

export interface ShownValue {
  readonly path: Path;
  /** As the registry, or a vendor's definition, calls the resource. */
  readonly name: string;
  readonly type: string;
  readonly value: ValueJson;
  readonly unit?: string;
  /** When it was measured. */
  readonly time: UnixMillis;
  /** It was so, and nobody knows whether it still is: see Sample. */
  readonly held?: true;
}

export interface ReadOutcome {
  readonly values: readonly ShownValue[];
  readonly failures: readonly { readonly path: Path; readonly error: Lwm2mError }[];
}

interface Read {
  readonly path: Path;
  readonly samples?: readonly Sample[];
  readonly error?: Lwm2mError;
}

export interface ShownLink {
  readonly path: Path;
  readonly name: string;
  /** Of an object. */
  readonly version?: string;
  /** Of a resource: "R", "RW", "E"; its type; how many instances it has, where it can have several. */
  readonly operations?: string;
  readonly type?: string;
  readonly dimension?: number;
}

/** What is written: one value, values below an instance or a resource, or of several places at once. */
export type WriteWish =
  | { readonly type: "value"; readonly path: Path; readonly value: unknown }
  | {
      readonly type: "below";
      readonly path: Path;
      readonly values: readonly GivenValue[];
      readonly mode: "replace" | "update";
    }
  | { readonly type: "places"; readonly values: readonly GivenValue[] };

export interface GivenValue {
  readonly path: Path;
  readonly value: unknown;
}

export class Operator {
  private readonly sight: Sight;
  private readonly happenings: Happenings;

  constructor(sight: Sight, happenings: Happenings) {
    this.sight = sight;
    this.happenings = happenings;
  }

  /**
   * Everything readable at or below the paths, each value once, and of which of them nothing could be read; rejects where that is
   * so for all. Of a whole device each object is read for itself.
   */
  async read(paths: readonly Path[]): Promise<ReadOutcome> {
    const outcomes = await Promise.all(paths.flatMap((path) => this.parts(path)).map((path) => this.readOne(path)));
    const failures = outcomes.flatMap(({ path, error }) => (error === undefined ? [] : [{ path, error }]));
    const [first] = failures;
    if (first !== undefined && failures.length === outcomes.length) throw first.error;
    const samples = new Map(
      outcomes.flatMap((outcome) => outcome.samples ?? []).map((sample) => [sample.path, sample]),
    );
    return { values: [...samples.values()].map((sample) => this.shown(sample)), failures };
  }

  /** Resolves to the paths that were written, when everything is done. */
  async write(wish: WriteWish): Promise<readonly Path[]> {
    if (wish.type === "value") {
      const value = this.valueOf(wish);
      await this.tree(wish.path).write(wish.path, [value], "replace");
      return [wish.path];
    }
    const values = wish.values.map((given) => this.valueOf(given));
    if (wish.type === "below") await this.tree(wish.path).write(wish.path, values, wish.mode);
    else
      await writeComposite(
        this.treeOf,
        values.map((value) => ({ type: "value", ...value })),
      );
    return values.map(({ path }) => path);
  }

  execute(path: Path, args: string): Promise<void> {
    return this.tree(path).execute(path, args);
  }

  /** What exists at and below the path, down to `depth` levels; without one as a server's Discover has it. */
  discover(path: Path, depth?: number): readonly ShownLink[] {
    const tree = this.tree(path);
    return tree.discover(path, depth).map((link) => ({ ...link, ...described(tree, link.path) }));
  }

  /**
   * Tells what is known of the paths, which are there, then each new value as it comes. Returns what ends it. Nothing is read
   * for it: a value that nobody polls comes when somebody reads it.
   */
  observe(paths: readonly Path[], onValues: (values: readonly ShownValue[]) => void): () => void {
    for (const path of paths) this.check(path);
    const stop = this.happenings.watch({
      onValues: (samples) => {
        const wanted = samples.filter((sample) => paths.some((path) => isWithin(sample.path, path)));
        if (wanted.length > 0) onValues(wanted.map((sample) => this.shown(sample)));
      },
    });
    onValues(this.known(paths).map((sample) => this.shown(sample)));
    return stop;
  }

  /** As a person sees it: see value-json. A value of what is gone meanwhile has no name. */
  shown({ path, value, time, held }: Sample): ShownValue {
    const tree = this.sight.of(prefixOf(path));
    const definition = tree === undefined ? undefined : definitionsOf(tree, path).resource;
    const unit = definition?.unit ?? this.unitBeside(path);
    return {
      path,
      name: definition?.name.trim() ?? "",
      type: definition?.type ?? "string",
      value: toValueJson(value, definition?.type),
      ...(unit === undefined ? {} : { unit }),
      time,
      ...(held === undefined ? {} : { held }),
    };
  }

  /** Throws Lwm2mError where nothing is at the path. */
  check(path: Path): void {
    const tree = this.tree(path);
    if (pathDepth(path) > 0) tree.check(path, "report");
  }

  private async readOne(path: Path): Promise<Read> {
    try {
      return { path, samples: await this.tree(path).read(path) };
    } catch (error) {
      if (error instanceof Lwm2mError) return { path, error };
      throw error;
    }
  }

  /** The path itself; of a whole device, or of the gateway, the objects that are open to anybody. */
  private parts(path: Path): readonly Path[] {
    if (pathDepth(path) > 0) return [path];
    const prefix = prefixOf(path);
    // An unknown one is an error like those of other paths.
    const links = this.sight.of(prefix)?.discover(path, LEVEL.object) ?? [{ path }];
    return links.flatMap((link) => {
      const isProtected = prefix === "" && PROTECTED_OBJECTS.has(pathParts(link.path).object ?? -1);
      return isProtected ? [] : [link.path];
    });
  }

  private known(paths: readonly Path[]): readonly Sample[] {
    const known = paths.flatMap((path) => {
      const depth = LEVEL.resourceInstance - pathDepth(path);
      const links = depth === 0 ? [{ path }] : this.tree(path).discover(path, depth);
      return links.flatMap((link) => this.sight.latest(link.path) ?? []);
    });
    return [...new Map(known.map((sample) => [sample.path, sample])).values()];
  }

  private valueOf({ path, value }: GivenValue): PathValue {
    const tree = this.tree(path);
    const type = pathDepth(path) < LEVEL.resource ? undefined : tree.typeOf(path)?.type;
    if (type !== undefined) return { path, value: fromValueJson(value, type, path) };
    if (pathDepth(path) < LEVEL.resource)
      throw badRequest(`${path} is no resource: a value stands at one, e.g. ${path}/5700`);
    tree.check(path);
    throw notAllowed(`${path} holds no value to write`);
  }

  private readonly treeOf = (prefix: string): ObjectTree | undefined => this.sight.of(prefix);

  private tree(path: Path): BackedTree {
    const prefix = prefixOf(path);
    const tree = this.sight.of(prefix);
    if (tree !== undefined) return tree;
    const [near] = nearestNames(prefix, this.sight.prefixes, 1);
    const hint = near === undefined ? "" : `; did you mean /${near}?`;
    throw new Lwm2mError(CODE.notFound, `no device has the prefix /${prefix}${hint}`);
  }

  /** Sensors of IPSO objects tell the unit of their values in a resource beside them. */
  private unitBeside(path: Path): string | undefined {
    const { resource, resourceInstance: _, ...instance } = pathParts(path);
    if (resource === undefined || !SENSOR_VALUES.has(resource)) return undefined;
    const unit = this.sight.latest(makePath({ ...instance, resource: SENSOR_UNITS }))?.value;
    return typeof unit === "string" ? unit : undefined;
  }
}

const SENSOR_UNITS = 5701;
const SENSOR_VALUES: ReadonlySet<number> = new Set([5600, 5601, 5602, 5603, 5604, 5700]);

function definitionsOf(
  { backing }: BackedTree,
  path: Path,
): { readonly object?: ObjectDefinition | undefined; readonly resource?: ResourceDefinition | undefined } {
  const { object: id, resource } = pathParts(path);
  const object = id === undefined ? undefined : backing.model.get(id)?.definition;
  return { object, resource: resource === undefined ? undefined : object?.resources.get(resource) };
}

function described(tree: BackedTree, path: Path): Pick<ShownLink, "name" | "operations" | "type"> {
  const { object, resource } = definitionsOf(tree, path);
  if (resource === undefined) return { name: object?.name.trim() ?? "" };
  const parts = pathParts(path);
  const instance = tree.backing.model.get(parts.object ?? -1)?.instances.get(parts.instance ?? -1);
  const operations = instance?.get(parts.resource ?? -1)?.operations ?? resource.operations;
  return {
    name: resource.name.trim(),
    ...(operations === "" ? {} : { operations }),
    ...(resource.type === undefined ? {} : { type: resource.type }),
  };
}

/** A path as somebody typed it; "/" ends one, too. Throws Lwm2mError 4.00. */
export function typedPath(text: string): Path {
  try {
    return parsePath(text.length > 1 ? text.replace(/\/$/, "") : text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw badRequest(`${error.message}; expected e.g. /meter-1/3303/0/5700`, { cause: error });
  }
}
