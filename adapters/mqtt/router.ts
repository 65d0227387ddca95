/**
 * Who hears which message. Filters stand in a tree by their levels, and what it gives for a topic is kept; of many devices on one
 * filter, each with words of its own in the payload (`only`), the words lead to the device. So a message costs the same whether
 * there is one device or a thousand.
 */
import { formatJsonPath, type JsonPath, valueAt } from "./json-path.ts";
import type { Message } from "./message.ts";

/** What the payload must say: at this path one of these words. */
export interface Condition {
  readonly path: JsonPath;
  readonly words: readonly string[];
}

/** Somebody who hears. */
export interface Feed {
  readonly filter: string;
  readonly only: readonly Condition[];
  take(message: Message): void;
}

interface Node {
  readonly children: Map<string, Node>;
  group?: FilterGroup | undefined;
}

/** More topics than that are looked up in the tree again and again: somebody invents them. */
const MOST_TOPICS = 16_384;

export class Router {
  private readonly root: Node = { children: new Map() };
  private readonly known = new Map<string, readonly FilterGroup[]>();

  /** Returns what ends it. */
  add(feed: Feed): () => void {
    const node = this.nodeOf(feed.filter);
    if (node.group === undefined) {
      node.group = new FilterGroup();
      this.known.clear();
    }
    const { group } = node;
    group.add(feed);
    return () => {
      group.remove(feed);
      if (!group.isEmpty || node.group !== group) return;
      node.group = undefined;
      this.known.clear();
      prune(this.root, feed.filter.split("/"));
    };
  }

  /** Gives the message to all who want it. Returns how many that are. */
  route(message: Message): number {
    let count = 0;
    for (const group of this.groupsOf(message.topic)) count += group.give(message);
    return count;
  }

  private groupsOf(topic: string): readonly FilterGroup[] {
    const known = this.known.get(topic);
    if (known !== undefined) return known;
    const groups: FilterGroup[] = [];
    // MQTT 5.0 §4.7.2: a wildcard at the beginning does not mean the broker's own topics.
    collect(this.root, topic.split("/"), { at: 0, own: topic.startsWith("$"), groups });
    if (this.known.size >= MOST_TOPICS) this.known.clear();
    this.known.set(topic, groups);
    return groups;
  }

  private nodeOf(filter: string): Node {
    let node = this.root;
    for (const level of filter.split("/")) {
      let child = node.children.get(level);
      if (child === undefined) {
        child = { children: new Map() };
        node.children.set(level, child);
      }
      node = child;
    }
    return node;
  }
}

interface Walk {
  readonly at: number;
  readonly own: boolean;
  readonly groups: FilterGroup[];
}

function collect(node: Node, levels: readonly string[], walk: Walk): void {
  const { at, own, groups } = walk;
  const wild = !(own && at === 0);
  const rest = wild ? node.children.get("#")?.group : undefined;
  if (rest !== undefined) groups.push(rest);
  const level = levels[at];
  if (level === undefined) {
    if (node.group !== undefined) groups.push(node.group);
    return;
  }
  const next = { ...walk, at: at + 1 };
  const exact = node.children.get(level);
  // A topic that was published has no wildcards, but nothing that comes is sure.
  if (exact !== undefined && level !== "+" && level !== "#") collect(exact, levels, next);
  const one = wild ? node.children.get("+") : undefined;
  if (one !== undefined) collect(one, levels, next);
}

/** Takes away what leads nowhere any more. */
function prune(node: Node, [level, ...rest]: readonly string[]): void {
  const child = level === undefined ? undefined : node.children.get(level);
  if (level === undefined || child === undefined) return;
  prune(child, rest);
  if (child.group === undefined && child.children.size === 0) node.children.delete(level);
}

/** All who hear one filter. */
class FilterGroup {
  private readonly all = new Set<Feed>();
  /** By the paths that one word is wanted of. */
  private readonly selectors = new Map<string, Selector>();

  get isEmpty(): boolean {
    return this.all.size === 0 && this.selectors.size === 0;
  }

  add(feed: Feed): void {
    if (feed.only.length === 0) {
      this.all.add(feed);
      return;
    }
    const key = selectorKey(feed);
    const selector = this.selectors.get(key) ?? new Selector(feed.only.filter(isOneWord).map(({ path }) => path));
    this.selectors.set(key, selector);
    selector.add(feed);
  }

  remove(feed: Feed): void {
    this.all.delete(feed);
    const key = selectorKey(feed);
    const selector = this.selectors.get(key);
    selector?.remove(feed);
    if (selector?.isEmpty === true) this.selectors.delete(key);
  }

  give(message: Message): number {
    let count = this.all.size;
    for (const feed of this.all) feed.take(message);
    for (const selector of this.selectors.values()) count += selector.give(message);
    return count;
  }
}

/** Those who want one word at the same paths, by the words. */
class Selector {
  private readonly paths: readonly JsonPath[];
  private readonly feeds = new Map<string, Set<Feed>>();

  constructor(paths: readonly JsonPath[]) {
    this.paths = paths;
  }

  get isEmpty(): boolean {
    return this.feeds.size === 0;
  }

  add(feed: Feed): void {
    const key = wantedWords(feed);
    const others = this.feeds.get(key);
    if (others === undefined) this.feeds.set(key, new Set([feed]));
    else others.add(feed);
  }

  remove(feed: Feed): void {
    const key = wantedWords(feed);
    const feeds = this.feeds.get(key);
    if (feeds?.delete(feed) === true && feeds.size === 0) this.feeds.delete(key);
  }

  give(message: Message): number {
    const { json } = message;
    if ("fault" in json) return 0;
    const key = this.paths.map((path) => wordOf(valueAt(json.value, path))).join("\0");
    let count = 0;
    for (const feed of this.feeds.get(key) ?? []) {
      if (!holds(feed.only, json.value)) continue;
      feed.take(message);
      count++;
    }
    return count;
  }
}

/** Whether the document says all of this. */
export function holds(conditions: readonly Condition[], document: unknown): boolean {
  return conditions.every(({ path, words }) => words.includes(wordOf(valueAt(document, path)) ?? ""));
}

/** What a scalar is in words; undefined: it is none. */
export function wordOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
    case "object":
    case "function":
    case "symbol":
      return undefined;
  }
}

function isOneWord({ words }: Condition): boolean {
  return words.length === 1;
}

function wantedWords({ only }: Feed): string {
  return only
    .filter(isOneWord)
    .map(({ words: [word = ""] }) => word)
    .join("\0");
}

function selectorKey({ only }: Feed): string {
  return only
    .filter(isOneWord)
    .map(({ path }) => formatJsonPath(path))
    .join("\0");
}
