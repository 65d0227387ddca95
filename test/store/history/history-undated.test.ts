/** What was measured before the clock was right: it waits without date, over restarts too, and gets its date when that is known. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, SECOND } from "../../../src/clock.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { HistoryBoot, HistoryEntry } from "../../../src/store/history/history.ts";
import { readHistoryFile } from "../../../src/store/history/history-reader.ts";
import { readDirectory, SegmentWriter } from "../../../src/store/history/segment.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import {
  everything,
  type HistoryWorld,
  inFile,
  observed,
  openHistory,
  reportAt,
  sample,
  times,
} from "../../support/history.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const ALL = Number.MAX_SAFE_INTEGER;
const STARTED = Date.UTC(2026, 5, 1);
const GUESSED: HistoryBoot = { id: "boot-1", started: STARTED - 24 * HOUR, known: false };
const KNOWN: HistoryBoot = { id: "boot-1", started: STARTED, known: true };
const LATER: HistoryBoot = { id: "boot-2", started: STARTED + HOUR, known: true };

interface World extends HistoryWorld {
  readonly clock: FakeClock;
}

function opened(directory: string, boot: HistoryBoot, more: { age?: number } = {}): World {
  const clock = new FakeClock(boot.known ? boot.started : 0);
  return { ...openHistory(directory, { clock, boot, ...more }), clock };
}

/** One run of the process that measures at these times and is killed when they are on disk. */
async function ran(t: TestContext, boot: HistoryBoot, ...at: readonly number[]): Promise<string> {
  const directory = temporaryDirectory(t);
  const world = opened(directory, boot);
  for (const time of at) world.history.append(ID, reportAt(PATH, time), ALL);
  await world.clock.advance(2 * SECOND);
  world.kill();
  return directory;
}

test("as long as nobody knows the time, what is read has no date", async (t) => {
  const directory = await ran(t, GUESSED, 1000, 2000);
  const again = opened(directory, GUESSED);
  assert.deepEqual(times(await everything(again.history, ID)), [1000, 2000]);
  again.kill();
});

test("the clock becomes right: what is on disk, on its way there and in memory has its date", async (t) => {
  const directory = await ran(t, GUESSED, 1000);
  const { history, clock, kill } = opened(directory, GUESSED);
  history.append(ID, reportAt(PATH, 2000), ALL);
  history.redate(STARTED);
  history.append(ID, reportAt(PATH, STARTED + 3000), ALL);
  await clock.advance(2 * SECOND);
  assert.deepEqual(times(await everything(history, ID)), [STARTED + 1000, STARTED + 2000, STARTED + 3000]);
  const { oldest } = await history.stats();
  assert.equal(oldest, STARTED + 1000);
  kill();
});

test("a crash before the clock is right, and a restart after it in the same run of the machine", async (t) => {
  const directory = await ran(t, GUESSED, 1000, 2000);
  const again = opened(directory, KNOWN);
  assert.deepEqual(times(await everything(again.history, ID)), [STARTED + 1000, STARTED + 2000]);
  await again.stop();
  const next = opened(directory, LATER);
  assert.deepEqual(times(await everything(next.history, ID)), [STARTED + 1000, STARTED + 2000]);
  next.kill();
});

test("a run of the machine that never knew the time leaves its best guess, and what is dated is untouched", async (t) => {
  const directory = await ran(t, GUESSED, STARTED - 48 * HOUR, 1000, 2000);
  const guessed = [STARTED - 48 * HOUR, GUESSED.started + 1000, GUESSED.started + 2000];
  const next = opened(directory, LATER);
  assert.deepEqual(times(await everything(next.history, ID)), guessed);
  next.history.redate(LATER.started);
  await next.clock.advance(2 * SECOND);
  assert.deepEqual(times(await everything(next.history, ID)), guessed);
  next.kill();
});

test("once it is known when the machine started it stays: no sample has two dates", async (t) => {
  const directory = await ran(t, KNOWN, 1000);
  const again = opened(directory, { ...KNOWN, started: STARTED + 5 });
  again.history.redate(STARTED + 7);
  assert.deepEqual(times(await everything(again.history, ID)), [STARTED + 1000]);
  again.kill();
});

test("several runs of the machine wait side by side, and are merged with their dates", async (t) => {
  const directory = temporaryDirectory(t);
  const expected: number[] = [];
  for (let boot = 0; boot < 5; boot++) {
    const started = STARTED + boot * HOUR;
    const { history, clock, stop } = opened(directory, { id: `boot-${boot}`, started, known: false });
    for (let i = 1; i <= 30; i++) {
      history.append(ID, reportAt(PATH, i * SECOND), ALL);
      expected.push(started + i * SECOND);
      await clock.advance(2 * SECOND);
    }
    if (boot % 2 === 0) history.redate(started);
    await stop();
  }
  const { history, clock, stop } = opened(directory, { ...LATER, id: "boot-9" });
  assert.deepEqual(times(await everything(history, ID)), expected);
  await clock.advance(2 * SECOND);
  assert.deepEqual(times(await everything(history, ID)), expected);
  await stop();
  assert.ok(inFile(directory, "SELECT id FROM segments WHERE level > 0").length > 0);
});

test("what was merged while the time was unknown gets its date later", async (t) => {
  const directory = temporaryDirectory(t);
  const { history, clock, stop } = opened(directory, GUESSED);
  const at = Array.from({ length: 200 }, (_, i) => (i + 1) * SECOND);
  for (const time of at) {
    history.append(ID, reportAt(PATH, time), ALL);
    await clock.advance(2 * SECOND);
  }
  await stop();
  assert.ok(inFile(directory, "SELECT id FROM segments WHERE level > 0").length > 0);
  const again = opened(directory, KNOWN);
  assert.deepEqual(
    times(await everything(again.history, ID)),
    at.map((time) => STARTED + time),
  );
  again.kill();
});

test("nothing is too old as long as nobody knows when it was, nor on the day when that becomes known", async (t) => {
  const directory = temporaryDirectory(t);
  const { history, clock, kill } = opened(directory, GUESSED, { age: HOUR });
  history.append(ID, reportAt(PATH, 1000), ALL);
  await clock.advance(30 * MINUTE);
  clock.epoch = STARTED;
  history.redate(STARTED);
  await clock.advance(10 * MINUTE);
  assert.equal(history.waiting(ID), 1);
  await clock.advance(30 * MINUTE);
  assert.equal(history.waiting(ID), 0);
  assert.equal(history.dropped(1).age, 1);
  kill();
});

test("a run of the machine of which nothing waits any more is forgotten", async (t) => {
  const directory = await ran(t, GUESSED, 1000);
  const rows = () => inFile<{ boot: string }>(directory, "SELECT boot FROM epochs").map(({ boot }) => boot);
  assert.deepEqual(rows(), ["boot-1"]);
  const second = opened(directory, LATER);
  second.history.confirm(ID, { from: 1, to: 1 });
  await second.stop();
  const third = opened(directory, { ...LATER, id: "boot-3" });
  third.history.append(ID, reportAt(PATH, LATER.started), ALL);
  await third.stop();
  assert.deepEqual(rows(), []);
});

test("a file where every sample has a date knows of no runs of the machine", async (t) => {
  const directory = await ran(t, KNOWN, STARTED + 1000);
  assert.deepEqual(inFile(directory, "SELECT * FROM epochs"), []);
});

test("the start of a run of the machine that has changed on disk is believed no more", async (t) => {
  const directory = await ran(t, GUESSED, 1000);
  inFile(directory, "UPDATE epochs SET started = 0 RETURNING number");
  const next = opened(directory, LATER);
  assert.deepEqual(times(await everything(next.history, ID)), [LATER.started + 1000], "the nearest that is known");
  next.kill();
});

test("an export dates what waits as the gateway would", async (t) => {
  const directory = await ran(t, GUESSED, 1000);
  const stored = readHistoryFile(`${directory}/history.db`, (problem) => assert.fail(problem));
  const entries = [...(stored?.entries() ?? [])];
  stored?.close();
  assert.deepEqual(times(entries.map(({ entry }) => entry)), [GUESSED.started + 1000]);
});

test("a directory says of each run in which run of the machine it was measured, where that matters", () => {
  const time = fc.oneof(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: STARTED, max: STARTED + 10 ** 9 }));
  const entries = fc.array(fc.array(time, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(entries, { minLength: 1, maxLength: 4 }), fc.nat(1000), (all, epoch) => {
      const writer = new SegmentWriter(epoch);
      for (const [observation, each] of all.entries()) {
        const own = each.map(
          (at, i): HistoryEntry => ({
            sequence: i + 1,
            samples: at.map((time) => sample(PATH, time)),
            confirmable: true,
          }),
        );
        writer.add(observation, observed(parsePath(PATH)), own);
      }
      const { segment, runs } = writer.take();
      const undated = all.map((each) => each.flat().some((time) => time < STARTED));
      assert.deepEqual(
        runs.map((run) => run.epoch),
        undated.map((is) => (is ? epoch : 0)),
      );
      assert.deepEqual(readDirectory(segment.directory), runs);
      assert.equal(segment.directory[0], epoch !== 0 && undated.includes(true) ? 2 : 1);
    }),
  );
});
