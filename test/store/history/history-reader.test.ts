import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import Sqlite from "better-sqlite3";
import { readHistoryFile, type StoredHistory } from "../../../src/store/history/history-reader.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { observed, openHistory, reportAt } from "../../support/history.ts";
import { execute, filled } from "../../support/history-file.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const OTHER = observed("/meter-2/3303/0/5700");
const ALL = Number.POSITIVE_INFINITY;

test("beside the gateway the file gives what waits: without what is confirmed anywhere, and without what was more than is kept", async (t) => {
  const directory = temporaryDirectory(t);
  const { history, kill } = openHistory(directory, { clock: new FakeClock() });
  for (let i = 1; i <= 30; i++) {
    history.append(ID, reportAt(PATH, i), ALL);
    history.append(OTHER, reportAt(PATH, i), 4);
    if (i % 5 === 0) await history.flush();
  }
  history.confirm(ID, { from: 1, to: 3 });
  history.confirm(ID, { from: 8, to: 22 });
  await history.flush();
  // For its window it is in memory alone.
  history.append(ID, reportAt(PATH, 31), ALL);
  const reader = opened(directory);
  assert.deepEqual(timesOf(reader, ID), [4, 5, 6, 7, 23, 24, 25, 26, 27, 28, 29, 30]);
  assert.deepEqual(timesOf(reader, OTHER), [27, 28, 29, 30]);
  const own = reader.stats.observations.get(ID);
  assert.deepEqual([own?.count, own?.newest, reader.stats.observations.get(OTHER)?.count], [12, 30, 4]);
  assert.ok(reader.stats.bytes > 0 && reader.stats.fileBytes > reader.stats.bytes);
  reader.close();
  kill();
});

test("what the gateway does meanwhile changes nothing for a reader, nor the reader for the gateway", async (t) => {
  const directory = temporaryDirectory(t);
  const { history, lines, stop } = openHistory(directory, { clock: new FakeClock() });
  for (let i = 1; i <= 100; i++) {
    history.append(ID, reportAt(PATH, i), ALL);
    await history.flush();
  }
  const reader = opened(directory);
  const entries = reader.entries();
  assert.equal(entries.next().value?.entry.sequence, 1);
  history.confirm(ID, { from: 1, to: 90 });
  for (let i = 101; i <= 200; i++) {
    history.append(ID, reportAt(PATH, i), ALL);
    await history.flush();
  }
  assert.deepEqual(
    [...entries].map(({ entry }) => entry.sequence),
    Array.from({ length: 99 }, (_, i) => i + 2),
  );
  reader.close();
  const next = opened(directory);
  assert.deepEqual(
    timesOf(next, ID),
    Array.from({ length: 110 }, (_, i) => i + 91),
  );
  next.close();
  assert.deepEqual(lines, []);
  await stop();
});

test("a damaged part is told, and the rest is given", async (t) => {
  const directory = temporaryDirectory(t);
  await filled(directory, new FakeClock(), 9);
  execute(directory, "UPDATE segments SET body = randomblob(length(body)) WHERE id = 3");
  execute(directory, "UPDATE segments SET directory = randomblob(length(directory)) WHERE id = 5");
  execute(directory, `UPDATE observations SET id = '1 /nobody' WHERE id = '${OTHER}'`);
  const told: string[] = [];
  const reader = opened(directory, told);
  assert.deepEqual(
    [...reader.entries()].map(({ id, entry }) => [id, entry.sequence]),
    [1, 2, 4, 6, 7, 8, 9].map((sequence) => [ID, sequence]),
  );
  reader.close();
  assert.equal(told.length, 2);
  for (const line of told) assert.match(line, /^a part of .*history\.db cannot be read: /);
});

test("a file that cannot be read says why, and one that is not there is no error", async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, "history.db");
  assert.equal(readHistoryFile(file, assert.fail), undefined);
  writeFileSync(file, "servers: []\n".repeat(1000));
  assert.throws(() => opened(directory), isStoreError("damaged", "damaged"));
  writeFileSync(file, "");
  assert.throws(() => opened(directory), isStoreError("older", "start the gateway once"));
});

test("a file of another version, or one that somebody keeps for himself, is refused with a sentence", async (t) => {
  const directory = temporaryDirectory(t);
  await filled(directory, new FakeClock(), 1);
  execute(directory, "PRAGMA user_version = 99");
  assert.throws(() => opened(directory), isStoreError("newer", "later version"));
  execute(directory, "PRAGMA user_version = 1");
  assert.throws(() => opened(directory), isStoreError("older", "start the gateway once"));
  const alone = new Sqlite(join(directory, "history.db"));
  alone.pragma("locking_mode = EXCLUSIVE");
  alone.exec("BEGIN EXCLUSIVE");
  assert.throws(() => opened(directory), isStoreError("locked", "stop it"));
  alone.close();
});

function opened(directory: string, told: string[] = []): StoredHistory {
  const reader = readHistoryFile(join(directory, "history.db"), (problem) => told.push(problem));
  assert.ok(reader !== undefined);
  return reader;
}

function timesOf(reader: StoredHistory, id: typeof ID): readonly (number | undefined)[] {
  return [...reader.entries((each) => each === id)].map(({ entry }) => entry.samples[0]?.time);
}

function isStoreError(kind: string, part: string): (error: unknown) => boolean {
  return (error) => error instanceof StoreError && error.kind === kind && error.message.includes(part);
}
