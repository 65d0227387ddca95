/**
 * A process that uses the real store as a gateway does, and keeps a ledger in the folder of the store, so that the recorder puts its
 * lines between the writes: `p 17` for a device that has its place, `a 3 17 …` for an appended entry of observation 3 with
 * sequence 17 and its time, `c 3 15 17` for confirmed ones, `d 40` once the first forty of these lines are on disk.
 */
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { type History, openStore, type Store } from "../../src/store/store.ts";
import { sample } from "../support/history.ts";
import { LEDGER, OBSERVATIONS, PATHS } from "./ledger.ts";

const [directory = "", rounds = "100"] = process.argv.slice(2);
const ledger = openSync(join(directory, LEDGER), "a");
const SESSIONS = 3;
const VALUE = "a value that takes some room, so that the log is emptied into the file now and then".repeat(4);

let lines = 0;
let time = 0;
let devices = 0;
for (let session = 1; session <= SESSIONS; session++) {
  const store = await openStore({ directory, log: silentLogger });
  const history = await store.openHistory({ clock: systemClock, commit: 5 });
  for (let round = 1; round <= Number(rounds) / SESSIONS; round++) await play(store, history, round);
  await history.flush();
  tell(`d ${lines}`, false);
  // Orderly, and then another start.
  await store.close();
}

async function play(store: Store, history: History, round: number): Promise<void> {
  for (const [observation, id] of OBSERVATIONS.entries()) {
    const samples = [sample(PATHS[observation] ?? "", ++time, `${time} ${VALUE}`)];
    const { sequence } = history.append(id, { samples, confirmable: true }, Number.POSITIVE_INFINITY);
    tell(`a ${observation} ${sequence} ${time}`);
    confirm(history, observation, { round, sequence });
  }
  if (round % 20 === 0) {
    await store.assignDevices([{ id: `${++devices}` }]);
    tell(`p ${devices}`, false);
  }
  if (round % 3 === 0) {
    const before = lines;
    await history.flush();
    tell(`d ${before}`, false);
  } else if (round % 7 === 0) {
    // Longer than a commit window.
    await new Promise((resolve) => setTimeout(resolve, 8));
  }
}

/** Servers of all kinds: quick, now and then, new before old, with gaps, and one that is away for a long time. */
function confirm(
  history: History,
  observation: number,
  { round, sequence }: { readonly round: number; readonly sequence: number },
): void {
  const range = [
    { from: 1, to: sequence },
    round % 11 === 0 ? { from: 1, to: sequence - 3 } : undefined,
    round % 5 === 0 ? { from: 1, to: sequence } : { from: sequence, to: sequence },
    round % 50 === 0
      ? { from: 1, to: sequence }
      : round % 4 === 0
        ? { from: sequence - 2, to: sequence - 1 }
        : undefined,
    round % 97 === 0 ? { from: 1, to: sequence } : undefined,
  ][observation];
  const id = OBSERVATIONS[observation];
  if (range === undefined || id === undefined) return;
  history.confirm(id, range);
  tell(`c ${observation} ${range.from} ${range.to}`);
}

function tell(line: string, counts = true): void {
  if (counts) lines++;
  writeSync(ledger, `${line}\n`);
}
