import { Lwm2mError } from "../../src/errors.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { makePath, type Path, parsePath, pathParts } from "../../src/lwm2m/path.ts";
import type { PathValue, Value } from "../../src/lwm2m/sample.ts";
import type { Backing, Commit, ObjectModel, ReadOutcome, ResourceModel, TreeModel } from "../../src/lwm2m/tree.ts";

/** What a test says of an object: its version, and the values by instance, resource and, where it has several, resource instance. */
export interface FakeObject {
  readonly version?: string;
  readonly instances: Readonly<Record<number, Readonly<Record<number, FakeResource>>>>;
}
/** "execute" has no value; a record has instances; an error cannot be read. */
export type FakeResource = Value | "execute" | Lwm2mError | { readonly several: Readonly<Record<number, Value>> };

/** Objects of the OMA registry with the values that a test gives them. */
export class FakeBacking implements Backing {
  readonly prefix: string;
  model: TreeModel;
  /** Every call, in order. */
  readonly calls: string[] = [];
  /** Thrown by the next write or execute. */
  failure: Error | undefined;
  time = 1_700_000_000_000;
  private readonly objects: Readonly<Record<number, FakeObject>>;

  constructor(prefix: string, objects: Readonly<Record<number, FakeObject>>) {
    this.prefix = prefix;
    this.objects = objects;
    this.model = new Map(Object.entries(objects).map(([id, object]) => [Number(id), modelOf(Number(id), object)]));
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    this.calls.push(`read ${resources.join(" ")}`);
    return resources.map((path) => this.outcome(path));
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    return async () => {
      this.calls.push(`write ${values.map(({ path, value }) => `${path}=${String(value)}`).join(" ")}`);
      if (this.failure !== undefined) throw this.failure;
    };
  }

  async execute(resource: Path, args: string): Promise<void> {
    this.calls.push(`execute ${resource} ${args}`);
    if (this.failure !== undefined) throw this.failure;
  }

  private outcome(path: Path): ReadOutcome {
    const { object = 0, instance = 0, resource = 0 } = pathParts(path);
    const found = this.objects[object]?.instances[instance]?.[resource];
    if (found === undefined) throw new Error(`the tree asked for ${path}, which its model does not have`);
    if (found instanceof Lwm2mError) return found;
    if (!hasSeveral(found)) return [{ path, value: found, time: this.time }];
    return Object.entries(found.several).map(([id, value]) => ({
      path: makePath({ ...pathParts(path), resourceInstance: Number(id) }),
      value,
      time: this.time,
    }));
  }
}

/** "/3303/0/5700" as a Path, wherever a test needs one. */
export function at(text: string): Path {
  return parsePath(text);
}

function modelOf(id: number, { version, instances }: FakeObject): ObjectModel {
  const definition = catalogue.find(id, version);
  if (definition === undefined) throw new Error(`no object ${id} ${version ?? ""}`);
  const resourcesOf = (resources: Readonly<Record<number, FakeResource>>): ReadonlyMap<number, ResourceModel> =>
    new Map(
      Object.entries(resources).map(([key, value]) => {
        const resource = definition.resources.get(Number(key));
        if (resource === undefined) throw new Error(`object ${id} has no resource ${key}`);
        const several = hasSeveral(value) ? { instances: Object.keys(value.several).map(Number) } : {};
        return [Number(key), { definition: resource, operations: resource.operations, ...several }];
      }),
    );
  return {
    definition,
    instances: new Map(Object.entries(instances).map(([key, resources]) => [Number(key), resourcesOf(resources)])),
  };
}

function hasSeveral(resource: FakeResource): resource is { readonly several: Readonly<Record<number, Value>> } {
  return typeof resource === "object" && "several" in resource;
}
