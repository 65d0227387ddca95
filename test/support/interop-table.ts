/**
 * A reporter for `node --test`: at the end a table of the software that others wrote, with how many cases were run against
 * each and how they ended; and one of what servers were shown in which layout. A test says whom it is about by tellPeer, and
 * what it shows by tellShown; one that says nothing stands under its file.
 */
import { basename } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { PEER, SHOWN } from "./peer.ts";

export default async function* interopTable(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const table = new InteropTable();
  for await (const event of events) table.take(event);
  yield table.toText();
}

type Result = "passed" | "skipped" | "failed";

interface Case {
  readonly result: Result;
  readonly peers: string[];
  /** Layout and what was tried in it, with a tab between. */
  readonly shown: string[];
}

interface Row {
  passed: number;
  skipped: number;
  failed: number;
}

export class InteropTable {
  /** By peer and version, with a tab between. */
  private readonly rows = new Map<string, Row>();
  /** By layout and what was tried in it, with a tab between. */
  private readonly layouts = new Map<string, Row>();
  private readonly reasons = new Set<string>();
  /** The last case of each file: what its test said comes right after its result. */
  private readonly last = new Map<string, Case>();

  take(event: TestEvent): void {
    if (event.type === "test:pass" || event.type === "test:fail") {
      const { file = "", nesting, skip } = event.data;
      if (nesting > 0) return;
      this.finish(file);
      const ended = event.type === "test:pass" ? "passed" : "failed";
      if (typeof skip === "string") this.reasons.add(skip);
      this.last.set(file, { result: skip === undefined ? ended : "skipped", peers: [], shown: [] });
    } else if (event.type === "test:diagnostic") {
      const { file = "", message } = event.data;
      const [, peer, version] = PEER.exec(message) ?? [];
      if (peer !== undefined) this.last.get(file)?.peers.push(`${peer}\t${version}`);
      const [, layout, tried] = SHOWN.exec(message) ?? [];
      if (layout !== undefined) this.last.get(file)?.shown.push(`${layout}\t${tried}`);
    }
  }

  toText(): string {
    for (const file of [...this.last.keys()]) this.finish(file);
    const reasons = [...this.reasons].map((reason) => `skipped: ${reason}\n`);
    const tables = [table(["peer", "version"], this.rows)];
    if (this.layouts.size > 0) tables.push(table(["layout", "tried"], this.layouts));
    return `\n${tables.join("\n")}\n${reasons.join("")}`;
  }

  private finish(file: string): void {
    const ended = this.last.get(file);
    if (ended === undefined) return;
    this.last.delete(file);
    const peers = ended.peers.length > 0 ? new Set(ended.peers) : [`${basename(file)}\t`];
    for (const peer of peers) count(this.rows, peer, ended.result);
    for (const shown of new Set(ended.shown)) count(this.layouts, shown, ended.result);
  }
}

function count(rows: Map<string, Row>, key: string, result: Result): void {
  const row = rows.get(key) ?? { passed: 0, skipped: 0, failed: 0 };
  row[result]++;
  rows.set(key, row);
}

/** The keys have two parts, with a tab between. */
function table(names: readonly [string, string], rows: ReadonlyMap<string, Row>): string {
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, row]) => cells(key, row));
  return aligned([[...names, "cases", "passed", "skipped", "failed"], ...lines]);
}

function cells(key: string, { passed, skipped, failed }: Row): readonly string[] {
  const [first = "", second = ""] = key.split("\t");
  return [first, second, ...[passed + skipped + failed, passed, skipped, failed].map(String)];
}

/** The first row is the header. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return rows.map((row) => `${line(row)}\n`).join("");
}
