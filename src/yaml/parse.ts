/** YAML 1.2.2: text → nodes with places. */
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { ConfigError, type Place, type Problem } from "../errors.ts";
import type { MapEntry, ScalarNode, YamlNode } from "./nodes.ts";

/** Nesting that no configuration needs; deeper would exhaust the stack of those who walk the tree. */
const MAX_DEPTH = 64;
/** How many nodes a file may have once every alias is followed: an alias bomb has billions. */
const MAX_NODES = 500_000;

/** Parses one YAML document. An empty file is an empty scalar. Throws ConfigError with every problem of the text. */
export function parseYaml(text: string, file: string): YamlNode {
  const tooDeep = hostileLine(text);
  if (tooDeep !== undefined) throw new ConfigError([deepProblem({ file, line: tooDeep, column: 1 })]);
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    schema: "core",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
  });
  const reader = new TreeReader(text, counter, file);
  const problems = document.errors.filter(isFirstOfItsKind).map((error) => reader.syntaxProblem(error));
  if (problems.length > 0) throw new ConfigError(problems);
  const root = reader.read(document.contents);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return root;
}

/** One line at the wrong place puts all that follow it at the wrong place. */
function isFirstOfItsKind({ code }: YAMLError, index: number, errors: readonly YAMLError[]): boolean {
  const before = errors.slice(0, index);
  return code !== "BAD_INDENT" || !before.some((error) => error.code === code || error.code === "TAB_AS_INDENT");
}

/** The parser below descends once for each level: beyond this it would exhaust the stack. */
const HOSTILE_DEPTH = 500;

/** The line at which the nesting goes beyond any bound; brackets in texts and comments count too, but never so many. */
function hostileLine(text: string): number | undefined {
  let brackets = 0;
  for (const [index, line] of text.split("\n").entries()) {
    let deepest = brackets;
    for (const [bracket] of line.matchAll(/[[\]{}]/g)) {
      brackets = Math.max(0, brackets + (bracket === "[" || bracket === "{" ? 1 : -1));
      deepest = Math.max(deepest, brackets);
    }
    const marks = /^(?: *[-?:] )*/.exec(line)?.[0].match(/[-?:]/g)?.length ?? 0;
    const indentation = /^ */.exec(line)?.[0].length ?? 0;
    if (Math.max(deepest, marks, indentation) > HOSTILE_DEPTH) return index + 1;
  }
  return undefined;
}

function deepProblem(place: Place): Problem {
  return { severity: "error", code: "LG212", place, message: `nested more than ${MAX_DEPTH} levels deep` };
}

/** A node as read, how many nodes it stands for with every alias followed, and how many levels are below it. */
interface Read<T extends YamlNode = YamlNode> {
  readonly node: T;
  readonly size: number;
  readonly height: number;
}

class TreeReader {
  readonly problems: Problem[] = [];
  private readonly text: string;
  private readonly counter: LineCounter;
  private readonly file: string;
  /** What an alias may name: an anchor stands before its aliases (YAML 1.2.2 §3.2.2.2). */
  private readonly anchors = new Map<string, Node>();
  /** A node with an anchor is read once and shared. */
  private readonly done = new Map<Node, Read>();

  constructor(text: string, counter: LineCounter, file: string) {
    this.text = text;
    this.counter = counter;
    this.file = file;
  }

  read(root: Node | null): YamlNode {
    const { node, size } = this.node(root, 0, 0);
    if (size > MAX_NODES) {
      this.fail(node.place, `more than ${MAX_NODES} nodes, with what its aliases stand for`);
    }
    return node;
  }

  syntaxProblem(error: YAMLError): Problem {
    return {
      severity: "error",
      code: "LG212",
      place: this.placeAt(error.pos[0]),
      message: SYNTAX[error.code] ?? plain(error.message),
    };
  }

  private node(source: Node | null, offset: number, depth: number): Read {
    if (source === null) return this.nothing(offset);
    if (isAlias(source)) return this.alias(source, depth);
    if (depth > MAX_DEPTH) {
      this.problems.push(deepProblem(this.place(source)));
      return this.nothing(start(source));
    }
    const anchor = isScalar(source) || isMap(source) || isSeq(source) ? source.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, source);
    const read = this.content(source, depth);
    if (anchor !== undefined) this.done.set(source, read);
    return read;
  }

  private content(source: Node, depth: number): Read {
    if (isScalar(source)) return { node: this.scalar(source), size: 1, height: 0 };
    if (ourTag(source.tag))
      this.fail(this.place(source), `the tag ${source.tag} is for a word, not for a map or a list`);
    if (isMap(source)) return this.map(source, depth);
    const items = isSeq(source)
      ? source.items.map((item) => this.node(item as Node | null, start(source), depth + 1))
      : [];
    const node = { kind: "list", place: this.place(source), items: items.map((item) => item.node) } as const;
    return { node, ...measure(items) };
  }

  private alias(source: Alias, depth: number): Read {
    const target = this.anchors.get(source.source);
    const read = target === undefined ? undefined : this.done.get(target);
    const place = this.place(source);
    if (target === undefined) this.fail(place, `*${source.source} names no anchor: no &${source.source} before it`);
    else if (read === undefined) this.fail(place, `*${source.source} stands inside its own anchor`);
    else if (depth + read.height > MAX_DEPTH) this.problems.push(deepProblem(place));
    else return read;
    return this.nothing(start(source));
  }

  private map(source: YAMLMap, depth: number): Read {
    const own = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    const values: Read[] = [];
    for (const pair of source.items as Pair<Node | null, Node | null>[]) {
      const key = this.key(pair.key, start(source));
      const value = this.node(pair.value, pair.key === null ? start(source) : end(pair.key), depth + 1);
      values.push(value);
      if (key.text === "<<" && !key.quoted) this.merge(value.node, merged);
      else this.add(own, { key, value: value.node });
    }
    for (const [key, entry] of merged) if (!own.has(key)) own.set(key, entry);
    return { node: { kind: "map", place: this.place(source), entries: [...own.values()] }, ...measure(values) };
  }

  /** YAML 1.1 "merge": the keys of one map or of several, earlier ones first; own keys win. */
  private merge(value: YamlNode, into: Map<string, MapEntry>): void {
    const maps = value.kind === "list" ? value.items : [value];
    for (const map of maps) {
      if (map.kind !== "map") this.fail(map.place, "<< merges a map or a list of maps");
      else for (const entry of map.entries) if (!into.has(entry.key.text)) into.set(entry.key.text, entry);
    }
  }

  private add(entries: Map<string, MapEntry>, entry: MapEntry): void {
    const first = entries.get(entry.key.text);
    if (first === undefined) entries.set(entry.key.text, entry);
    else this.fail(entry.key.place, `"${entry.key.text}" stands here twice; first in line ${first.key.place.line}`);
  }

  private key(source: Node | null, offset: number): ScalarNode {
    if (source === null) return this.emptyScalar(offset);
    const read = this.node(source, offset, 0).node;
    if (read.kind === "scalar") return read;
    this.fail(this.place(source), "a key is a word or a number, not a map or a list");
    return this.emptyScalar(start(source));
  }

  private scalar(source: Scalar): ScalarNode {
    const place = this.place(source);
    const quoted = source.type !== undefined && source.type !== "PLAIN";
    const text = quoted ? String(source.value) : (source.source ?? "");
    const tag = source.tag;
    const ours = ourTag(tag) ? { tag } : {};
    const written = this.text.slice(...(source.range?.slice(0, 2) ?? [0, 0]));
    const plain = quoted ? written.slice(1, -1) : written;
    const more = plain === text && !plain.includes("\n") ? {} : { written };
    return { kind: "scalar", place, text, quoted: quoted || tag === "tag:yaml.org,2002:str", ...more, ...ours };
  }

  private emptyScalar(offset: number): ScalarNode {
    return { kind: "scalar", place: this.placeAt(offset), text: "", quoted: false };
  }

  private nothing(offset: number): Read {
    return { node: this.emptyScalar(offset), size: 1, height: 0 };
  }

  private place(source: Node): Place {
    return this.placeAt(start(source));
  }

  private placeAt(offset: number): Place {
    const { line, col } = this.counter.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  private fail(place: Place, message: string): void {
    this.problems.push({ severity: "error", code: "LG212", place, message });
  }
}

function measure(parts: readonly Read[]): { readonly size: number; readonly height: number } {
  return parts.reduce(
    (sum, { size, height }) => ({ size: sum.size + size, height: Math.max(sum.height, height + 1) }),
    {
      size: 1,
      height: 0,
    },
  );
}

/** `!secret` is ours, `!!str` is YAML's. */
function ourTag(tag: string | undefined): tag is string {
  return tag !== undefined && !tag.startsWith("tag:yaml.org,2002:");
}

function start(node: Node): number {
  return node.range?.[0] ?? 0;
}

function end(node: Node): number {
  return node.range?.[1] ?? start(node);
}

/** The parser's own words where they help; without its trailing position and capital. */
function plain(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

const SYNTAX: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  TAB_AS_INDENT: "a tab stands in the indentation: YAML wants spaces there",
  MULTIPLE_DOCS: "a second document begins here: one file holds one document",
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " in this line: put a text that holds one in quotes',
  BAD_INDENT:
    "this line begins where it does not belong: neighbours begin in the same column, and what begins with { or [ must end with } or ]",
  BAD_SCALAR_START: "put a text that begins with this character in quotes",
  BLOCK_IN_FLOW: 'put a text that has ": " or "? " in quotes',
  DUPLICATE_KEY: "this key stands twice in its map",
};
