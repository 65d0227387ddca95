import assert from "node:assert/strict";
import test from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { everything, inFile, observed, openHistory, reportAt, sample, times } from "../../support/history.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const OTHER = observed("/meter-2/3303/0/5700");
const ALL = Number.POSITIVE_INFINITY;

test("what is confirmed before its window ends is never written, and without anything to write nothing is done", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, commits, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= 100; i++) {
    const { sequence } = history.append(ID, reportAt(PATH, i), ALL);
    assert.equal(sequence, i);
    history.confirm(ID, { from: 1, to: sequence });
    await clock.advance(SECOND / 10);
  }
  assert.equal(history.waiting(ID), 0);
  assert.deepEqual(await history.peek(ID, 10), []);
  await stop();
  assert.equal(commits(), 0);
  assert.deepEqual(inFile(directory, "SELECT * FROM segments"), []);
  assert.deepEqual(inFile(directory, "SELECT * FROM observations"), []);
});

test("what is owed when the window ends is written then, in one row for all observations", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, kill } = openHistory(directory, { clock, commit: 2 * SECOND });
  history.append(ID, reportAt(PATH, 1), ALL);
  await clock.advance(1.5 * SECOND);
  history.append(OTHER, reportAt(PATH, 2), ALL);
  await clock.advance(0.5 * SECOND);
  history.append(OTHER, reportAt(PATH, 3), ALL);
  kill();
  assert.equal(inFile(directory, "SELECT id FROM segments").length, 1);
  const again = openHistory(directory, { clock });
  assert.deepEqual(again.history.observations(), [ID, OTHER]);
  assert.deepEqual(times(await everything(again.history, ID)), [1]);
  assert.deepEqual(times(await everything(again.history, OTHER)), [2]);
  assert.deepEqual(again.lines, []);
  again.kill();
});

test("the oldest come first, from disk and from memory, in messages of whole entries", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock });
  for (let i = 1; i <= 10; i++) {
    const samples = [sample(PATH, 10 * i), sample("/meter-1/3303/0/5701", 10 * i + 1, true)];
    history.append(ID, { samples, confirmable: i % 2 === 0 }, ALL);
    if (i % 4 === 0) await clock.advance(SECOND);
  }
  assert.deepEqual(
    (await history.peek(ID, 5)).map(({ sequence, samples, confirmable }) => [sequence, samples.length, confirmable]),
    [
      [1, 2, false],
      [2, 2, true],
    ],
  );
  assert.equal((await history.peek(ID, 1)).length, 1);
  assert.equal((await history.peek(ID, 20)).length, 10);
  history.confirm(ID, { from: 1, to: 7 });
  assert.deepEqual(times(await everything(history, ID)), [80, 81, 90, 91, 100, 101]);
  history.confirm(ID, { from: 1, to: 7 });
  history.confirm(ID, { from: 1, to: 99 });
  assert.equal(history.waiting(ID), 0);
  assert.equal(history.append(ID, reportAt(PATH, 5), ALL).sequence, 11);
  kill();
});

test("an observation keeps its newest, and says how many it dropped; what it keeps holds after a restart", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= 20; i++) {
    history.append(ID, reportAt(PATH, i), 3);
    history.append(OTHER, reportAt(PATH, i), 0);
    if (i % 4 === 0) await clock.advance(SECOND);
  }
  assert.deepEqual(times(await everything(history, ID)), [18, 19, 20]);
  assert.equal(history.waiting(OTHER), 0);
  assert.deepEqual(history.dropped(1), { hqmax: 37, bytes: 0, age: 0, share: 0, damaged: 0, disk: 0 });
  await stop();
  const again = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), [18, 19, 20]);
  assert.equal(again.history.append(ID, reportAt(PATH, 21), 2).sequence, 21);
  assert.deepEqual(times(await everything(again.history, ID)), [20, 21]);
  again.kill();
});

test("entries confirmed while they are read do not come, and those that follow do", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock });
  for (let i = 1; i <= 6; i++) {
    history.append(ID, reportAt(PATH, i), ALL);
    if (i === 4) await history.flush();
  }
  const peeked = history.peek(ID, 2);
  history.confirm(ID, { from: 1, to: 3 });
  assert.deepEqual(times(await peeked), [4, 5]);
  const all = history.peek(ID, 9);
  history.confirm(ID, { from: 1, to: 6 });
  assert.deepEqual(await all, []);
  kill();
});

test("what is given to the thread while it answers is not missing from the answer", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock });
  history.append(ID, reportAt(PATH, 1), ALL);
  await history.flush();
  history.append(ID, reportAt(PATH, 2), ALL);
  const peeked = history.peek(ID, 9);
  const flushed = history.flush();
  history.append(ID, reportAt(PATH, 3), ALL);
  assert.deepEqual(times(await peeked), [1, 2]);
  await flushed;
  assert.deepEqual(times(await everything(history, ID)), [1, 2, 3]);
  kill();
});

test("a flood is packed before its window ends, and stays in order", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, commits, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= 20_000; i++) history.append(i % 2 === 0 ? ID : OTHER, reportAt(PATH, i), ALL);
  assert.equal(commits(), 0);
  assert.deepEqual(times(await history.peek(ID, 3)), [2, 4, 6]);
  history.confirm(ID, { from: 1, to: 5000 });
  assert.deepEqual(times(await history.peek(ID, 2)), [10_002, 10_004]);
  history.confirm(OTHER, { from: 1, to: 10_000 });
  await stop();
  assert.equal(commits(), 1);
  const again = openHistory(directory, { clock });
  assert.deepEqual(again.history.observations(), [ID]);
  const found = await everything(again.history, ID);
  assert.deepEqual(
    times(found),
    Array.from({ length: 5000 }, (_, i) => 10_002 + 2 * i),
  );
  again.kill();
});

test("an observation that is over leaves nothing behind, and begins anew when it comes again", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = openHistory(directory, { clock });
  for (const id of [ID, OTHER]) history.append(id, reportAt(PATH, 1), ALL);
  await history.flush();
  history.append(ID, reportAt(PATH, 2), ALL);
  history.forget(ID);
  assert.deepEqual([history.waiting(ID), history.observations()], [0, [OTHER]]);
  assert.equal(history.append(ID, reportAt(PATH, 3), ALL).sequence, 1);
  await stop();
  const again = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), [3]);
  for (const id of [ID, OTHER]) again.history.forget(id);
  await again.stop();
  assert.deepEqual(inFile(directory, "SELECT * FROM segments"), []);
  assert.deepEqual(inFile(directory, "SELECT * FROM observations"), []);
});

test("a server that is only slow costs a segment a window, and no more", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = openHistory(directory, { clock });
  const sizes: number[] = [];
  for (let i = 1; i <= 50; i++) {
    const { sequence } = history.append(ID, reportAt(PATH, i), 5);
    history.confirm(ID, { from: 1, to: sequence - 1 });
    await history.flush();
    sizes.push((await history.stats()).bytes);
  }
  assert.equal(Math.max(...sizes), Math.max(...sizes.slice(0, 3)));
  await stop();
  assert.deepEqual(inFile(directory, "SELECT number, keep FROM observations"), [{ number: 1, keep: 5 }]);
  const again = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), [50]);
  // Nothing waits of it: its row goes with the next start.
  again.history.confirm(ID, { from: 1, to: 50 });
  await again.stop();
  const last = openHistory(directory, { clock });
  last.history.append(OTHER, reportAt(PATH, 1), ALL);
  await last.stop();
  assert.deepEqual(inFile(directory, "SELECT id FROM observations"), [{ id: OTHER }]);
});

test("many windows become few segments, of which nothing is missing", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= 200; i++) {
    history.append(ID, reportAt(PATH, i), ALL);
    if (i % 3 === 0) history.append(OTHER, reportAt(PATH, i), 10);
    if (i === 150) history.confirm(ID, { from: 1, to: 20 });
    await history.flush();
  }
  assert.equal(inFileOf(await history.stats()), 180 + 10);
  await stop();
  assert.ok(inFile(directory, "SELECT id FROM segments").length < 20);
  const again = openHistory(directory, { clock });
  assert.deepEqual(
    times(await everything(again.history, ID)),
    Array.from({ length: 180 }, (_, i) => i + 21),
  );
  assert.deepEqual(
    times(await again.history.peek(OTHER, 99)),
    Array.from({ length: 10 }, (_, i) => 171 + 3 * i),
  );
  again.kill();
});

test("one observation that nobody takes does not keep what others have delivered", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock });
  history.append(ID, reportAt(PATH, 1), ALL);
  const text = "x".repeat(100_000);
  history.append(OTHER, { samples: [sample(PATH, 1, text)], confirmable: true }, ALL);
  await history.flush();
  history.confirm(OTHER, { from: 1, to: 1 });
  await history.flush();
  await history.flush();
  assert.ok((await history.stats()).bytes < 200);
  assert.deepEqual(times(await everything(history, ID)), [1]);
  kill();
});

test("a file that was large and is empty is small again", async (t) => {
  const { history, kill } = openHistory(temporaryDirectory(t), { clock: new FakeClock() });
  const text = "x".repeat(2 ** 20);
  for (let i = 1; i <= 20; i++) history.append(ID, { samples: [sample(PATH, i, text)], confirmable: true }, ALL);
  await history.flush();
  assert.ok((await history.stats()).fileBytes > 20 * 2 ** 20);
  history.confirm(ID, { from: 1, to: 20 });
  await history.flush();
  assert.ok((await history.stats()).fileBytes < 2 ** 16);
  kill();
});

test("stats say what waits, since when, and what it takes", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock });
  for (const time of [50, 40, 60]) history.append(ID, reportAt(PATH, time), ALL);
  await history.flush();
  history.append(ID, reportAt(PATH, 70), ALL);
  history.append(OTHER, reportAt(PATH, 80), ALL);
  const { observations, bytes, fileBytes } = await history.stats();
  const own = observations.get(ID);
  assert.deepEqual([own?.count, own?.oldest, own?.newest], [4, 40, 70]);
  assert.deepEqual(observations.get(OTHER), { count: 1, oldest: 80, newest: 80, bytes: 0 });
  assert.ok(own !== undefined && own.bytes > 0 && own.bytes < bytes && bytes < fileBytes);
  kill();
});

function inFileOf({
  observations,
}: {
  readonly observations: ReadonlyMap<unknown, { readonly count: number }>;
}): number {
  return [...observations.values()].reduce((sum, { count }) => sum + count, 0);
}
