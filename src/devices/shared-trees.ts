import type { DevicePlan } from "../mapping/plan-types.ts";
import type { DeviceObject, DeviceResource, DeviceTree, Slot } from "./device-model.ts";
import type { Row } from "./own-rows.ts";

/** What a plan says of a device, whatever its prefix. */
export interface DeviceType {
  readonly tree: DeviceTree;
  /** Its resources, each instance of one by itself, in document order. */
  readonly rows: readonly Row[];
}

/**
 * Devices of one type have the same objects under different prefixes: equal trees become one. With a thousand devices it is
 * this one that every read and every poll walks through, and that the processor therefore has at hand.
 */
export class SharedTrees {
  private readonly trees = new Map<string, DeviceTree[]>();
  /** By the first resource of the plan: the newest plan that has it, and what was made of that. */
  private readonly types = new WeakMap<object, { readonly plan: DevicePlan; readonly type: DeviceType }>();

  /** What was made of a plan with the very same resources, as devices of one mapping have it most often; else what `make` makes. */
  typeOf(plan: DevicePlan, make: () => DeviceType): DeviceType {
    const [first] = plan.resources.values();
    if (first === undefined) return make();
    const known = this.types.get(first);
    if (known !== undefined && isSameType(known.plan, plan)) return known.type;
    const type = make();
    this.types.set(first, { plan, type });
    return type;
  }

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

function isSameType(a: DevicePlan, b: DevicePlan): boolean {
  if (a.resources.size !== b.resources.size || a.objects.size !== b.objects.size) return false;
  if (a.availability.whenOffline !== b.availability.whenOffline) return false;
  for (const [point, resource] of a.resources) if (b.resources.get(point) !== resource) return false;
  for (const [id, { definition }] of a.objects) if (b.objects.get(id)?.definition !== definition) return false;
  return true;
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
