import type { ListNode, MapEntry, MapNode, ScalarNode, YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";

/** What `$name` stands for. `absent`: an optional parameter that this device leaves out. */
export type Scope = ReadonlyMap<string, ScalarNode | "absent">;

export interface SubstituteOptions {
  /** Who knows the names, for the sentence about an unknown one: "this mapping". */
  readonly owner: string;
  /** In the steps of `do`, `$0` … `$9` are the arguments of Execute: they stay. */
  readonly keepArguments?: boolean;
  /** Keys whose text stays as it is: its reader knows the parameters by itself. */
  readonly untouched?: ReadonlySet<string>;
}

/**
 * Fills parameters into a tree. A scalar that is just `$name` or `$(name)` becomes the value, its type kept; inside other
 * text the value's text is filled in, and the result is text. `$$` is a dollar. Whatever has no `$` is returned as it is, the
 * same object; a value keeps the place of its `$name`.
 */
export function substitute<T extends YamlNode>(node: T, scope: Scope, report: Report, options: SubstituteOptions): T {
  return replace(node, { scope, report, ...options }) as T;
}

const named = new WeakMap<YamlNode, readonly string[]>();

/** The names behind `$` in a tree. */
export function namesIn(node: YamlNode): readonly string[] {
  let names = named.get(node);
  if (names === undefined) {
    names = [...new Set(collectNames(node))];
    named.set(node, names);
  }
  return names;
}

function collectNames(node: YamlNode): string[] {
  switch (node.kind) {
    case "scalar":
      return [...node.text.matchAll(PART)].flatMap(([, long, short]) => long ?? short ?? []);
    case "list":
      return node.items.flatMap(collectNames);
    case "map":
      return node.entries.flatMap(({ value }) => collectNames(value));
  }
}

interface Context extends SubstituteOptions {
  readonly scope: Scope;
  readonly report: Report;
}

const WHOLE = /^\$(?:\(([A-Za-z_][A-Za-z0-9_]*)\)|([A-Za-z_][A-Za-z0-9_]*))$/;
const PART = /\$(?:\$|\(([A-Za-z_][A-Za-z0-9_]*)\)|([A-Za-z_][A-Za-z0-9_]*)|([0-9])|)/g;

function replace(node: YamlNode, context: Context): YamlNode {
  switch (node.kind) {
    case "scalar":
      return replaceScalar(node, context);
    case "list":
      return replaceList(node, context);
    case "map":
      return replaceMap(node, context);
  }
}

function replaceList(node: ListNode, context: Context): ListNode {
  const items = node.items.map((item) => replace(item, context));
  return items.some((item, i) => item !== node.items[i]) ? { ...node, items } : node;
}

function replaceMap(node: MapNode, context: Context): MapNode {
  let changed = false;
  const entries: MapEntry[] = [];
  for (const entry of node.entries) {
    if (isAbsent(entry.value, context.scope)) {
      changed = true;
      continue;
    }
    const inner = entry.key.text === "do" ? { ...context, keepArguments: true } : context;
    const untouched = context.untouched?.has(entry.key.text) === true;
    const value = untouched && entry.value.kind === "scalar" ? apart(entry.value) : replace(entry.value, inner);
    changed ||= value !== entry.value;
    entries.push(value === entry.value ? entry : { key: entry.key, value });
  }
  return changed ? { ...node, entries } : node;
}

/** What names a parameter means something else for each of its values: it is never the same object. */
function apart(node: ScalarNode): ScalarNode {
  return node.text.includes("$") ? { ...node } : node;
}

function isAbsent(node: YamlNode, scope: Scope): boolean {
  if (node.kind !== "scalar") return false;
  const [, long, short] = WHOLE.exec(node.text) ?? [];
  return scope.get(long ?? short ?? "") === "absent";
}

function replaceScalar(node: ScalarNode, context: Context): ScalarNode {
  if (!node.text.includes("$") || node.secret === true) return node;
  const [, long, short] = WHOLE.exec(node.text) ?? [];
  const whole = long ?? short;
  if (whole !== undefined) {
    const value = find(whole, node, context);
    return value === undefined ? node : { ...value, place: node.place };
  }
  let isSecret = false;
  const text = node.text.replaceAll(PART, (match, long?: string, short?: string, digit?: string) => {
    const name = long ?? short;
    if (name === undefined) return replaceMark(match, digit, node, context);
    const value = find(name, node, context);
    isSecret ||= value?.secret === true;
    return value?.text ?? match;
  });
  if (text === node.text) return node;
  return { ...node, text, quoted: true, ...(isSecret ? { secret: true } : {}) };
}

/** `$$`, `$0` and a `$` before anything else. */
function replaceMark(match: string, digit: string | undefined, node: ScalarNode, context: Context): string {
  if (context.keepArguments === true && (match === "$$" || digit !== undefined)) return match;
  if (match === "$$") return "$";
  const hint = digit === undefined ? "" : `; $${digit} is an argument of Execute and stands in \`do\` only`;
  reportError(context.report, node.place, `${match} names no parameter: write $$ for a dollar${hint}`, "LG318");
  return match;
}

function find(name: string, node: ScalarNode, { scope, report, owner }: Context): ScalarNode | undefined {
  const value = scope.get(name);
  if (value !== undefined && value !== "absent") return value;
  const have = scope.size === 0 ? "it has none" : `have: ${[...scope.keys()].join(", ")}`;
  const message =
    value === "absent"
      ? `$${name} is optional and not given: it can only stand alone`
      : `$${name} is not a parameter of ${owner} (${have})`;
  reportError(report, node.place, message, "LG318");
  return undefined;
}
