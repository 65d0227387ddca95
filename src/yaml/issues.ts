import type { ErrorCode } from "../error-codes.ts";
import type { Problem } from "../errors.ts";
import { nearestNames } from "../near-miss.ts";
import { describeNode, nodeAt, type YamlNode } from "./nodes.ts";
import { knownKeys } from "./shape.ts";

/** What a schema found wrong; the fields are those of zod 4, of which each code has some. */
export interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
  /** What is wrong with a key itself. */
  readonly issues?: readonly Issue[];
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  readonly origin?: string;
}

export interface IssueContext {
  readonly schema: unknown;
  readonly alsoKnown: readonly string[];
  /** Keys of the language that this version does not have. */
  readonly later: readonly string[];
}

/** The issues that an error of a schema carries; an error without any counts as one of the whole input. */
export function issuesOf(error: unknown): readonly Issue[] {
  if (!(error instanceof Error)) throw error;
  if ("issues" in error && Array.isArray(error.issues)) return error.issues as readonly Issue[];
  if (error instanceof TypeError || error instanceof ReferenceError) throw error;
  return [{ code: "custom", path: [], message: error.message }];
}

/** Sentences for the user, each at the key or the value that it speaks of. What is only mistyped is not missing too. */
export function describeIssues(issues: readonly Issue[], root: YamlNode, context: IssueContext): readonly Problem[] {
  const meant = new Set(
    issues.flatMap(({ keys = [], path }) => {
      const known = [...knownKeys(context.schema, path)];
      return keys.flatMap((key) => nearestTo(key, known) ?? []).map((name) => JSON.stringify([...path, name]));
    }),
  );
  return issues
    .filter(({ path }) => !(meant.has(JSON.stringify(path)) && nodeAt(root, path) === undefined))
    .flatMap((issue) => describeIssue(issue, root, context));
}

function describeIssue(issue: Issue, root: YamlNode, context: IssueContext): readonly Problem[] {
  if (issue.code === "unrecognized_keys") return unknownKeys(issue, root, context);
  if (issue.code === "invalid_union") return describeUnion(issue, root, context);
  const node = nodeAt(root, issue.path);
  if (node === undefined) return [missing(issue, root)];
  return [problem(node, codeOf(issue), `${prefixOf(issue.path)}${sentence(issue, node)}`)];
}

function sentence(issue: Issue, node: YamlNode): string {
  const found = describeNode(node);
  if (!ZOD_WORDS.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${EXPECTED[issue.expected ?? ""] ?? issue.expected ?? "something else"}, found ${found}`;
    case "invalid_value":
      return `expected ${oneOf(issue.values ?? [])}, found ${found}${near(node, issue.values ?? [])}`;
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? `too short: at least ${issue.minimum} ${PARTS[issue.origin]}`
        : `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}, found ${found}`;
    case "too_big":
      return issue.origin === "string" || issue.origin === "array"
        ? `too long: at most ${issue.maximum} ${PARTS[issue.origin]}`
        : `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}, found ${found}`;
    case "invalid_key":
      return issue.issues?.[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

/** What kind of trouble it is. */
function codeOf({ code, message, origin }: Issue): ErrorCode {
  if (!ZOD_WORDS.test(message)) return "LG205";
  switch (code) {
    case "invalid_type":
      return "LG202";
    case "invalid_value":
      return "LG206";
    case "too_small":
    case "too_big":
      return origin === undefined ? "LG205" : "LG203";
    default:
      return "LG205";
  }
}

/** How zod's own messages begin; any other is a sentence of the schema's author, who knows best. */
const ZOD_WORDS = /^(?:Invalid |Too (?:big|small)|Unrecognized )/;

const PARTS = { string: "characters", array: "items" };

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  bigint: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  map: "a map",
  array: "a list",
  tuple: "a list",
};

function oneOf(values: readonly unknown[]): string {
  const words = values.map(String);
  return words.length > 1 ? `one of ${words.join(", ")}` : (words[0] ?? "nothing");
}

function near(node: YamlNode, values: readonly unknown[]): string {
  return node.kind === "scalar" ? didYouMean(node.text, values.map(String)) : "";
}

/** `; did you mean "f32"?`, or nothing where no candidate comes near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const best = nearestTo(word, candidates);
  return best === undefined ? "" : `; did you mean "${best}"?`;
}

/** Every word of two letters is near to every other: only their case can be a slip. */
function nearestTo(word: string, candidates: Iterable<string>): string | undefined {
  return nearestNames(word, candidates, 1).find((near) => word.length > 2 || near === word.toLowerCase());
}

/** The sentence for a word that is none of the known ones: the near miss, or else all that there are. */
export function unknownWord(what: string, word: string, candidates: Iterable<string>): string {
  const known = [...candidates];
  // Another of several shapes has it.
  if (known.includes(word)) return `the ${what} "${word}" cannot stand beside the others here`;
  const hint = didYouMean(word, known);
  if (hint !== "") return `unknown ${what} "${word}"${hint}`;
  return `unknown ${what} "${word}"${known.length === 0 ? "" : ` (have: ${known.join(", ")})`}`;
}

export function notSupported(key: string): string {
  return `\`${key}\` is not supported by this version`;
}

function unknownKeys(issue: Issue, root: YamlNode, context: IssueContext): Problem[] {
  const parent = nodeAt(root, issue.path);
  const known = [...knownKeys(context.schema, issue.path), ...(issue.path.length === 0 ? context.alsoKnown : [])];
  // A file of another kind has very many.
  const entries = new Map(parent?.kind === "map" ? parent.entries.map(({ key }) => [key.text, key]) : []);
  return (issue.keys ?? []).map((key) =>
    problem(
      entries.get(key) ?? parent ?? root,
      context.later.includes(key) ? "LG211" : "LG201",
      context.later.includes(key) ? notSupported(key) : unknownWord("key", key, known),
    ),
  );
}

/**
 * Of several shapes the user meant the one whose kind fits: its own issues are told; else what all shapes expect, or what
 * their author says.
 */
function describeUnion(issue: Issue, root: YamlNode, context: IssueContext): readonly Problem[] {
  const node = nodeAt(root, issue.path);
  if (node !== undefined && !ZOD_WORDS.test(issue.message)) {
    return [problem(node, "LG205", `${prefixOf(issue.path)}${issue.message}`)];
  }
  const branches = issue.errors ?? [];
  const meant = branches.filter((branch) => !branch.some(isWrongKind));
  const [best] = [...meant].sort((a, b) => a.length - b.length);
  if (best !== undefined) {
    const inner = best.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
    return describeIssues(inner, root, context);
  }
  if (node === undefined) return [missing(issue, root)];
  const expected = new Set(branches.flatMap((branch) => branch.filter(isWrongKind).map(expectation)));
  const wanted = expected.size === 0 ? "something else" : [...expected].join(" or ");
  const words = branches.flatMap((branch) => branch.flatMap(({ values = [] }) => values));
  return [
    problem(
      node,
      "LG202",
      `${prefixOf(issue.path)}expected ${wanted}, found ${describeNode(node)}${near(node, words)}`,
    ),
  ];
}

function isWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function expectation(issue: Issue): string {
  return issue.code === "invalid_value"
    ? oneOf(issue.values ?? [])
    : (EXPECTED[issue.expected ?? ""] ?? "something else");
}

/** A key that must be there is not: the place is the map where it is missing. */
function missing(issue: Issue, root: YamlNode): Problem {
  const key = String(issue.path.at(-1) ?? "");
  let depth = issue.path.length - 1;
  while (depth > 0 && nodeAt(root, issue.path.slice(0, depth)) === undefined) depth--;
  const parent = nodeAt(root, issue.path.slice(0, depth)) ?? root;
  const absent = issue.code === "invalid_type" || issue.code === "invalid_value" || issue.code === "invalid_union";
  return problem(parent, absent ? "LG204" : "LG205", absent ? `"${key}" is missing` : issue.message);
}

/** The key that the user wrote last on the way: the place says the rest. */
function prefixOf(path: readonly PropertyKey[]): string {
  const name = path.findLast((step) => typeof step === "string");
  return name === undefined ? "" : `${name}: `;
}

function problem(node: YamlNode, code: ErrorCode, message: string): Problem {
  return { severity: "error", code, place: node.place, message };
}
