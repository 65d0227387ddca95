/** One definition for instances of an object that devices have in several versions. */
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";

/**
 * The newest of them, with the resources of those others that do not contradict it: a later version adds resources and leaves the
 * others as they are (Core 1.2 §7.2). Of equal versions the first counts.
 */
export function commonDefinition(definitions: readonly ObjectDefinition[]): ObjectDefinition {
  const [newest, ...others] = [...definitions].sort((a, b) => compareVersions(b.version, a.version));
  if (newest === undefined) throw new RangeError("there is no definition");
  const fitting = others.filter((other) => isCompatible(other, newest));
  const added = fitting.flatMap(({ resources }) => [...resources].filter(([id]) => !newest.resources.has(id)));
  return added.length === 0 ? newest : { ...newest, resources: new Map([...newest.resources, ...added]) };
}

/** Whether each resource that both have holds values of the same type, and as many. */
export function isCompatible(definition: ObjectDefinition, common: ObjectDefinition): boolean {
  if (definition === common) return true;
  return [...definition.resources].every(([id, { type, multiple }]) => {
    const other = common.resources.get(id);
    return other === undefined || (other.type === type && other.multiple === multiple);
  });
}

function compareVersions(a: string, b: string): number {
  const [a1 = 0, a2 = 0] = a.split(".").map(Number);
  const [b1 = 0, b2 = 0] = b.split(".").map(Number);
  return a1 - b1 || a2 - b2;
}
