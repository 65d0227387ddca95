/** What else is wrong with a resource whose first mistake hides the rest: the user hears of everything at once. */
import { comparePlaces, type Place, type Problem } from "../errors.ts";
import type { MapEntry, MapNode } from "../yaml/nodes.ts";

/** What cannot be judged where `as` is wrong. */
const HANGS_ON_AS: ReadonlySet<string> = new Set(["order", "length", "bits", "mask", "invalid"]);

/**
 * Takes the keys with mistakes out and looks again, until nothing new comes. `look` returns the problems of a node; keys in
 * `needed` are never taken out, and without any of them nothing is looked at. Returns what is new.
 */
export function furtherProblems(
  node: MapNode,
  first: readonly Problem[],
  needed: ReadonlySet<string>,
  look: (node: MapNode) => readonly Problem[],
): readonly Problem[] {
  const known = new Set(first.map(textOf));
  const further: Problem[] = [];
  let rest = node;
  for (let latest = first; latest.length > 0; ) {
    const entries = withoutMistakes(rest, latest, needed);
    if (entries.length === rest.entries.length || !entries.some((entry) => needed.has(nameOf(entry)))) break;
    rest = { ...rest, entries };
    latest = look(rest).filter((problem) => problem.severity === "error" && !known.has(textOf(problem)));
    for (const problem of latest) known.add(textOf(problem));
    further.push(...latest);
  }
  return further;
}

function withoutMistakes(
  { entries }: MapNode,
  problems: readonly Problem[],
  needed: ReadonlySet<string>,
): readonly MapEntry[] {
  const wrong = new Set(
    entries.filter((entry, i) => problems.some(({ place }) => lies(place, entry, entries[i + 1]))).map(nameOf),
  );
  return entries.filter(
    (entry) =>
      needed.has(nameOf(entry)) || !(wrong.has(nameOf(entry)) || (wrong.has("as") && HANGS_ON_AS.has(nameOf(entry)))),
  );
}

/** From the key to where the next one begins. */
function lies(place: Place | undefined, entry: MapEntry, next: MapEntry | undefined): boolean {
  if (place === undefined) return false;
  return comparePlaces(place, entry.key.place) >= 0 && (next === undefined || comparePlaces(place, next.key.place) < 0);
}

function nameOf({ key }: MapEntry): string {
  return key.text;
}

function textOf({ place, message }: Problem): string {
  return `${place?.line ?? ""}:${place?.column ?? ""} ${message}`;
}
