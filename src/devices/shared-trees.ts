import type { DeviceObject, DeviceResource, DeviceTree, Slot } from "./device-model.ts";

/**
 * Devices of one type have the same objects under different prefixes: equal trees become one. With a thousand devices it is
 * this one that every read and every poll walks through, and that the processor therefore has at hand.
 */
export class SharedTrees {
  private readonly trees = new Map<string, DeviceTree[]>();

  /** The tree itself, or one that was here before it and is no other. */
  share(tree: DeviceTree): DeviceTree {
    const key = outline(tree);
    const alike = this.trees.get(key) ?? [];
    const known = alike.find((other) => sameDefinitions(other, tree));
    if (known !== undefined) return known;
    this.trees.set(key, [...alike, tree]);
    return tree;
  }
}

/** Everything but the definitions, as text. */
function outline(tree: DeviceTree): string {
  return resourcesOf(tree)
    .map(({ path, resource: { operations, instances, slots } }) =>
      [path, operations, instances?.join() ?? "-", ...slots.map(slotText)].join(" "),
    )
    .join();
}

function slotText({ at, readable, poll, from }: Slot): string {
  if (from !== undefined) return `${at}(${from.map((slot) => slot.at).join("+")})`;
  return `${at}${readable ? "r" : "-"}${typeof poll === "string" ? poll : poll.every}`;
}

function sameDefinitions(a: DeviceTree, b: DeviceTree): boolean {
  const others = resourcesOf(b);
  return resourcesOf(a).every(({ object, resource }, i) => {
    const other = others[i];
    return other?.object.definition === object.definition && other.resource.definition === resource.definition;
  });
}

interface Resource {
  readonly path: string;
  readonly object: DeviceObject;
  readonly resource: DeviceResource;
}

function resourcesOf({ tree }: DeviceTree): readonly Resource[] {
  return [...tree].flatMap(([id, object]) =>
    [...object.instances].flatMap(([instance, resources]) =>
      [...resources].map(([number, resource]) => ({ path: `${id}/${instance}/${number}`, object, resource })),
    ),
  );
}
