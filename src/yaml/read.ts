import type { Schema } from "../adapter.ts";
import type { ErrorCode } from "../error-codes.ts";
import type { Place, Problem } from "../errors.ts";
import { describeIssues, type Issue, issuesOf } from "./issues.ts";
import { type MapNode, nodeAt, plainValue, type ScalarNode, type YamlNode } from "./nodes.ts";

/** Where problems go while reading continues, so that the user hears of all of them at once. */
export type Report = (problem: Problem) => void;

export function reportError(report: Report, place: Place, message: string, code: ErrorCode): void {
  report({ severity: "error", code, place, message });
}

export interface ReadOptions {
  /** What the core adds to the keys that the user wrote. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Keys that are the user's, but not this schema's. */
  readonly without?: ReadonlySet<string>;
  /** Keys that others read here: candidates for "did you mean". */
  readonly alsoKnown?: Iterable<string>;
  /** Keys of the language that this version does not have: said so, at whatever depth. */
  readonly later?: readonly string[];
  /** Whether secrets may stand here: what is read is never shown, to nobody. */
  readonly secrets?: true;
}

/**
 * Reads a node by a schema. The schema decides the type of each scalar: where it wants text, a plain `00001` or `2E19` is
 * that text; else a scalar is what YAML 1.2 spells. Undefined where the node is wrong; every problem was then reported.
 */
export function readNode<T>(
  node: YamlNode,
  schema: Schema<T>,
  report: Report,
  options: ReadOptions = {},
): T | undefined {
  if (!refuseTags(node, report, options)) return undefined;
  const asText = new Set<ScalarNode>();
  const context = { schema, alsoKnown: [...(options.alsoKnown ?? [])], later: options.later ?? [] };
  for (;;) {
    const result = attempt(() => schema.parse(plainInput(node, asText, options)));
    if ("value" in result) return result.value;
    const before = asText.size;
    for (const issue of result.issues) collectTexts(issue, node, asText);
    if (asText.size > before) continue;
    for (const problem of describeIssues(result.issues, node, context)) report(problem);
    return undefined;
  }
}

/** The node as plain values: maps as objects without prototype, scalars as the type that their text spells. */
export function toPlain(node: YamlNode, asText: ReadonlySet<ScalarNode> = new Set()): unknown {
  switch (node.kind) {
    case "scalar":
      return asText.has(node) ? node.text : plainValue(node);
    case "list":
      return node.items.map((item) => toPlain(item, asText));
    case "map":
      return toPlainMap(node, asText);
  }
}

/** The same of a map. */
export function toPlainMap(
  node: MapNode,
  asText: ReadonlySet<ScalarNode> = new Set(),
): Readonly<Record<string, unknown>> {
  const plain: Record<string, unknown> = Object.create(null);
  for (const { key, value } of node.entries) plain[key.text] = toPlain(value, asText);
  return plain;
}

function plainInput(node: YamlNode, asText: ReadonlySet<ScalarNode>, options: ReadOptions): unknown {
  const { extra, without } = options;
  if (node.kind !== "map" || (extra === undefined && without === undefined)) return toPlain(node, asText);
  const entries = node.entries.filter(({ key }) => without?.has(key.text) !== true);
  return Object.assign(toPlainMap({ ...node, entries }, asText), extra);
}

function attempt<T>(read: () => T): { readonly value: T } | { readonly issues: readonly Issue[] } {
  try {
    return { value: read() };
  } catch (error) {
    return { issues: issuesOf(error) };
  }
}

/** Where the schema wanted text, the scalar is read as it was written. */
function collectTexts(issue: Issue, node: YamlNode, asText: Set<ScalarNode>): void {
  for (const branch of issue.errors ?? []) {
    for (const inner of branch) collectTexts({ ...inner, path: [...issue.path, ...inner.path] }, node, asText);
  }
  const wantsText =
    (issue.code === "invalid_type" && issue.expected === "string") ||
    (issue.code === "invalid_value" && issue.values?.some((value) => typeof value === "string") === true);
  const scalar = wantsText ? nodeAt(node, issue.path) : undefined;
  if (scalar?.kind === "scalar" && !scalar.quoted && isMisread(scalar)) asText.add(scalar);
}

/** Plain text is text already; nothing at all is not text. */
function isMisread(scalar: ScalarNode): boolean {
  const value = plainValue(scalar);
  return typeof value !== "string" && value !== null;
}

/** Whether there is nothing in the tree that may not stand there: tags that nobody filled in, and secrets. */
function refuseTags(node: YamlNode, report: Report, { without, secrets }: ReadOptions): boolean {
  const refused = markedScalars(node, without).filter(({ tag, secret }) => tag !== undefined || (secret && !secrets));
  for (const { place, tag } of refused)
    reportError(report, place, tag === undefined ? SHOWN : unknownTag(tag), tag === undefined ? "LG216" : "LG211");
  return refused.length === 0;
}

const SHOWN = "a secret cannot stand here, where it would be shown";

function unknownTag(tag: string): string {
  return tag === "!secret"
    ? "!secret stands in config.yaml and devices.d alone; a mapping has a parameter of type secret for it"
    : `the tag ${tag} is not supported here`;
}

/** Reports every secret in a tree that somebody would see. */
export function refuseSecrets(node: YamlNode | undefined, report: Report): boolean {
  return node === undefined || refuseTags(node, report, {});
}

function markedScalars(node: YamlNode, without?: ReadonlySet<string>): ScalarNode[] {
  switch (node.kind) {
    case "scalar":
      return node.tag === undefined && node.secret === undefined ? [] : [node];
    case "list":
      return node.items.flatMap((item) => markedScalars(item));
    case "map":
      return node.entries.flatMap(({ key, value }) => (without?.has(key.text) === true ? [] : markedScalars(value)));
  }
}
