import assert from "node:assert/strict";
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import test from "node:test";
import fc from "fast-check";
import { StoreError } from "../../../src/store/store-error.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import {
  everything,
  type HistoryWorld,
  observed,
  openHistory,
  reportAt,
  sample,
  times,
} from "../../support/history.ts";
import { execute, filled, told } from "../../support/history-file.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const OTHER = observed("/meter-2/3303/0/5700");
const ALL = Number.POSITIVE_INFINITY;
const LARGE = "x".repeat(10_000);

test("a segment whose content has changed is dropped and counted; the rest works", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  await filled(directory, clock, 9);
  execute(directory, "UPDATE segments SET body = randomblob(length(body)) WHERE id = 3");
  execute(directory, "UPDATE segments SET directory = randomblob(length(directory)) WHERE id = 5");
  execute(directory, "UPDATE segments SET body = x'' WHERE id = 9");
  const { history, lines, stop } = openHistory(directory, { clock });
  assert.deepEqual([history.waiting(ID), history.waiting(OTHER)], [8, 8]);
  assert.deepEqual(times(await history.peek(ID, 99)), [1, 2, 4, 6, 7, 8]);
  assert.deepEqual([history.waiting(ID), history.waiting(OTHER)], [6, 6]);
  assert.equal(history.dropped(1).damaged, 4);
  assert.equal(lines.filter(({ level }) => level === "error").length, 1);
  assert.equal(lines.filter(({ fields: { cause } }) => cause === "damaged").length, 1);
  history.append(ID, reportAt(PATH, 10), ALL);
  await stop();
  const again = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), [1, 2, 4, 6, 7, 8, 10]);
  assert.deepEqual(again.lines, []);
  again.kill();
});

for (const [what, damage] of [
  ["noise", (file: string) => writeFileSync(file, Buffer.alloc(statSync(file).size, 0x5a))],
  ["no database at all", (file: string) => writeFileSync(file, "servers: []\n".repeat(1000))],
  ["a database cut in half", (file: string) => truncateSync(file, 8192)],
] as const) {
  test(`a file that is damaged at the start is set aside with a loud error: ${what}`, async (t) => {
    const directory = temporaryDirectory(t);
    const clock = new FakeClock();
    await filled(directory, clock, 9);
    damage(join(directory, "history.db"));
    const { history, lines, stop } = openHistory(directory, { clock });
    assert.deepEqual(history.observations(), []);
    assert.deepEqual(told(lines), ["error: history: damaged"]);
    await begunAnew(directory, history);
    await stop();
  });
}

test("a file that is damaged while it is in use is set aside, and a new one begun with what is in memory", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  await filled(directory, clock, 60, LARGE);
  const { history, lines, stop } = openHistory(directory, { clock });
  overwrite(join(directory, "history.db"));
  history.append(OTHER, reportAt(PATH, 1000), ALL);
  const [first] = await history.peek(ID, 1);
  assert.ok(first === undefined || first.samples[0]?.value === LARGE);
  await history.peek(ID, Number.MAX_SAFE_INTEGER);
  for (const id of [ID, OTHER]) {
    history.append(id, reportAt(PATH, 1001), ALL);
    await history.flush();
  }
  const found = await everything(history, OTHER);
  assert.deepEqual(times(found).slice(-2), [1000, 1001]);
  assert.ok(lines.some(({ level }) => level === "error"));
  assert.ok(history.dropped(1).damaged > 0);
  await begunAnew(directory, history);
  await stop();
  const again = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(again.history, OTHER)).slice(-2), [1000, 1001]);
  again.kill();
});

test("whatever bytes are changed in the file, what it still gives is what it was given, and new reports are kept", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  await filled(directory, clock, 12, "value");
  const sound = readFileSync(join(directory, "history.db"));
  const changes = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 100 });
  await fc.assert(
    fc.asyncProperty(changes, async (list) => {
      const bytes = Buffer.from(sound);
      for (const [at, value] of list) bytes[at] = value;
      for (const name of readdirSync(directory)) rmSync(join(directory, name));
      writeFileSync(join(directory, "history.db"), bytes);
      const world = openUnlessNewer(directory, clock);
      if (world === undefined) return;
      const { history, stop } = world;
      for (const id of history.observations()) {
        for (const { sequence, samples } of await history.peek(id, Number.MAX_SAFE_INTEGER)) {
          assert.deepEqual(samples, [sample(PATH, sequence, "value")]);
        }
      }
      const { sequence } = history.append(ID, reportAt(PATH, 99), ALL);
      await stop();
      const again = openHistory(directory, { clock });
      assert.deepEqual((await everything(again.history, ID)).at(-1), { sequence, ...reportAt(PATH, 99) });
      again.kill();
    }),
    {
      numRuns: 60,
      examples: [
        [
          [
            [11619, 13],
            [24, 0],
          ],
        ],
      ],
    },
  );
});

test("a file of a later version is refused and left alone", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  await filled(directory, clock, 2);
  execute(directory, "PRAGMA user_version = 99");
  assert.throws(
    () => openHistory(directory, { clock }),
    (error) => error instanceof StoreError && error.kind === "newer",
  );
  assert.deepEqual(readdirSync(directory), ["history.db"]);
});

/** A changed byte may make it look like a file of a later version: that one is never thrown away. */
function openUnlessNewer(directory: string, clock: FakeClock): HistoryWorld | undefined {
  try {
    return openHistory(directory, { clock });
  } catch (error) {
    assert.ok(error instanceof StoreError && error.kind === "newer", String(error));
    return undefined;
  }
}

async function begunAnew(directory: string, history: HistoryWorld["history"]): Promise<void> {
  history.append(ID, reportAt(PATH, 2000), ALL);
  await history.flush();
  assert.equal(times(await everything(history, ID)).at(-1), 2000);
  assert.ok(readdirSync(directory).some((name) => name.startsWith("history.db.damaged-20")));
}

/** In place, as a disk does it: the file stays the same one, and open. */
function overwrite(file: string): void {
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(statSync(file).size - 4096, 0x5a), 0, undefined, 4096);
  closeSync(handle);
}
