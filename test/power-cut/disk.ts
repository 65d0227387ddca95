/**
 * A disk as the worst one may be: what was written is there for sure only once it was synced; before, any part of it may be there,
 * in any order, down to single sectors. Names of files come and go in their order, as journals of file systems keep it.
 */
import type { Chance } from "../support/chance.ts";
import type { Operation } from "./recording.ts";

type Change = Operation & { readonly type: "written" | "truncated" };

/** What a name stands for. */
interface Content {
  /** What is there for sure. */
  durable: Uint8Array;
  length: number;
  /** What was done since. */
  pending: Change[];
}

interface Naming {
  readonly name: number;
  /** Undefined: it has none any more. */
  readonly content: Content | undefined;
}

export class Disk {
  private readonly names = new Map<number, string>();
  /** As the process sees it. */
  private readonly current = new Map<number, Content>();
  private readonly durable = new Map<number, Content>();
  private namings: Naming[] = [];

  do(operation: Operation): void {
    const { file } = operation;
    switch (operation.type) {
      case "opened":
        this.names.set(file, operation.name);
        // A folder is opened to be synced.
        if (operation.creates && !this.current.has(file))
          this.name(file, { durable: new Uint8Array(), length: 0, pending: [] });
        return;
      case "written":
      case "truncated":
        this.current.get(file)?.pending.push(operation);
        return;
      case "synced":
        this.sync(file);
        return;
      case "unlinked":
        this.name(file, undefined);
        return;
      case "renamed": {
        const content = this.current.get(file);
        this.names.set(operation.to, operation.name);
        this.name(operation.to, content);
        this.name(file, undefined);
        return;
      }
      default:
        operation satisfies never;
    }
  }

  /** The power is cut: what the disk has afterwards, by name. */
  cut(chance: Chance): ReadonlyMap<string, Uint8Array> {
    const files = new Map(this.durable);
    const kept = Math.floor(chance() * (this.namings.length + 1));
    for (const { name, content } of this.namings.slice(0, kept)) {
      if (content === undefined) files.delete(name);
      else files.set(name, content);
    }
    // A disk that keeps next to everything, or next to nothing, is as likely as one in between.
    const likelihood = [0, 0.1, 0.5, 0.9, 1][Math.floor(chance() * 5)] ?? 0;
    return new Map(
      [...files].map(([name, content]) => [this.names.get(name) ?? "", survived(content, likelihood, chance)]),
    );
  }

  private name(name: number, content: Content | undefined): void {
    this.namings.push({ name, content });
    if (content === undefined) this.current.delete(name);
    else this.current.set(name, content);
  }

  private sync(file: number): void {
    const content = this.current.get(file);
    if (content === undefined) {
      // The folder.
      for (const naming of this.namings) this.keep(naming);
      this.namings = [];
      return;
    }
    for (const change of content.pending) apply(content, change, () => true);
    content.pending = [];
    // A synced file has its name; what was done to names before is in the journal before it.
    const at = this.namings.findLastIndex((naming) => naming.content === content);
    for (const naming of this.namings.splice(0, at + 1)) this.keep(naming);
  }

  private keep({ name, content }: Naming): void {
    if (content === undefined) this.durable.delete(name);
    else this.durable.set(name, content);
  }
}

function survived(content: Content, likelihood: number, chance: Chance): Uint8Array {
  const { durable, length, pending } = content;
  const copy: Content = { durable: durable.slice(0, length), length, pending: [] };
  for (const change of pending) {
    if (likelihood < 1 && chance() >= likelihood) continue;
    const torn = likelihood < 1 && chance() < TORN;
    apply(copy, change, torn ? () => chance() < 0.5 : () => true);
  }
  return copy.durable.subarray(0, copy.length);
}

/** Of what is written, the sectors that are asked for. */
function apply(content: Content, change: Change, keepsSector: () => boolean): void {
  if (change.type === "truncated") {
    resize(content, change.length);
    return;
  }
  const { offset, data } = change;
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + SECTOR - ((offset + at) % SECTOR));
    if (keepsSector()) {
      if (offset + end > content.length) resize(content, offset + end);
      content.durable.set(data.subarray(at, end), offset + at);
    }
    at = end;
  }
}

/** What is new is zero. */
function resize(content: Content, length: number): void {
  if (length > content.durable.length) {
    const larger = new Uint8Array(Math.max(length, 2 * content.durable.length));
    larger.set(content.durable.subarray(0, content.length));
    content.durable = larger;
  } else if (length < content.length) {
    content.durable.fill(0, length, content.length);
  }
  content.length = length;
}

const SECTOR = 512;
/** How many of the writes that came only in part. */
const TORN = 0.3;
