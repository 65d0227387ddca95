/** What composite operations show of one prefix: Core 1.2 §6.3.8 Read-Composite, §6.4.4 Observe-Composite. */
import { Lwm2mError } from "../errors.ts";
import { picked } from "./model-links.ts";
import { makePath, type Path, parentPath, pathParts } from "./path.ts";
import { PROTECTED_OBJECTS } from "./refusals.ts";
import type { Sample } from "./sample.ts";
import type { Backing, TreeModel } from "./tree.ts";

/** See ObjectTree.readComposite. Asks the backing once. */
export async function readComposite(backing: Backing, paths: readonly Path[]): Promise<readonly Sample[]> {
  const { model, prefix } = backing;
  const named = new Set(paths.filter((path) => pathParts(path).prefix === prefix));
  const resources = new Set<Path>();
  for (const path of named) for (const resource of readableAt(path, model)) resources.add(resource);
  if (resources.size === 0) return [];
  const outcomes = await backing.read([...resources]);
  return outcomes.flatMap((outcome) =>
    outcome instanceof Lwm2mError ? [] : outcome.filter(({ path }) => liesWithin(path, named)),
  );
}

/** The readable resources at, below, or just above a path: of an instance of a resource the whole resource is read. */
function* readableAt(path: Path, model: TreeModel): Iterable<Path> {
  const { prefix, object: id, instance: instanceId, resource: resourceId, resourceInstance } = pathParts(path);
  for (const [object, { instances }] of picked(model, id)) {
    if (prefix === "" && PROTECTED_OBJECTS.has(object)) continue;
    for (const [instance, resources] of picked(instances, instanceId)) {
      for (const [resource, { operations, instances: parts }] of picked(resources, resourceId)) {
        const exists = resourceInstance === undefined || parts?.includes(resourceInstance) === true;
        if (exists && operations.includes("R")) yield makePath({ prefix, object, instance, resource });
      }
    }
  }
}

/** Walks up, since a request may name thousands of paths. */
function liesWithin(path: Path, named: ReadonlySet<Path>): boolean {
  for (let at: Path | undefined = path; at !== undefined; at = parentPath(at)) if (named.has(at)) return true;
  return false;
}
