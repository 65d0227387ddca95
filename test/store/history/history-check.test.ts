import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { checkHistoryFile } from "../../../src/store/history/history-check.ts";
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
import { empty, fill, smallDisk } from "../../support/small-disk.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const ALL = Number.POSITIVE_INFINITY;
const LARGE = "x".repeat(10_000);

test("while the file is read, reports are written to it, and it is found sound", async (t) => {
  const clock = new FakeClock();
  const { history, lines, stop } = await filled(temporaryDirectory(t), clock, 40);
  const found = await history.check(async (file) => {
    for (let time = 41; time <= 60; time++) {
      history.append(ID, reportAt(PATH, time), ALL);
      await history.flush();
    }
    history.confirm(ID, { from: 1, to: 50 });
    await history.flush();
    return checkHistoryFile(file);
  });
  assert.deepEqual(found, { damage: undefined, segments: [] });
  assert.deepEqual(times(await everything(history, ID)), range(51, 60));
  assert.deepEqual(lines, []);
  await stop();
});

test("a file that was begun anew while the old one was read is not judged by what was found in that", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, stop } = await filled(directory, clock, 40, { value: LARGE });
  await history.check(async (file) => {
    overwrite(file);
    history.append(ID, reportAt(PATH, 41), ALL);
    await history.peek(ID, ALL);
    await history.flush();
    return { damage: "of the old one", segments: [1] };
  });
  history.append(ID, reportAt(PATH, 42), ALL);
  assert.deepEqual(times(await everything(history, ID)).slice(-2), [41, 42]);
  assert.equal(asideIn(directory).length, 1);
  await stop();
});

test("of a damaged file the newest goes on, as much as memory may hold, and the rest is counted", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, lines, stop } = await filled(directory, clock, 40, { value: LARGE, memory: 10 * LARGE.length });
  await history.check(async () => ({ damage: "*** in database main ***", segments: [] }));
  const left = times(await everything(history, ID));
  assert.deepEqual(left, range(41 - left.length, 40));
  assert.ok(left.length >= 8 && left.length <= 10, `${left.length}`);
  assert.equal(history.dropped(1).damaged, 40 - left.length);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ["error", "warn"],
  );
  await stop();
  const again = openHistory(directory, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), left);
  assert.equal(asideIn(directory).length, 1);
  again.kill();
});

test("on a full disk the file is checked or not, and used as before", async (t) => {
  const disk = smallDisk(t, 2 ** 20);
  if (disk === undefined) return;
  const clock = new FakeClock();
  const { history, stop } = await filled(disk, clock, 5);
  fill(disk);
  const found = await history
    .check(async (file) => checkHistoryFile(file))
    .catch((error: unknown) => {
      assert.ok(error instanceof StoreError && error.kind === "unwritable", String(error));
      return undefined;
    });
  if (found !== undefined) assert.deepEqual(found, { damage: undefined, segments: [] });
  history.append(ID, reportAt(PATH, 6), ALL);
  assert.deepEqual(times(await everything(history, ID)), range(1, 6));
  empty(disk);
  await stop();
  const again = openHistory(disk, { clock });
  assert.deepEqual(times(await everything(again.history, ID)), range(1, 6));
  assert.deepEqual(again.lines, []);
  again.kill();
});

test("a file that cannot be opened is not checked, and nothing is said of what is in it", (t) => {
  const found = checkHistoryFile(join(temporaryDirectory(t), "history.db"));
  assert.ok("unchecked" in found, JSON.stringify(found));
});

/** So many segments of one entry each. */
async function filled(
  directory: string,
  clock: FakeClock,
  segments: number,
  { value, ...options }: { readonly value?: string; readonly memory?: number } = {},
): Promise<HistoryWorld> {
  const world = openHistory(directory, { clock, ...options });
  for (const time of range(1, segments)) {
    world.history.append(ID, { samples: [sample(PATH, time, value)], confirmable: true }, ALL);
    await world.history.flush();
  }
  return world;
}

function asideIn(directory: string): readonly string[] {
  return readdirSync(directory).filter((name) => /\.damaged-[^-]+-[^-]+-[^-]+-[^-]+-[^-]+Z$/.test(name));
}

/** In place, as a disk does it: all but the first page. */
function overwrite(file: string): void {
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(statSync(file).size - 4096, 0x5a), 0, undefined, 4096);
  closeSync(handle);
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
