import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { start } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const WRITER = fileURLToPath(new URL("./history-writer.ts", import.meta.url));
/** The nightly run kills more often. */
const { HISTORY_KILLS = "20" } = process.env;
const KILLS = Number(HISTORY_KILLS);

interface Line {
  readonly word: string;
  readonly observation: number;
  readonly sequence: number;
  readonly time: number;
}

/** What an observation is owed, by sequence the time of its sample. */
type Owed = Map<number, number>;

test(`a process killed ${KILLS} times loses nothing that was on disk, keeps the order, and repeats one window at most`, async (t) => {
  const directory = temporaryDirectory(t);
  let ledger: readonly Line[] = [];
  let found = new Map<number, Owed>();
  for (let kill = 0; kill <= KILLS; kill++) {
    const writer = start(t, process.execPath, [WRITER, directory]);
    await writer.printed(/^found$/m);
    // At any moment of a commit window, of some windows.
    const lines = 1 + ((kill * 37) % 311);
    await writer.printed(new RegExp(`(?:^[acd] .*\\n){${lines}}`, "m"));
    writer.child.kill("SIGKILL");
    const { stdout, stderr } = await writer.outcome;
    assert.equal(stderr, "");
    const [before = "", after = ""] = stdout.split("found\n");
    const now = owedIn(linesOf(before));
    compare(now, found, ledger);
    found = now;
    ledger = linesOf(after);
  }
});

function compare(now: ReadonlyMap<number, Owed>, before: ReadonlyMap<number, Owed>, ledger: readonly Line[]): void {
  const durable = ledger.reduce(
    (most, { word, observation }) => (word === "d" ? Math.max(most, observation) : most),
    0,
  );
  const entries = ledger.filter(({ word }) => word !== "d");
  const sure = play(before, entries.slice(0, durable));
  const all = play(before, entries);
  const seen = play(
    before,
    entries.filter(({ word }) => word === "a"),
  );
  for (const [observation, found] of now) {
    const everything = seen.get(observation) ?? new Map<number, number>();
    for (const [sequence, time] of found)
      assert.equal(time, everything.get(sequence), `entry ${observation}/${sequence}`);
    // What was confirmed before the last thing that is surely on disk does not come again.
    const [oldest = Number.POSITIVE_INFINITY] = sure.get(observation)?.keys() ?? [];
    for (const sequence of found.keys())
      assert.ok(sequence >= Math.min(oldest, ...(all.get(observation)?.keys() ?? [])));
    const order = [...found.keys()];
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    // Nothing is missing in between.
    const [first = 0] = order;
    assert.equal(order.length, order.length === 0 ? 0 : (order.at(-1) ?? 0) - first + 1);
  }
  for (const [observation, owed] of sure) {
    for (const sequence of owed.keys()) {
      const confirmed = !(all.get(observation)?.has(sequence) ?? false);
      assert.ok(confirmed || now.get(observation)?.has(sequence), `lost ${observation}/${sequence}`);
    }
  }
}

function play(before: ReadonlyMap<number, Owed>, lines: readonly Line[]): ReadonlyMap<number, Owed> {
  const owed = new Map([...before].map(([observation, own]) => [observation, new Map(own)]));
  for (const { word, observation, sequence, time } of lines) {
    const own = owed.get(observation) ?? new Map<number, number>();
    owed.set(observation, own);
    if (word === "a") own.set(sequence, time);
    else for (const known of [...own.keys()]) if (known <= sequence) own.delete(known);
  }
  return owed;
}

function owedIn(lines: readonly Line[]): Map<number, Owed> {
  const owed = new Map<number, Owed>();
  for (const { observation, sequence, time } of lines) {
    const own = owed.get(observation) ?? new Map<number, number>();
    owed.set(observation, own.set(sequence, time));
  }
  return owed;
}

/** The last one may be cut. */
function linesOf(text: string): readonly Line[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [word = "", ...numbers] = line.split(" ");
      const [observation = 0, sequence = 0, time = 0] = numbers.map(Number);
      return { word, observation, sequence, time };
    });
}
