/**
 * A reporter for `node --test`: at the end a table of the software that others wrote, with how many cases were run against
 * each and how they ended. A test says whom it is about by tellPeer; one that does not say it stands under its file.
 */
import { basename } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { PEER } from "./peer.ts";

export default async function* interopTable(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const table = new InteropTable();
  for await (const event of events) table.take(event);
  yield table.toText();
}

type Result = "passed" | "skipped" | "failed";

interface Case {
  readonly result: Result;
  readonly peers: string[];
}

interface Row {
  passed: number;
  skipped: number;
  failed: number;
}

export class InteropTable {
  /** By peer and version, with a tab between. */
  private readonly rows = new Map<string, Row>();
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
      this.last.set(file, { result: skip === undefined ? ended : "skipped", peers: [] });
    } else if (event.type === "test:diagnostic") {
      const { file = "", message } = event.data;
      const [, peer, version] = PEER.exec(message) ?? [];
      if (peer !== undefined) this.last.get(file)?.peers.push(`${peer}\t${version}`);
    }
  }

  toText(): string {
    for (const file of [...this.last.keys()]) this.finish(file);
    const lines = [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([peer, row]) => cells(peer, row));
    const reasons = [...this.reasons].map((reason) => `skipped: ${reason}\n`);
    return `\n${aligned([HEADER, ...lines])}\n${reasons.join("")}`;
  }

  private finish(file: string): void {
    const ended = this.last.get(file);
    if (ended === undefined) return;
    this.last.delete(file);
    for (const peer of ended.peers.length > 0 ? new Set(ended.peers) : [`${basename(file)}\t`]) {
      const row = this.rows.get(peer) ?? { passed: 0, skipped: 0, failed: 0 };
      row[ended.result]++;
      this.rows.set(peer, row);
    }
  }
}

const HEADER = ["peer", "version", "cases", "passed", "skipped", "failed"] as const;

function cells(peer: string, { passed, skipped, failed }: Row): readonly string[] {
  const [name = "", version = ""] = peer.split("\t");
  return [name, version, ...[passed + skipped + failed, passed, skipped, failed].map(String)];
}

function aligned(table: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return table.map((row) => `${line(row)}\n`).join("");
}
