/** The test vectors of a mapping that is extended: those that still speak of the same thing run for the new one too. */
import { childOf, describeNode, type MapEntry, type MapNode, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import type { MappingTree } from "./extend.ts";

export interface Overlay {
  readonly above: MapNode;
  /** Both, one over the other. */
  readonly root: MapNode;
  /** Below these the new mapping says something else: "3303", "3303/0", "3303/0/5700/0". */
  readonly changed: ReadonlySet<string>;
}

/**
 * What the vectors of the lower mapping say of resources that are as they were. They run with the defaults of the parameters
 * that they were written for. Where the order of bytes is another, none of them says anything.
 */
export function inheritedVectors(below: MappingTree, { above, root, changed }: Overlay): readonly YamlNode[] {
  if (childOf(childOf(above, protocolOf(root)), "order") !== undefined) return [];
  const own = childOf(below.root, "test");
  const vectors = [...below.inherited, ...(own?.kind === "list" ? own.items : [])];
  const parameters = { old: childOf(below.root, "params"), now: childOf(root, "params") };
  return vectors.flatMap((vector): readonly YamlNode[] => {
    if (vector.kind !== "map") return [vector];
    const kept = stillTrue(vector, changed);
    return kept === undefined ? [] : [withParameters(kept, parameters)];
  });
}

/** Without what it says of changed resources; undefined where nothing is left. */
function stillTrue(vector: MapNode, changed: ReadonlySet<string>): MapNode | undefined {
  let left = false;
  const entries = vector.entries.map((entry) => {
    if (entry.key.text !== "expect" && entry.key.text !== "write") return entry;
    if (entry.value.kind !== "map") return entry;
    const kept = entry.value.entries.filter(({ key }) => !isChanged(key.text, changed));
    left ||= kept.length > 0;
    return { key: entry.key, value: { ...entry.value, entries: kept } };
  });
  return left ? { ...vector, entries } : undefined;
}

function isChanged(point: string, changed: ReadonlySet<string>): boolean {
  const steps = point.split("/");
  if (steps.length === 3) steps.push("0");
  return steps.some((_, i) => changed.has(steps.slice(0, i + 1).join("/")));
}

interface Parameters {
  readonly old: YamlNode | undefined;
  readonly now: YamlNode | undefined;
}

function withParameters(vector: MapNode, { old, now }: Parameters): MapNode {
  const given = childOf(vector, "params");
  const own = given?.kind === "map" ? given.entries : [];
  const kept = own.filter(({ key }) => childOf(now, key.text) !== undefined);
  const names = new Set(kept.map(({ key }) => key.text));
  const added = changedDefaults(old, now).filter(({ key }) => !names.has(key.text));
  if (added.length === 0 && kept.length === own.length) return vector;
  const key: ScalarNode = { kind: "scalar", place: vector.place, text: "params", quoted: false };
  const value: MapNode = { kind: "map", place: given?.place ?? vector.place, entries: [...kept, ...added] };
  return { ...vector, entries: [...vector.entries.filter((entry) => entry.key.text !== "params"), { key, value }] };
}

/** The former defaults of parameters that have another one now, or none. */
function changedDefaults(old: YamlNode | undefined, now: YamlNode | undefined): readonly MapEntry[] {
  if (old?.kind !== "map") return [];
  return old.entries.flatMap(({ key, value }) => {
    const before = childOf(value, "default");
    const parameter = childOf(now, key.text);
    if (before === undefined || parameter === undefined) return [];
    const after = childOf(parameter, "default");
    return after !== undefined && describeNode(before) === describeNode(after) ? [] : [{ key, value: before }];
  });
}

function protocolOf(root: MapNode): string {
  const protocol = childOf(root, "protocol");
  return protocol?.kind === "scalar" ? protocol.text : "";
}
