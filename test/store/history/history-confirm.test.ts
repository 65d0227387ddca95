import assert from "node:assert/strict";
import test from "node:test";
import type { HistoryEntry } from "../../../src/store/history/history.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { everything, inFile, observed, openHistory, reportAt, times } from "../../support/history.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const OTHER = observed("/meter-2/3303/0/5700");
const ALL = Number.POSITIVE_INFINITY;

test("live reports that are delivered while older ones wait never come again, and never reach the disk where it is in their window", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, commits, kill } = openHistory(directory, { clock });
  for (let i = 1; i <= 10; i++) history.append(ID, reportAt(PATH, i), ALL);
  await history.flush();
  const before = commits();
  for (let i = 11; i <= 500; i++) {
    const { sequence } = history.append(ID, reportAt(PATH, i), ALL);
    history.confirm(ID, { from: sequence, to: sequence });
    if (i % 50 === 0) await clock.advance(1000);
  }
  assert.equal(commits(), before);
  assert.equal(history.waiting(ID), 10);
  assert.deepEqual(times(await everything(history, ID)), upTo(10));
  assert.equal(inFile(directory, "SELECT id FROM segments").length, 1);
  kill();
});

test("what is confirmed behind what waits is known after a restart, in few bytes, until the gap closes", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= 100; i++) {
    // Another observation keeps the segments, so that the row must say what they have more.
    history.append(OTHER, reportAt(PATH, i), ALL);
    history.append(ID, reportAt(PATH, i), ALL);
    // Live, and late: in the window after its own.
    if (i > 20) history.confirm(ID, { from: i - 1, to: i - 1 });
    await history.flush();
  }
  await stop();
  const [row] = inFile<{ confirmed: number; bytes: number }>(
    directory,
    `SELECT confirmed, length(gaps) AS bytes FROM observations WHERE id = '${ID}'`,
  );
  assert.deepEqual(row, { confirmed: 0, bytes: 2 });
  const again = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), [...upTo(19), 100]);
  // Sequences go on behind what is confirmed.
  assert.equal(again.history.append(ID, reportAt(PATH, 101), ALL).sequence, 101);
  again.history.confirm(ID, { from: 1, to: 19 });
  await again.stop();
  const last = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(last.history, ID)), [100, 101]);
  last.kill();
  assert.deepEqual(inFile(directory, `SELECT confirmed, length(gaps) AS bytes FROM observations WHERE id = '${ID}'`), [
    { confirmed: 99, bytes: 0 },
  ]);
});

test("the newest on the disk may be confirmed while older ones wait: what comes after a restart is not taken for it", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= 9; i++) history.append(ID, reportAt(PATH, i), ALL);
  await history.flush();
  history.confirm(ID, { from: 6, to: 9 });
  await stop();
  const again = openHistory(directory, { clock });
  assert.equal(again.history.waiting(ID), 5);
  assert.equal(again.history.append(ID, reportAt(PATH, 10), ALL).sequence, 10);
  await again.stop();
  const last = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(last.history, ID)), [...upTo(5), 10]);
  last.kill();
});

test("a segment in a gap goes from the disk, though older ones wait", async (t) => {
  const directory = temporaryDirectory(t);
  const { history, kill } = openHistory(directory, { clock: new FakeClock() });
  for (let i = 1; i <= 30; i++) {
    history.append(ID, reportAt(PATH, i), ALL);
    await history.flush();
  }
  const { bytes } = await history.stats();
  history.confirm(ID, { from: 11, to: 25 });
  await history.flush();
  const left = (await history.stats()).bytes;
  assert.equal(left, bytes / 2);
  assert.equal(inFile(directory, "SELECT id FROM segments").length, 15);
  assert.deepEqual(times(await everything(history, ID)), [...upTo(10), 26, 27, 28, 29, 30]);
  assert.deepEqual(times(await history.peek(ID, 12)), [...upTo(10), 26, 27]);
  kill();
});

test("merged segments have nothing of what is confirmed in between, and give what waits around it", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= 150; i++) {
    for (const id of [ID, OTHER]) for (let k = 0; k < 3; k++) history.append(id, reportAt(PATH, 3 * i + k), ALL);
    if (i === 60) history.confirm(ID, { from: 20, to: 90 });
    await history.flush();
  }
  const found = await everything(history, ID);
  assert.deepEqual(sequences(found), [...upTo(19), ...upTo(450).slice(90)]);
  history.confirm(ID, { from: 100, to: 400 });
  const messages: number[] = [];
  for (let left = true; left; ) {
    const entries = await history.peek(ID, 7);
    messages.push(...sequences(entries));
    for (const { sequence } of entries) history.confirm(ID, { from: sequence, to: sequence });
    left = entries.length > 0;
  }
  assert.deepEqual(messages, [...upTo(19), ...upTo(99).slice(90), ...upTo(450).slice(400)]);
  await stop();
  const again = openHistory(directory, { clock });
  assert.deepEqual([again.history.waiting(ID), again.history.waiting(OTHER)], [0, 450]);
  again.kill();
});

test("many gaps are read over in order, and whatever does not wait is no error", async (t) => {
  const { history, kill } = openHistory(temporaryDirectory(t), { clock: new FakeClock() });
  for (let i = 1; i <= 600; i++) history.append(ID, reportAt(PATH, i), ALL);
  await history.flush();
  for (let i = 1; i <= 600; i += 3) history.confirm(ID, { from: i, to: i });
  history.append(ID, reportAt(PATH, 601), ALL);
  const expected = upTo(601).filter((sequence) => sequence % 3 !== 1 || sequence > 600);
  const found: number[] = [];
  while (history.waiting(ID) > 0) {
    const entries = await history.peek(ID, 250);
    found.push(...sequences(entries));
    history.confirm(ID, { from: found[0] ?? 0, to: entries.at(-1)?.sequence ?? 0 });
  }
  assert.deepEqual(found, expected);
  for (const range of [
    { from: 5, to: 4 },
    { from: -3, to: 0 },
    { from: 700, to: 900 },
    { from: Number.NaN, to: 3 },
  ]) {
    history.confirm(ID, range);
  }
  assert.equal(history.append(ID, reportAt(PATH, 1), ALL).sequence, 602);
  assert.equal(history.waiting(ID), 1);
  kill();
});

test("what somebody has forgotten by server or device is gone for good, and its sequences go on", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= 5; i++) for (const id of [ID, OTHER]) history.append(id, reportAt(PATH, i), ALL);
  await history.flush();
  history.append(ID, reportAt(PATH, 6), ALL);
  assert.equal(
    history.forgetWhere((id) => id.includes("/meter-1/")),
    6,
  );
  assert.equal(
    history.forgetWhere((id) => id.includes("/meter-1/")),
    0,
  );
  assert.equal(history.append(ID, reportAt(PATH, 7), ALL).sequence, 7);
  assert.deepEqual(history.dropped(1), { hqmax: 0, bytes: 0, age: 0, share: 0, damaged: 0, disk: 0 });
  await stop();
  const again = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), [7]);
  assert.equal(again.history.waiting(OTHER), 5);
  again.kill();
});

function sequences(entries: readonly HistoryEntry[]): readonly number[] {
  return entries.map(({ sequence }) => sequence);
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
