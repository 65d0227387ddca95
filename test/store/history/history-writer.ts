/**
 * A process that appends reports without end, for a test that kills it. It prints first what it found, then a ledger: `a 3 17 …`
 * for an appended entry of observation 3 with sequence 17, `c 3 15 17` for confirmed ones, `d 40` once the first forty lines of
 * the ledger are on disk.
 */
import { writeSync } from "node:fs";
import { systemClock } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/log.ts";
import { openStore } from "../../../src/store/store.ts";
import { observed, sample } from "../../support/history.ts";

const OBSERVATIONS = 5;
const IDS = Array.from({ length: OBSERVATIONS }, (_, i) => observed(`/meter-${i}/3303/0/5700`));

const [directory = ""] = process.argv.slice(2);
const store = await openStore({ directory, log: silentLogger });
const history = await store.openHistory({ clock: systemClock, commit: 20 });
let time = 0;
for (const [i, id] of IDS.entries()) {
  for (const { sequence, samples } of await history.peek(id, Number.MAX_SAFE_INTEGER)) {
    print(`f ${i} ${sequence} ${samples[0]?.time}`);
    time = Math.max(time, samples[0]?.time ?? 0);
  }
}
print("found");
let lines = 0;
// The test kills this process; the bound is for a test that forgets to.
for (let round = 1; round <= 5000; round++) {
  for (const [i, id] of IDS.entries()) {
    const path = `/meter-${i}/3303/0/5700`;
    const { sequence } = history.append(
      id,
      { samples: [sample(path, ++time)], confirmable: true },
      Number.POSITIVE_INFINITY,
    );
    ledger(`a ${i} ${sequence} ${time}`);
    // One of them has a server that is quick, one a server that comes back now and then.
    if (i === 0) confirm(i, 1, sequence);
    if (i === 1 && round % 100 === 0) confirm(i, 1, sequence - 20);
    // Two have servers that get what is new before what is old: one at once, one late and with gaps.
    if (i === 2 && round % 10 !== 0) confirm(i, sequence, sequence);
    if (i === 3 && round % 10 === 9) confirm(i, sequence - 8, sequence - 3);
    // Often enough that one peek gives all that waits, which it does not where there are many gaps.
    if (i > 1 && i < 4 && round % 20 === 5) confirm(i, 1, sequence - 100);
  }
  if (round % 7 === 0) {
    const before = lines;
    await history.flush();
    print(`d ${before}`);
  } else {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
await store.close();

function confirm(observation: number, from: number, to: number): void {
  const id = IDS[observation];
  if (id !== undefined) history.confirm(id, { from, to });
  ledger(`c ${observation} ${from} ${to}`);
}

function ledger(line: string): void {
  lines++;
  print(line);
}

function print(line: string): void {
  // Not through a stream, which may keep a line until after the kill.
  for (let left = Buffer.from(`${line}\n`); left.length > 0; ) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      // Who reads is slow.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}
