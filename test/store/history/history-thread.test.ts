import assert from "node:assert/strict";
import test from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/log.ts";
import { HistoryQueue } from "../../../src/store/history/history-queue.ts";
import { openStore, StoreError } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { observed, reportAt, sample, times } from "../../support/history.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const OTHER = observed("/meter-2/3303/0/5700");
const ALL = Number.POSITIVE_INFINITY;

test("while the thread hangs on a disk, memory holds so much and then loses its oldest", async () => {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const hung = () => new Promise<never>(() => {});
  const none = { observations: [], nextNumber: 1, epoch: 0, starts: new Map() };
  const history = new HistoryQueue(hung, recordingLogger(lines), { clock, memory: 50_000 }, none);
  history.append(OTHER, reportAt(PATH, 1), ALL);
  await clock.advance(SECOND);
  for (let i = 1; i <= 20; i++) {
    history.append(ID, { samples: [sample(PATH, i, "x".repeat(10_000))], confirmable: true }, ALL);
    await clock.advance(SECOND);
  }
  assert.deepEqual(times(await history.peek(ID, 99)), [17, 18, 19, 20]);
  assert.equal(history.dropped(1).disk, 16);
  assert.deepEqual(
    lines.map(({ fields: { cause } }) => cause),
    ["disk"],
  );
  history.close();
});

test("a thread that died rejects a flush, and is no error of the windows that end", async () => {
  const clock = new FakeClock();
  const dead = async () => {
    throw new StoreError("failed", "the store's thread died");
  };
  const history = new HistoryQueue(
    dead,
    silentLogger,
    { clock },
    { observations: [], nextNumber: 1, epoch: 0, starts: new Map() },
  );
  history.append(ID, reportAt(PATH, 1), ALL);
  await clock.advance(2 * SECOND);
  history.append(ID, reportAt(PATH, 2), ALL);
  await assert.rejects(history.flush(), (error) => error instanceof StoreError && error.kind === "failed");
  history.close();
});

test("the store's thread keeps it beside the places, and a stop writes everything", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const open = () => openStore({ directory, log: silentLogger });
  const store = await open();
  const history = await store.openHistory({ clock });
  for (let i = 1; i <= 5000; i++) history.append(ID, reportAt(PATH, i), ALL);
  assert.deepEqual(times(await history.peek(ID, 2)), [1, 2]);
  await history.flush();
  assert.deepEqual(times(await history.peek(ID, 2)), [1, 2]);
  history.confirm(ID, { from: 1, to: 4000 });
  await history.flush();
  await store.close();
  const again = await open();
  const found = await again.openHistory({ clock });
  assert.equal(found.waiting(ID), 1000);
  assert.deepEqual(times(await found.peek(ID, 1)), [4001]);
  assert.ok((await found.stats()).bytes > 1000);
  await again.close();
});
