/** One tree laid over another: maps by key, everything else as a whole, and nothing (`null`) takes away what lies below. */
import { didYouMean } from "./issues.ts";
import { isEmpty, type MapEntry, type MapNode, type ScalarNode, type YamlNode } from "./nodes.ts";
import { type Report, reportError } from "./read.ts";

export interface MergeRule {
  /** Equal words for keys that mean the same. */
  readonly identity?: (key: ScalarNode) => string;
  /** What becomes of a key that both have; by default the upper one stands. */
  readonly both?: (below: MapEntry, above: MapEntry) => YamlNode;
  /** Hears of each key of the upper map; `below`: what it changes or takes away. */
  readonly onChange?: (above: MapEntry, below: MapEntry | undefined) => void;
  readonly report: Report;
}

/**
 * The lower map in its order, with what the upper one says in place; what only the upper one has comes after it. A key with
 * nothing behind it takes the lower one away; where there is none to take away, that is reported.
 */
export function mergeMaps(below: MapNode, above: MapNode, rule: MergeRule): MapNode {
  const { identity = textOf } = rule;
  const upper = new Map<string, MapEntry>();
  // A second key of the same meaning stays beside the first, so that whoever reads the map says so.
  const further: MapEntry[] = [];
  for (const entry of above.entries) {
    const name = identity(entry.key);
    if (upper.has(name)) further.push(entry);
    else upper.set(name, entry);
  }
  const entries = below.entries.flatMap((entry) => {
    const name = identity(entry.key);
    const over = upper.get(name);
    if (over === undefined) return [entry];
    upper.delete(name);
    return mergeEntry(entry, over, rule);
  });
  for (const entry of upper.values()) {
    rule.onChange?.(entry, undefined);
    if (isEmpty(entry.value))
      reportError(rule.report, entry.key.place, nothingToRemove(entry.key.text, below), "LG324");
    else entries.push(entry);
  }
  return { ...above, entries: [...entries, ...further] };
}

/** Maps within maps likewise, however deep. */
export function mergeDeep(below: YamlNode, above: YamlNode, report: Report): YamlNode {
  if (below.kind !== "map" || above.kind !== "map") return above;
  return mergeMaps(below, above, { report, both: (one, other) => mergeDeep(one.value, other.value, report) });
}

function mergeEntry(below: MapEntry, above: MapEntry, { both, onChange }: MergeRule): MapEntry[] {
  onChange?.(above, below);
  if (isEmpty(above.value)) return [];
  return [{ key: above.key, value: both === undefined ? above.value : both(below, above) }];
}

function nothingToRemove(name: string, { place, entries }: MapNode): string {
  const hint = didYouMean(
    name,
    entries.map(({ key }) => key.text),
  );
  return `"${name}" has nothing behind it, which takes away what is extended, but ${place.file} has no such key there${hint}`;
}

function textOf({ text }: ScalarNode): string {
  return text;
}
