/** What the workload of a power cut appended and confirmed, and what of it must be on the disk. */
import assert from "node:assert/strict";
import type { ObservationId } from "../../src/lwm2m/observation-id.ts";
import { observed } from "../support/history.ts";

export const LEDGER = "ledger";
export const PATHS = [0, 1, 2, 3, 4].map((i) => `/meter-${i}/3303/0/5700`);
export const OBSERVATIONS: readonly ObservationId[] = PATHS.map((path) => observed(path));

/** An entry as text: observation, sequence, time. */
export type Owed = ReadonlySet<string>;

export class Ledger {
  /** Devices that have their place for sure. */
  devices = 0;
  /** What is owed after the lines that are surely on disk; by observation, from sequence to entry. */
  private readonly sure = OBSERVATIONS.map(() => new Map<number, string>());
  /** The lines after them. */
  private doubtful: string[] = [];
  private passed = 0;

  add(line: string): void {
    const [word, number] = line.split(" ");
    if (word === "p") this.devices = Number(number);
    else if (word === "d") this.settle(Number(number));
    else this.doubtful.push(line);
  }

  /** The store must have what the ledger says, up to one of the lines that may be on disk or not. */
  check(found: Owed): void {
    const owed = this.sure.map((own) => new Map(own));
    if (isSame(owed, found)) return;
    for (const line of this.doubtful) {
      play(owed, line);
      if (isSame(owed, found)) return;
    }
    const sure = this.sure.flatMap((own) => [...own.values()]);
    const every = new Set([...sure, ...this.doubtful.map((line) => line.replace(/^a /, ""))]);
    assert.deepEqual(
      [...found].filter((entry) => !every.has(entry)),
      [],
      "came again, or was never there",
    );
    const lost = sure.filter((entry) => !found.has(entry) && owed.some((own) => [...own.values()].includes(entry)));
    assert.deepEqual(lost, [], "lost");
    assert.fail(
      `between two commits: ${found.size} entries; ${sure.length} are sure, and then ${this.doubtful.join(", ")}`,
    );
  }

  private settle(count: number): void {
    for (const line of this.doubtful.splice(0, count - this.passed)) play(this.sure, line);
    this.passed = count;
  }
}

function play(owed: readonly Map<number, string>[], line: string): void {
  const [word, ...numbers] = line.split(" ");
  const [observation = 0, from = 0, to = 0] = numbers.map(Number);
  const own = owed[observation];
  if (word === "a") own?.set(from, numbers.join(" "));
  else for (const sequence of [...(own?.keys() ?? [])]) if (sequence >= from && sequence <= to) own?.delete(sequence);
}

function isSame(owed: readonly ReadonlyMap<number, string>[], found: Owed): boolean {
  const count = owed.reduce((sum, own) => sum + own.size, 0);
  return count === found.size && owed.every((own) => [...own.values()].every((entry) => found.has(entry)));
}
