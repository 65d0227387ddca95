/** What is published on a broker, level by level: how often, what last, and whether it was kept. */
import { table } from "../../../src/adapter.ts";
import type { Received } from "../message.ts";
import { payloadText, shortened } from "./payload-text.ts";

export interface SeenTopic {
  readonly topic: string;
  readonly messages: number;
  /** A message that the broker had kept came at the subscription. */
  readonly retained: boolean;
  /** The last payload, shortened. */
  readonly payload: string;
  /** Of the last payload. */
  readonly bytes: number;
}

const PAYLOAD_WIDTH = 60;
const LEVEL_WIDTH = 60;
/** Nobody's topics are longer, and of these the memory would have to be held. */
const LONGEST_TOPIC = 512;

/** Holds so many topics, and of each a line: whatever comes, its memory ends there. */
export class TopicTree {
  private readonly most: number;
  private readonly seen = new Map<string, SeenTopic>();
  private left = 0;

  constructor(most: number) {
    this.most = most;
  }

  hear({ topic, payload, retained }: Received): void {
    const known = this.seen.get(topic);
    if (known === undefined && (this.seen.size >= this.most || topic.length > LONGEST_TOPIC)) {
      this.left++;
      return;
    }
    this.seen.set(topic, {
      topic,
      messages: (known?.messages ?? 0) + 1,
      retained: retained || (known?.retained ?? false),
      payload: payloadText(payload, PAYLOAD_WIDTH),
      bytes: payload.length,
    });
  }

  /** In the order of their names. */
  get topics(): readonly SeenTopic[] {
    return [...this.seen.values()].sort((a, b) => compare(a.topic.split("/"), b.topic.split("/")));
  }

  /** Messages on topics for which there was no place. */
  get leftOut(): number {
    return this.left;
  }

  /** A line for each level, indented; levels that have one below them and say nothing share its line. */
  lines(): readonly string[] {
    const root: Level = { below: new Map() };
    for (const seen of this.topics) place(root, seen);
    return table(rowsOf(root, ""));
  }
}

interface Level {
  readonly below: Map<string, Level>;
  seen?: SeenTopic;
}

function place(root: Level, seen: SeenTopic): void {
  let level = root;
  for (const name of seen.topic.split("/")) {
    const next = level.below.get(name) ?? { below: new Map() };
    level.below.set(name, next);
    level = next;
  }
  level.seen = seen;
}

/** Not by recursion: a topic may have hundreds of levels. */
function rowsOf(root: Level, indent: string): string[][] {
  const rows: string[][] = [];
  const waiting = below(root, indent);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [names, level] = joinedLevels(next.name, next.level);
    rows.push(rowOf(`${next.indent}${names}`, level.seen));
    waiting.push(...below(level, `${next.indent}  `));
  }
  return rows;
}

interface Waiting {
  readonly name: string;
  readonly level: Level;
  readonly indent: string;
}

function below(level: Level, indent: string): Waiting[] {
  return [...level.below].map(([name, each]) => ({ name, level: each, indent })).reverse();
}

function joinedLevels(name: string, first: Level): readonly [string, Level] {
  const names = [shortened(name, LEVEL_WIDTH)];
  let level = first;
  while (level.seen === undefined && level.below.size === 1) {
    const [[only, next] = ["", level]] = level.below;
    names.push(shortened(only, LEVEL_WIDTH));
    level = next;
  }
  return [names.join("/"), level];
}

function rowOf(name: string, seen: SeenTopic | undefined): string[] {
  if (seen === undefined) return [name];
  return [name, `${seen.messages}x`, seen.retained ? "retained" : "", seen.payload];
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [i, level] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (level !== other) return level < other ? -1 : 1;
  }
  return a.length - b.length;
}
