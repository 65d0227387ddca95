import { type Path, parentPath } from "./path.ts";

/** Of both what lies within the other; what lies above both is in neither. */
export function overlap(some: ReadonlySet<Path>, others: readonly Path[]): ReadonlySet<Path> {
  const there = new Set(others);
  const below = [...some].filter((path) => selfAndAbove(path).some((above) => there.has(above)));
  const beneath = others.filter((path) => selfAndAbove(path).some((above) => some.has(above)));
  return new Set([...below, ...beneath]);
}

/** The path, and those that it lies in, the nearest first. */
export function selfAndAbove(path: Path): readonly Path[] {
  const found: Path[] = [];
  for (let at: Path | undefined = path; at !== undefined; at = parentPath(at)) found.push(at);
  return found;
}
