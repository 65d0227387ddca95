import type { Place } from "../errors.ts";

/**
 * A YAML file as it was written: the text of each scalar, the order of the keys, the place of everything. What a scalar
 * means (a number, a word) is decided by the schema that reads it, never here.
 */
export type YamlNode = ScalarNode | MapNode | ListNode;

export interface ScalarNode {
  readonly kind: "scalar";
  readonly place: Place;
  /** As written for a plain scalar (`00001`, `2E19`), with quotes and escapes undone for a quoted or block one. */
  readonly text: string;
  /** Whether it can only be text: written in quotes, as a block, or made by filling a parameter into a text. */
  readonly quoted: boolean;
  /** As it stands in the file, where that is more than the text, with or without quotes around it, on one line. */
  readonly written?: string;
  /** A tag of ours, e.g. "!secret". */
  readonly tag?: string;
  /** The text came from a `!secret`: it is never shown. */
  readonly secret?: true;
}

export interface MapNode {
  readonly kind: "map";
  readonly place: Place;
  /** In the order of the file; keys are unique, merge keys are merged in. */
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly key: ScalarNode;
  readonly value: YamlNode;
}

export interface ListNode {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly YamlNode[];
}

/** What a plain scalar spells in the YAML 1.2 core schema; integers beyond the safe ones are bigints. */
export type PlainValue = string | number | bigint | boolean | null;

const INTEGER = /^(?:[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INFINITE = /^([-+]?)\.(?:inf|Inf|INF)$/;

/** YAML 1.2 §10.3.2: null, booleans and numbers by their spelling, all else text. */
export function plainValue(node: ScalarNode): PlainValue {
  const { text } = node;
  if (node.quoted) return text;
  if (text === "" || text === "~" || text === "null" || text === "Null" || text === "NULL") return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (INTEGER.test(text)) return integer(text);
  if (FLOAT.test(text)) return Number(text);
  const [, sign] = INFINITE.exec(text) ?? [];
  if (sign !== undefined) return sign === "-" ? -Infinity : Infinity;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? Number.NaN : text;
}

/** Whether there is nothing: `devices:` with nothing behind it. */
export function isEmpty(node: YamlNode): boolean {
  return node.kind === "scalar" && node.tag === undefined && plainValue(node) === null;
}

/** The entry of a key; undefined where the node is no map or has no such key. */
export function entryOf(node: YamlNode | undefined, key: string): MapEntry | undefined {
  return node?.kind === "map" ? node.entries.find((entry) => entry.key.text === key) : undefined;
}

export function childOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return entryOf(node, key)?.value;
}

/** The node at a path of keys and indices, or undefined where the path leaves the tree. */
export function nodeAt(node: YamlNode, path: readonly PropertyKey[]): YamlNode | undefined {
  let at: YamlNode | undefined = node;
  for (const step of path) {
    if (at?.kind === "list") at = at.items[Number(step)];
    else at = entryOf(at, String(step))?.value;
  }
  return at;
}

/** What the node is, for a sentence: `"abc"`, `a map`, `a list`, `nothing`. */
export function describeNode(node: YamlNode): string {
  switch (node.kind) {
    case "map":
      return "a map";
    case "list":
      return "a list";
    case "scalar":
      if (node.secret === true) return "a secret";
      if (isEmpty(node)) return "nothing";
      return JSON.stringify(node.text.length > 60 ? `${node.text.slice(0, 60)}…` : node.text);
  }
}

function integer(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (!/^[-+]/.test(text)) return BigInt(text);
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text.slice(1));
}
