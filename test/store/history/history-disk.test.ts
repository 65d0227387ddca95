import assert from "node:assert/strict";
import test from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { everything, observed, openHistory, reportAt, sample, times } from "../../support/history.ts";
import { filled, told } from "../../support/history-file.ts";
import { empty, fill, mount, smallDisk } from "../../support/small-disk.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const ALL = Number.POSITIVE_INFINITY;
const LARGE = "x".repeat(10_000);
const MIB = 2 ** 20;

test("while the disk is full the queue goes on in memory, says so once, and writes when there is room", async (t) => {
  const disk = smallDisk(t, MIB);
  if (disk === undefined) return;
  const clock = new FakeClock();
  const { history, lines, stop } = openHistory(disk, { clock });
  history.append(ID, reportAt(PATH, 1), ALL);
  await history.flush();
  fill(disk);
  for (let i = 2; i <= 30; i++) {
    history.append(ID, { samples: [sample(PATH, i, LARGE)], confirmable: true }, ALL);
    await clock.advance(SECOND);
  }
  await assert.rejects(history.flush(), (error) => error instanceof StoreError && error.kind === "unwritable");
  assert.equal(times(await everything(history, ID)).length, 30);
  assert.deepEqual(told(lines), ["error: history: not written"]);
  empty(disk);
  await clock.advance(SECOND);
  await history.flush();
  assert.deepEqual(told(lines), ["error: history: not written", "warn: history: the disk takes it again"]);
  await stop();
  const again = openHistory(disk, { clock });
  assert.deepEqual(
    times(await everything(again.history, ID)),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  again.kill();
});

test("beyond the memory for it the oldest that the full disk did not take goes, and is counted", async (t) => {
  const disk = smallDisk(t, MIB);
  if (disk === undefined) return;
  const clock = new FakeClock();
  const { history, lines, kill } = openHistory(disk, { clock, memory: 10 * LARGE.length });
  history.append(ID, reportAt(PATH, 1), ALL);
  await history.flush();
  fill(disk);
  for (let i = 2; i <= 100; i++) {
    history.append(ID, { samples: [sample(PATH, i, LARGE)], confirmable: true }, ALL);
    await clock.advance(SECOND);
  }
  const left = times(await everything(history, ID));
  // The first is on the disk; then there is a gap.
  const found = left.length - 1;
  assert.deepEqual(left, [1, ...Array.from({ length: found }, (_, i) => 101 - found + i)]);
  assert.ok(found >= 8 && found < 60, `${found}`);
  assert.equal(history.dropped(1).disk, 99 - found);
  assert.deepEqual(
    lines.map(({ fields: { cause } }) => cause).filter((cause) => cause !== undefined),
    ["disk"],
  );
  history.confirm(ID, { from: 1, to: 100 - 1 });
  assert.deepEqual(times(await everything(history, ID)), [100]);
  kill();
});

test("a disk that our own history has filled takes new reports when the server has the old ones", async (t) => {
  const disk = smallDisk(t, 2 * MIB);
  if (disk === undefined) return;
  const clock = new FakeClock();
  const { history, stop } = openHistory(disk, { clock });
  let count = 0;
  const append = async (): Promise<boolean> => {
    history.append(ID, { samples: [sample(PATH, ++count, LARGE)], confirmable: true }, ALL);
    return history.flush().then(
      () => true,
      () => false,
    );
  };
  while (await append()) assert.ok(count < 1000);
  assert.ok(count > 40);
  history.confirm(ID, { from: 1, to: count });
  assert.ok(await append());
  await stop();
  const again = openHistory(disk, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), [count]);
  again.kill();
});

test("on a read-only file system it is refused with a sentence, and what is there stays", async (t) => {
  const disk = smallDisk(t, MIB);
  if (disk === undefined) return;
  const clock = new FakeClock();
  await filled(disk, clock, 5);
  assert.equal(mount(["-o", "remount,ro", disk]), undefined);
  assert.throws(
    () => openHistory(disk, { clock }),
    (error) => error instanceof StoreError && error.kind === "unwritable" && error.message.includes("history.db"),
  );
  assert.equal(mount(["-o", "remount,rw", disk]), undefined);
  const { history, kill } = openHistory(disk, { clock });
  assert.deepEqual(times(await everything(history, ID)), [1, 2, 3, 4, 5]);
  kill();
});
