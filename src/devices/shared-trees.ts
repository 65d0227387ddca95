import type { ObjectModel, ResourceModel, TreeModel } from "../lwm2m/tree.ts";

/**
 * Devices of one type have the same objects under different prefixes: equal trees become one. With a thousand devices it is
 * this one that every read walks through, and that the processor therefore has at hand.
 */
export class SharedTrees {
  private readonly trees = new Map<string, TreeModel[]>();

  /** The tree itself, or one that was here before it and is no other. */
  share(tree: TreeModel): TreeModel {
    const key = outline(tree);
    const alike = this.trees.get(key) ?? [];
    const known = alike.find((other) => sameDefinitions(other, tree));
    if (known !== undefined) return known;
    this.trees.set(key, [...alike, tree]);
    return tree;
  }
}

/** Everything but the definitions, as text. */
function outline(tree: TreeModel): string {
  return resourcesOf(tree)
    .map(({ path, resource }) => `${path}${resource.operations}${resource.instances?.join() ?? "-"}`)
    .join();
}

function sameDefinitions(a: TreeModel, b: TreeModel): boolean {
  const others = resourcesOf(b);
  return resourcesOf(a).every(({ object, resource }, i) => {
    const other = others[i];
    return other?.object.definition === object.definition && other.resource.definition === resource.definition;
  });
}

interface Resource {
  readonly path: string;
  readonly object: ObjectModel;
  readonly resource: ResourceModel;
}

function resourcesOf(tree: TreeModel): readonly Resource[] {
  return [...tree].flatMap(([id, object]) =>
    [...object.instances].flatMap(([instance, resources]) =>
      [...resources].map(([number, resource]) => ({ path: `${id}/${instance}/${number}`, object, resource })),
    ),
  );
}
