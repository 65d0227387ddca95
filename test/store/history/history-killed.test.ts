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
  /** Of the sample; where it is confirmed, up to which sequence. */
  readonly time: number;
}

/** What an observation is owed, by sequence the time of its sample. */
type Owed = Map<number, number>;

interface Played {
  readonly appended: Owed;
  readonly confirmed: Set<number>;
}

const NONE: Owed = new Map();

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
  for (const [observation, found] of now) {
    const { appended = NONE, confirmed = NONE } = all.get(observation) ?? {};
    const order = [...found.keys()];
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    for (const [sequence, time] of found) {
      assert.equal(time, appended.get(sequence), `entry ${observation}/${sequence}`);
      // What was confirmed before the last thing that is surely on disk does not come again.
      assert.ok(!sure.get(observation)?.confirmed.has(sequence), `again ${observation}/${sequence}`);
    }
    // Nothing is missing in between.
    for (const sequence of appended.keys()) {
      if (sequence > (order.at(-1) ?? 0)) continue;
      assert.ok(found.has(sequence) || confirmed.has(sequence), `missing ${observation}/${sequence}`);
    }
  }
  for (const [observation, { appended }] of sure) {
    for (const sequence of appended.keys()) {
      const confirmed = all.get(observation)?.confirmed.has(sequence) ?? false;
      assert.ok(confirmed || now.get(observation)?.has(sequence), `lost ${observation}/${sequence}`);
    }
  }
}

function play(before: ReadonlyMap<number, Owed>, lines: readonly Line[]): ReadonlyMap<number, Played> {
  const played = new Map([...before].map(([observation, own]) => [observation, playedFrom(own)]));
  for (const { word, observation, sequence, time } of lines) {
    const { appended, confirmed } = played.get(observation) ?? playedFrom(NONE);
    played.set(observation, { appended, confirmed });
    if (word === "a") appended.set(sequence, time);
    else for (const known of appended.keys()) if (known >= sequence && known <= time) confirmed.add(known);
  }
  return played;
}

function playedFrom(owed: ReadonlyMap<number, number>): Played {
  return { appended: new Map(owed), confirmed: new Set() };
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
