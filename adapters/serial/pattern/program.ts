/** A pattern as steps, and the walk through them: one pass over the text, however the pattern is made. */
import { type CharacterSet, contains, type Pattern, PatternError, type Repeat } from "./syntax.ts";

type Step =
  | { readonly op: "take"; readonly set: CharacterSet; readonly low: Uint8Array }
  /** Two ways to go on; the first is preferred. */
  | { readonly op: "fork"; first: number; second: number }
  | { readonly op: "go"; to: number }
  | { readonly op: "mark"; readonly slot: number }
  /** The groups of what is repeated begin anew. */
  | { readonly op: "forget"; readonly from: number; readonly to: number }
  | { readonly op: "end" };

export interface Program {
  readonly steps: readonly Step[];
  /** Names of groups; each has two slots, for where it begins and ends. */
  readonly names: readonly string[];
}

/** Where each group begins and ends; -1: it has no part in it. */
type Slots = readonly number[];

/** A pattern of some size is tried at each character: more would be slow, and nobody could read it. */
const MOST_STEPS = 2000;

/** Throws PatternError where the pattern is too large. */
export function compile(pattern: Pattern): Program {
  const compiler = new Compiler();
  compiler.add(pattern);
  compiler.steps.push({ op: "end" });
  return compiler;
}

/** The groups that have a part in it, by name, where the whole text is what the pattern says; else undefined. */
export function run(program: Program, text: string): ReadonlyMap<string, string> | undefined {
  let threads = new Threads(program);
  let others = new Threads(program);
  threads.follow(0, 0, new Array<number>(2 * program.names.length).fill(-1));
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    for (const { next, step, slots } of threads.list) {
      const there = code < 256 ? step.low[code] === 1 : contains(step.set, code);
      if (there) others.follow(next, at + 1, slots);
    }
    threads.clear();
    [threads, others] = [others, threads];
    if (threads.list.length === 0 && threads.ended === undefined) return undefined;
  }
  const { ended } = threads;
  return ended === undefined ? undefined : groupsOf(program, ended, text);
}

function groupsOf({ names }: Program, slots: Slots, text: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const [i, name] of names.entries()) {
    const [from = -1, to = -1] = [slots[2 * i], slots[2 * i + 1]];
    if (from >= 0 && to >= from) groups.set(name, text.slice(from, to));
  }
  return groups;
}

interface Thread {
  readonly next: number;
  readonly step: Extract<Step, { readonly op: "take" }>;
  readonly slots: Slots;
}

/** Where the walk stands at one character: each step once, the preferred way first. */
class Threads {
  readonly list: Thread[] = [];
  /** The groups of the preferred way that is at its end here. */
  ended: Slots | undefined;
  private readonly steps: readonly Step[];
  private readonly seen: Uint8Array;

  constructor({ steps }: Program) {
    this.steps = steps;
    this.seen = new Uint8Array(steps.length);
  }

  clear(): void {
    this.list.length = 0;
    this.ended = undefined;
    this.seen.fill(0);
  }

  follow(from: number, at: number, slots: Slots): void {
    // A stack of our own: a pattern may be as long as it likes.
    const ways: [step: number, slots: Slots][] = [[from, slots]];
    for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
      const [index, known] = way;
      const step = this.steps[index];
      if (step === undefined || this.seen[index] === 1) continue;
      this.seen[index] = 1;
      switch (step.op) {
        case "take":
          this.list.push({ next: index + 1, step, slots: known });
          break;
        case "fork":
          ways.push([step.second, known], [step.first, known]);
          break;
        case "go":
          ways.push([step.to, known]);
          break;
        case "mark":
          ways.push([index + 1, known.with(step.slot, at)]);
          break;
        case "forget":
          ways.push([index + 1, known.map((slot, i) => (i >= step.from && i < step.to ? -1 : slot))]);
          break;
        case "end":
          this.ended ??= known;
          break;
        default:
          step satisfies never;
      }
    }
  }
}

class Compiler implements Program {
  readonly steps: Step[] = [];
  readonly names: string[] = [];
  /** The slots of a group, also where what holds it is written out several times. */
  private readonly slots = new Map<string, number>();

  add(pattern: Pattern): void {
    if (this.steps.length > MOST_STEPS)
      throw new PatternError("the pattern is too long, its repetitions written out", 0);
    switch (pattern.kind) {
      case "set":
        this.steps.push({ op: "take", set: pattern, low: lowOf(pattern) });
        return;
      case "sequence":
        for (const item of pattern.items) this.add(item);
        return;
      case "either":
        this.either(pattern.options);
        return;
      case "repeat":
        this.repeat(pattern);
        return;
      case "group":
        this.group(pattern.name, pattern.item);
        return;
      default:
        pattern satisfies never;
    }
  }

  private either(options: readonly Pattern[]): void {
    const leave: { to: number }[] = [];
    for (const [i, option] of options.entries()) {
      const last = i === options.length - 1;
      const fork = { op: "fork" as const, first: this.steps.length + 1, second: 0 };
      if (!last) this.steps.push(fork);
      this.add(option);
      if (last) continue;
      const go = { op: "go" as const, to: 0 };
      this.steps.push(go);
      leave.push(go);
      fork.second = this.steps.length;
    }
    for (const go of leave) go.to = this.steps.length;
  }

  private repeat({ item, least, most, lazy }: Repeat): void {
    for (let i = 0; i < least; i++) this.once(item);
    if (most === Infinity) {
      const start = this.steps.length;
      const fork = this.fork();
      this.once(item);
      this.steps.push({ op: "go", to: start });
      this.join(fork, lazy);
      return;
    }
    const forks = [];
    for (let i = least; i < most; i++) {
      forks.push(this.fork());
      this.once(item);
    }
    for (const fork of forks) this.join(fork, lazy);
  }

  private once(item: Pattern): void {
    const names = namesOf(item);
    const slots = names.map((name) => this.slotOf(name));
    if (slots.length > 0) {
      this.steps.push({ op: "forget", from: Math.min(...slots), to: Math.max(...slots) + 2 });
    }
    this.add(item);
  }

  private fork(): { op: "fork"; first: number; second: number } {
    const fork = { op: "fork" as const, first: this.steps.length + 1, second: 0 };
    this.steps.push(fork);
    return fork;
  }

  /** What is repeated ends here. */
  private join(fork: { first: number; second: number }, lazy: boolean): void {
    const end = this.steps.length;
    if (lazy) [fork.first, fork.second] = [end, fork.first];
    else fork.second = end;
  }

  private group(name: string | undefined, item: Pattern): void {
    if (name === undefined) {
      this.add(item);
      return;
    }
    const slot = this.slotOf(name);
    this.steps.push({ op: "mark", slot });
    this.add(item);
    this.steps.push({ op: "mark", slot: slot + 1 });
  }

  private slotOf(name: string): number {
    const known = this.slots.get(name);
    if (known !== undefined) return known;
    const slot = 2 * this.names.push(name) - 2;
    this.slots.set(name, slot);
    return slot;
  }
}

function lowOf(set: CharacterSet): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (contains(set, code) ? 1 : 0));
}

/** Its named groups, in the order of their names' first appearance. */
export function namesOf(pattern: Pattern): readonly string[] {
  switch (pattern.kind) {
    case "set":
      return [];
    case "sequence":
      return pattern.items.flatMap(namesOf);
    case "either":
      return pattern.options.flatMap(namesOf);
    case "repeat":
      return namesOf(pattern.item);
    case "group":
      return [...(pattern.name === undefined ? [] : [pattern.name]), ...namesOf(pattern.item)];
  }
}
