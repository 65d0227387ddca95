/**
 * How many entries the maps, sets and arrays have that can be reached from an object, by the path to them; what stands in one
 * collection counts together. For tests of what grows.
 */
export function collectionSizes(root: object): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const seen = new Set<object>();
  const visit = (value: unknown, path: string): void => {
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value) || seen.has(value)) return;
    seen.add(value);
    const entries = entriesOf(value);
    if (entries === undefined) {
      for (const [key, child] of Object.entries(value)) visit(child, `${path}.${key}`);
      return;
    }
    sizes.set(path, (sizes.get(path) ?? 0) + entries.length);
    for (const entry of entries) visit(entry, `${path}[]`);
  };
  visit(root, "");
  return sizes;
}

function entriesOf(value: object): readonly unknown[] | undefined {
  if (value instanceof Map) return [...value.values()];
  if (value instanceof Set) return [...value];
  return Array.isArray(value) ? value : undefined;
}
