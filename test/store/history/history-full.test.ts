import assert from "node:assert/strict";
import test from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/log.ts";
import { HistoryQueue } from "../../../src/store/history/history-queue.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { everything, observed, openHistory, reportAt, sample, times } from "../../support/history.ts";
import { fill, smallDisk } from "../../support/small-disk.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const OTHER = observed("/meter-2/3303/0/5700");
const ALL = Number.POSITIVE_INFINITY;
const KIB = "x".repeat(1024);
const WHEN_FULL = { whenFull: "drop-newest" } as const;

test("with drop-newest what waits stays where the limit in bytes is reached, and what is new is counted and not kept", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const options = { clock, bytes: 20 * 1024, ...WHEN_FULL };
  const { history, lines, stop } = openHistory(directory, options);
  for (let i = 1; i <= 40; i++) {
    for (const id of [ID, OTHER]) history.append(id, large(i), ALL);
    await history.flush();
  }
  const [mine, others] = [times(await everything(history, ID)), times(await everything(history, OTHER))];
  assert.deepEqual(mine, others);
  assert.deepEqual(mine, upTo(9));
  assert.equal(history.dropped(1).bytes, 2 * (40 - 9));
  const { bytes } = await history.stats();
  assert.ok(bytes > 18 * 1024 && bytes <= 20 * 1024, `${bytes}`);
  assert.deepEqual(
    lines.map(({ level, fields: { cause } }) => [level, cause]),
    [["warn", "bytes"]],
  );
  await stop();
  const again = openHistory(directory, options);
  assert.deepEqual(times(await everything(again.history, ID)), mine);
  again.kill();
});

test("a full queue still gives what is new to who is there, and keeps it again when there is room", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock, bytes: 10 * 1024, ...WHEN_FULL });
  for (let i = 1; i <= 20; i++) {
    history.append(ID, large(i), ALL);
    await history.flush();
  }
  assert.deepEqual(times(await everything(history, ID)), upTo(9));
  // Delivered in its window: no drop.
  const { bytes } = history.dropped(1);
  const live = history.append(ID, large(21), ALL);
  assert.equal(live.sequence, 21);
  history.confirm(ID, { from: 21, to: 21 });
  await history.flush();
  assert.equal(history.dropped(1).bytes, bytes);
  // Delivered after its window: it does not wait any more.
  history.append(ID, large(22), ALL);
  await history.flush();
  history.confirm(ID, { from: 22, to: 22 });
  assert.equal(history.waiting(ID), 9);
  history.confirm(ID, { from: 1, to: 5 });
  await history.flush();
  history.append(ID, large(23), ALL);
  await history.flush();
  assert.deepEqual(times(await everything(history, ID)), [6, 7, 8, 9, 23]);
  kill();
});

test("while nothing new is kept an observation at its hqmax loses nothing of what waits", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock, bytes: 10 * 1024, ...WHEN_FULL });
  for (let i = 1; i <= 4; i++) history.append(ID, reportAt(PATH, i), 3);
  for (let i = 1; i <= 20; i++) {
    history.append(OTHER, large(i), ALL);
    await history.flush();
  }
  const { bytes, hqmax } = history.dropped(1);
  for (let i = 5; i <= 8; i++) history.append(ID, reportAt(PATH, i), 3);
  assert.equal(history.waiting(ID), 3);
  await history.flush();
  assert.deepEqual(times(await everything(history, ID)), [2, 3, 4]);
  assert.deepEqual(history.dropped(1), { hqmax, bytes: bytes + 4, age: 0, share: 0, damaged: 0, disk: 0 });
  // It is to keep fewer: that is not for want of room.
  history.append(ID, reportAt(PATH, 9), 1);
  assert.equal(history.waiting(ID), 1);
  kill();
});

test("with drop-newest a device that has its share keeps what waits, and others lose nothing", async (t) => {
  const clock = new FakeClock();
  const options = { clock, bytes: 100 * 1024, share: 0.1, ...WHEN_FULL };
  const { history, lines, kill } = openHistory(temporaryDirectory(t), options);
  for (let i = 1; i <= 20; i++) {
    history.append(ID, large(i), ALL);
    history.append(OTHER, reportAt(PATH, i), ALL);
    await history.flush();
  }
  assert.deepEqual(times(await everything(history, ID)), upTo(9));
  assert.equal(history.waiting(OTHER), 20);
  assert.deepEqual([history.dropped(1).share, history.dropped(1).bytes], [11, 0]);
  assert.deepEqual(
    lines.map(({ fields: { cause } }) => cause),
    ["share"],
  );
  history.confirm(ID, { from: 1, to: 4 });
  await history.flush();
  history.append(ID, large(21), ALL);
  await history.flush();
  assert.deepEqual(times(await everything(history, ID)), [5, 6, 7, 8, 9, 21]);
  kill();
});

test("with drop-newest memory keeps what it has while the thread hangs on a disk", async () => {
  const clock = new FakeClock();
  const hung = () => new Promise<never>(() => {});
  const none = { observations: [], nextNumber: 1, epoch: 0, starts: new Map() };
  const history = new HistoryQueue(hung, silentLogger, { clock, memory: 50_000, ...WHEN_FULL }, none);
  history.append(OTHER, reportAt(PATH, 1), ALL);
  await clock.advance(SECOND);
  for (let i = 1; i <= 20; i++) {
    history.append(ID, { samples: [sample(PATH, i, "x".repeat(10_000))], confirmable: true }, ALL);
    await clock.advance(SECOND);
  }
  assert.deepEqual(times(await history.peek(ID, 99)), upTo(4));
  assert.equal(history.dropped(1).disk, 16);
  history.close();
});

test("with drop-newest memory keeps the oldest of what a full disk does not take", async (t) => {
  const disk = smallDisk(t, 2 ** 20);
  if (disk === undefined) return;
  const clock = new FakeClock();
  const { history, kill } = openHistory(disk, { clock, memory: 50_000, ...WHEN_FULL });
  history.append(ID, reportAt(PATH, 1), ALL);
  await history.flush();
  fill(disk);
  for (let i = 2; i <= 100; i++) {
    history.append(ID, { samples: [sample(PATH, i, "x".repeat(10_000))], confirmable: true }, ALL);
    await clock.advance(SECOND);
  }
  const left = times(await everything(history, ID));
  assert.deepEqual(left, upTo(left.length));
  assert.ok(left.length > 4, `${left.length}`);
  assert.equal(history.dropped(1).disk, 100 - left.length);
  kill();
});

test("drops are counted for each server by itself", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock });
  const second = observed(PATH).replace(/^1 /, "2 ") as typeof ID;
  for (let i = 1; i <= 5; i++) {
    history.append(ID, reportAt(PATH, i), 2);
    history.append(second, reportAt(PATH, i), 4);
  }
  assert.deepEqual(
    [1, 2, 3].map((server) => history.dropped(server).hqmax),
    [3, 1, 0],
  );
  kill();
});

/** A report of one KiB. */
function large(time: number): ReturnType<typeof reportAt> {
  return { samples: [sample(PATH, time, KIB)], confirmable: true };
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
