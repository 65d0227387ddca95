/** `extends:` one mapping laid over another. What merges and what replaces: docs/mapping.md, "One mapping made of another". */
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { didYouMean } from "../yaml/issues.ts";
import { mergeDeep, mergeMaps } from "../yaml/merge.ts";
import {
  childOf,
  describeNode,
  entryOf,
  isEmpty,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type YamlNode,
} from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { mergeObjects, mergeSource } from "./extend-objects.ts";
import { identityResource } from "./identity.ts";
import { inheritedVectors } from "./inherited-vectors.ts";

/** A mapping's tree with all that it extends laid below it. */
export interface MappingTree {
  readonly root: MapNode;
  /** Vectors of what it extends that are still about the same thing. */
  readonly inherited: readonly YamlNode[];
}

export interface ExtendContext {
  readonly catalogue: ObjectCatalogue;
  /** The source keys of the protocol. */
  readonly sources: readonly string[];
  readonly report: Report;
}

/** What a mapping says of itself alone. */
const OWN: ReadonlySet<string> = new Set(["format", "mapping", "description", "source", "test"]);

/** The upper mapping over the lower one; what cannot be is reported where it stands. */
export function extendMapping(below: MappingTree, above: MapNode, context: ExtendContext): MappingTree {
  const changed = new Set<string>();
  const merge = sectionMerger({ ...context, onChange: (path) => changed.add(path) });
  const upper = new Map(above.entries.map((entry) => [entry.key.text, entry]));
  const entries: MapEntry[] = [];
  for (const entry of below.root.entries) {
    const { text } = entry.key;
    const over = upper.get(text);
    if (OWN.has(text)) continue;
    upper.delete(text);
    // A section with nothing in it says nothing.
    if (over === undefined || isEmpty(over.value)) entries.push(entry);
    else entries.push({ key: over.key, value: merge(text, entry.value, over.value) });
  }
  const root: MapNode = {
    ...above,
    entries: [...entries, ...upper.values()].filter(({ key }) => key.text !== "extends"),
  };
  return { root, inherited: inheritedVectors(below, { above, root, changed }) };
}

interface MergeContext extends ExtendContext {
  /** Hears of every path below which the upper mapping says something else: "3303", "3303/0", "3303/0/5700". */
  readonly onChange: (path: string) => void;
}

function sectionMerger(context: MergeContext): (section: string, below: YamlNode, above: YamlNode) => YamlNode {
  const { report, sources } = context;
  return (section, below, above) => {
    if (section === "protocol") return protocolOf(below, above, report);
    if (below.kind !== "map" || above.kind !== "map") return above;
    switch (section) {
      case "objects":
        return mergeObjects(below, above, context);
      case "params":
        return mergeParameters(below, above, report);
      case "identity":
        return mergeMaps(below, above, {
          report,
          both: (one, other) => mergeSource(one.value, other.value, { sources, report }),
          onChange: ({ key }) => context.onChange(`3/0/${identityResource(key.text) ?? key.text}`),
        });
      case "connectivity":
        return mergeMaps(below, above, {
          report,
          both: (one, other) => mergeSource(one.value, other.value, { sources, report }),
          onChange: () => context.onChange("4/0"),
        });
      default:
        return mergeDeep(below, above, report);
    }
  };
}

function protocolOf(below: YamlNode, above: YamlNode, report: Report): YamlNode {
  const [one, other] = [scalarText(below), scalarText(above)];
  if (one !== undefined && other !== undefined && one !== other) {
    const message = `what is extended speaks ${one}, not ${other}: a mapping extends one of its own protocol`;
    reportError(report, above.place, message, "LG324");
  }
  return above;
}

/** A parameter without a type is one of what is extended: else its name is mistyped. */
function mergeParameters(below: MapNode, above: MapNode, report: Report): MapNode {
  const names = below.entries.map(({ key }) => key.text);
  const mistyped = above.entries.filter(
    ({ key, value }) => value.kind === "map" && !names.includes(key.text) && entryOf(value, "type") === undefined,
  );
  for (const { key } of mistyped) {
    const hint = didYouMean(key.text, names);
    reportError(
      report,
      key.place,
      `what is extended has no parameter "${key.text}", and a new one has a type${hint}`,
      "LG324",
    );
  }
  return mergeMaps(
    below,
    { ...above, entries: above.entries.filter((entry) => !mistyped.includes(entry)) },
    { report, both: (one, other) => mergeParameter(one.value, other.value, report) },
  );
}

/** Another type is another parameter: nothing of the old one fits it. */
function mergeParameter(below: YamlNode, above: YamlNode, report: Report): YamlNode {
  if (below.kind !== "map" || above.kind !== "map" || entryOf(above, "type") !== undefined) return above;
  return mergeMaps(below, above, { report });
}

function scalarText(node: YamlNode): string | undefined {
  return node.kind === "scalar" ? node.text : undefined;
}

/** The name behind `extends:`; undefined where there is none. */
export function baseName(root: YamlNode, report: Report): ScalarNode | undefined {
  const base = childOf(root, "extends");
  if (base === undefined) return undefined;
  if (base.kind === "scalar" && !isEmpty(base)) return base;
  reportError(report, base.place, `extends: expected the name of a mapping, found ${describeNode(base)}`, "LG324");
  return undefined;
}
