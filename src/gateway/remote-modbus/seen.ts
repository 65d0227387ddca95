/** What servers see of an instance, and what is there no more. */
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import { makePath, type Path } from "../../lwm2m/path.ts";
import type { ResourceModel, TreeModel } from "../../lwm2m/tree.ts";
import { CLUSTER, CONNECTION } from "./objects.ts";

/** The resources of these IDs; `instancesOf` of multiple ones. */
export function seenResources(
  { resources }: ObjectDefinition,
  ids: readonly number[],
  instancesOf: (resource: number) => readonly number[],
): ReadonlyMap<number, ResourceModel> {
  return new Map(
    [...ids]
      .sort((a, b) => a - b)
      .flatMap((id): [number, ResourceModel][] => {
        const definition = resources.get(id);
        if (definition === undefined) return [];
        const { operations, multiple } = definition;
        return [[id, { definition, operations, ...(multiple ? { instances: instancesOf(id) } : {}) }]];
      }),
  );
}

/** What of the two objects was there and is not; the topmost paths only. */
export function lostBetween(before: TreeModel, after: TreeModel): readonly Path[] {
  return [CONNECTION.id, CLUSTER.id].flatMap((object) =>
    [...(before.get(object)?.instances ?? [])].flatMap(([instance, resources]) => {
      const at = { prefix: "", object, instance };
      const now = after.get(object)?.instances.get(instance);
      if (now === undefined) return [makePath(at)];
      return [...resources].flatMap(([resource, model]) => {
        const kept = now.get(resource);
        if (kept === undefined) return [makePath({ ...at, resource })];
        const gone = model.instances?.filter((id) => kept.instances?.includes(id) !== true) ?? [];
        return gone.map((resourceInstance) => makePath({ ...at, resource, resourceInstance }));
      });
    }),
  );
}
