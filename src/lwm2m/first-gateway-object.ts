/**
 * Objects 25 and 26 as the first definition of a gateway has them (Core 1.2, Appendix E.12), made of object 25 as the second has
 * it (Gateway TS 1.1). No procedure is defined for object 26. Here it has one instance for each device, of the same number as its
 * instance of object 25, which links to it: its source is object 25, and the target of its mapping is what the device has, in the
 * words of resource 3 of the second definition. Servers may not write the Prefix, though its definition would allow it.
 */
import type { ObjectDefinition } from "./objects/definition.ts";
import { makePath, type Path, pathParts } from "./path.ts";
import { notAllowed } from "./refusals.ts";
import type { PathValue, Sample, Value } from "./sample.ts";
import type {
  Act,
  Backing,
  Commit,
  Editing,
  ObjectModel,
  ReadOutcome,
  Reception,
  ResourceModel,
  TreeModel,
} from "./tree.ts";

export interface FirstDefinitions {
  /** Object 25, version 1.0. */
  readonly gateway: ObjectDefinition;
  /** Object 26, version 1.0. */
  readonly routing: ObjectDefinition;
}

/** The gateway's own objects in which object 25 is of version 1.0, and object 26 is there. */
export class FirstGatewayObject implements Backing {
  readonly prefix = "";
  readonly editing?: Editing;
  private readonly second: Backing;
  private readonly definitions: FirstDefinitions;
  private from: TreeModel | undefined;
  private made: TreeModel = new Map();

  /** `second`: the same with object 25 of version 2.0. */
  constructor(second: Backing, definitions: FirstDefinitions) {
    this.second = second;
    this.definitions = definitions;
    if (second.editing !== undefined) this.editing = second.editing;
  }

  /** The same one for as long as the other is. */
  get model(): TreeModel {
    const { model } = this.second;
    if (model !== this.from) {
      this.from = model;
      this.made = this.modelOf(model);
    }
    return this.made;
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const parts = resources.map(partOf);
    const told = await this.second.read(resources.map((path, i) => parts[i]?.source ?? path));
    return resources.map((path, i) => {
      const outcome = told[i] ?? [];
      const part = parts[i];
      if (part === undefined || outcome instanceof Error) return outcome;
      return outcome.map((sample) => ({ ...sample, path, value: part.value(sample.value) }));
    });
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    for (const { path } of values) refuse(path, "written");
    return this.second.prepareWrite(values);
  }

  async execute(resource: Path, args: string): Promise<void> {
    refuse(resource, "executed");
    await this.second.execute(resource, args);
  }

  receive(resource: Path, size?: number): Reception | undefined {
    refuse(resource, "written");
    return this.second.receive?.(resource, size);
  }

  permit(path: Path, act: Act): void {
    this.second.permit?.(partOf(path)?.source ?? path, act);
  }

  absence(paths: readonly Path[]): string | undefined {
    return this.second.absence?.(paths);
  }

  private modelOf(model: TreeModel): TreeModel {
    const second = model.get(GATEWAY);
    if (second === undefined) return model;
    const { gateway, routing } = this.definitions;
    const instances = [...second.instances.keys()];
    return new Map([...model, [GATEWAY, objectOf(gateway, instances)], [ROUTING, objectOf(routing, instances)]]);
  }
}

/** Samples of the second definition as they are in the first; all others stay. */
export function inFirstDefinition(samples: readonly Sample[]): readonly Sample[] {
  if (!samples.some(({ path }) => isOfGateway(path))) return samples;
  return samples.flatMap((sample) => {
    if (!isOfGateway(sample.path)) return [sample];
    const { instance = 0, resource } = pathParts(sample.path);
    return MADE.filter(({ of }) => of === resource).map(
      ({ object, resource, value }): Sample => ({
        ...sample,
        path: makePath({ prefix: "", object, instance, resource }),
        value: value(sample.value, instance),
      }),
    );
  });
}

/** The paths that go in the first definition where an instance of object 25 goes. */
export function goneInFirstDefinition(path: Path): readonly Path[] {
  const { instance, resource } = pathParts(path);
  if (!isOfGateway(path) || instance === undefined || resource !== undefined) return [path];
  return [path, makePath({ prefix: "", object: ROUTING, instance })];
}

const GATEWAY = 25;
const ROUTING = 26;

/** What a resource is made of: a resource of object 25 2.0, of the instance with the same number. */
interface Made {
  readonly object: number;
  readonly resource: number;
  readonly of: number;
  readonly value: (told: Value, instance: number) => Value;
}

const asTold = (told: Value): Value => told;

const MADE: readonly Made[] = [
  { object: GATEWAY, resource: 0, of: 0, value: asTold },
  { object: GATEWAY, resource: 1, of: 1, value: asTold },
  { object: GATEWAY, resource: 2, of: 0, value: (_told, instance) => ({ object: ROUTING, instance }) },
  { object: ROUTING, resource: 0, of: 0, value: () => GATEWAY },
  { object: ROUTING, resource: 1, of: 3, value: asTold },
];

interface Part {
  readonly source: Path;
  value(told: Value): Value;
}

/** Of a path of objects 25 and 26: where it comes from. */
function partOf(path: Path): Part | undefined {
  const { prefix, object, instance, resource } = pathParts(path);
  const made = MADE.find((each) => each.object === object && each.resource === resource);
  if (prefix !== "" || made === undefined || instance === undefined) return undefined;
  const source = makePath({ prefix, object: GATEWAY, instance, resource: made.of });
  return { source, value: (told) => made.value(told, instance) };
}

function objectOf(definition: ObjectDefinition, instances: readonly number[]): ObjectModel {
  const resources = new Map<number, ResourceModel>();
  for (const { object, resource } of MADE) {
    const found = object === definition.id ? definition.resources.get(resource) : undefined;
    if (found !== undefined) resources.set(resource, { definition: found, operations: "R" });
  }
  return { definition, instances: new Map(instances.map((instance) => [instance, resources])) };
}

function isOfGateway(path: Path): boolean {
  const { prefix, object } = pathParts(path);
  return prefix === "" && object === GATEWAY;
}

function refuse(path: Path, done: string): void {
  if (partOf(path) !== undefined) throw notAllowed(`${path} cannot be ${done}`);
}
