/** What exists, as a Discover lists it: Core 1.2 §6.3.2. */
import { LEVEL, makePath, type Path, type PathParts, pathDepth, pathParts } from "./path.ts";
import { notAllowed } from "./refusals.ts";
import type { Link, ObjectModel, ResourceModel, TreeModel } from "./tree.ts";

/** How many levels below the path itself are listed where the request names no depth: /o 2, /o/i 1, /o/i/r 1; all objects with their instances. */
const DEFAULT_DEPTH: readonly number[] = [2, 2, 1, 1];

/**
 * The links at and below a path that exists, down to `depth` levels below it, in document order. A path without object
 * lists the whole prefix, which is for the program itself: no server can ask for it.
 */
export function discoverLinks(model: TreeModel, path: Path, depth?: number): Link[] {
  const level = pathDepth(path);
  if (level === LEVEL.resourceInstance) {
    throw notAllowed(`${path}: an instance of a resource has no Discover`);
  }
  const links: Link[] = [];
  const lister = new Lister(pathParts(path), level + (depth ?? DEFAULT_DEPTH[level] ?? 1), links);
  lister.listObjects(model);
  return links;
}

/** Lists what lies between the level of the path asked for and the deepest level wanted. */
class Lister {
  private readonly target: PathParts;
  private readonly from: number;
  private readonly to: number;
  private readonly links: Link[];

  constructor(target: PathParts, to: number, links: Link[]) {
    this.target = target;
    this.from = [target.object, target.instance, target.resource].filter((id) => id !== undefined).length;
    this.to = to;
    this.links = links;
  }

  listObjects(model: TreeModel): void {
    for (const [id, object] of picked(model, this.target.object)) {
      this.add(LEVEL.object, { object: id }, { version: object.definition.version });
      if (this.to >= LEVEL.instance) this.listInstances(id, object);
    }
  }

  private listInstances(object: number, { instances }: ObjectModel): void {
    for (const [instance, resources] of picked(instances, this.target.instance)) {
      this.add(LEVEL.instance, { object, instance });
      if (this.to < LEVEL.resource) continue;
      for (const [id, resource] of picked(resources, this.target.resource)) {
        this.listResource({ object, instance, resource: id }, resource);
      }
    }
  }

  private listResource(parts: Omit<PathParts, "prefix">, { instances }: ResourceModel): void {
    this.add(LEVEL.resource, parts, instances === undefined ? {} : { dimension: instances.length });
    if (this.to < LEVEL.resourceInstance) return;
    for (const resourceInstance of instances ?? []) this.add(LEVEL.resourceInstance, { ...parts, resourceInstance });
  }

  private add(level: number, parts: Omit<PathParts, "prefix">, parameters: Omit<Link, "path"> = {}): void {
    if (level < this.from || level > this.to) return;
    this.links.push({ path: makePath({ ...parts, prefix: this.target.prefix }), ...parameters });
  }
}

/** Everything, or the one that the path names. */
export function picked<T>(all: ReadonlyMap<number, T>, id: number | undefined): readonly (readonly [number, T])[] {
  if (id === undefined) return [...all].sort(([a], [b]) => a - b);
  const one = all.get(id);
  return one === undefined ? [] : [[id, one]];
}
