import assert from "node:assert/strict";
import test from "node:test";
import { HOUR, MINUTE, SECOND } from "../../../src/clock.ts";
import { deviceOf } from "../../../src/lwm2m/observation-id.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { everything, observed, openHistory, reportAt, sample, times } from "../../support/history.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const OTHER = observed("/meter-2/3303/0/5700");
const ALL = Number.POSITIVE_INFINITY;
const KIB = "x".repeat(1024);

test("beyond the limit in bytes every observation loses the same stretch of time, the oldest", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const { history, lines, stop } = openHistory(directory, { clock, bytes: 20 * 1024 });
  for (let i = 1; i <= 40; i++) {
    history.append(ID, { samples: [sample(PATH, i, KIB)], confirmable: true }, ALL);
    history.append(OTHER, reportAt(PATH, i), ALL);
    await history.flush();
  }
  const { bytes } = await history.stats();
  assert.ok(bytes > 18 * 1024 && bytes <= 20 * 1024, `${bytes}`);
  const [mine, others] = [times(await everything(history, ID)), times(await everything(history, OTHER))];
  assert.deepEqual(mine, others);
  assert.equal(mine.at(-1), 40);
  assert.equal(history.dropped(1).bytes, 2 * (40 - mine.length));
  assert.deepEqual(
    lines.map(({ level, fields: { cause } }) => [level, cause]),
    [["warn", "bytes"]],
  );
  await stop();
  const again = openHistory(directory, { clock, bytes: 20 * 1024 });
  assert.deepEqual(times(await everything(again.history, ID)), mine);
  again.kill();
});

test("beyond its share a device loses its oldest, and others nothing", async (t) => {
  const clock = new FakeClock();
  const { history, lines, kill } = openHistory(temporaryDirectory(t), { clock, bytes: 100 * 1024, share: 0.1 });
  const second = observed("/meter-1/3303/0/5701");
  for (let i = 1; i <= 20; i++) {
    history.append(i % 2 === 0 ? ID : second, { samples: [sample(PATH, i, KIB)], confirmable: true }, ALL);
    history.append(OTHER, reportAt(PATH, i), ALL);
    await history.flush();
  }
  const own = [...times(await everything(history, ID)), ...times(await everything(history, second))];
  assert.deepEqual(
    own.toSorted((a, b) => a - b),
    [12, 13, 14, 15, 16, 17, 18, 19, 20],
  );
  assert.equal(history.waiting(OTHER), 20);
  assert.deepEqual([history.dropped(1).share, history.dropped(1).bytes], [11, 0]);
  assert.deepEqual(
    lines.map(({ fields: { cause } }) => cause),
    ["share"],
  );
  kill();
});

test("what is older than the limit goes by itself, while nothing new comes", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock, age: HOUR });
  for (const id of [ID, OTHER]) history.append(id, reportAt(PATH, clock.wall()), ALL);
  await clock.advance(30 * MINUTE);
  history.append(ID, reportAt(PATH, clock.wall()), ALL);
  await clock.advance(29 * MINUTE);
  assert.deepEqual([history.waiting(ID), history.waiting(OTHER)], [2, 1]);
  await clock.advance(3 * MINUTE);
  assert.deepEqual([history.waiting(ID), history.waiting(OTHER)], [1, 0]);
  await clock.advance(30 * MINUTE);
  assert.deepEqual(history.observations(), []);
  assert.equal(history.dropped(1).age, 3);
  // With nothing that waits there is nothing to look for.
  await clock.advance(SECOND);
  assert.equal(clock.next, undefined);
  kill();
});

test("a limit drops nothing that was confirmed meanwhile, and counts nothing twice", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock, bytes: 3 * 1024 });
  for (let i = 1; i <= 4; i++) history.append(ID, { samples: [sample(PATH, i, KIB)], confirmable: true }, ALL);
  const flushed = history.flush();
  history.confirm(ID, { from: 1, to: 4 });
  await flushed;
  assert.equal(history.dropped(1).bytes, 0);
  assert.equal(history.waiting(ID), 0);
  kill();
});

test("near the limit in bytes what is delivered makes room, before anything that waits must go for want of it", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock, bytes: 1000 * 1024 });
  const windows = async (count: number): Promise<void> => {
    for (let window = 0; window < count; window++) {
      for (const id of [ID, OTHER]) {
        for (let i = 1; i <= 50; i++) history.append(id, { samples: [sample(PATH, i, KIB)], confirmable: true }, ALL);
      }
      await history.flush();
    }
  };
  await windows(8);
  history.confirm(OTHER, { from: 1, to: 400 });
  await windows(4);
  assert.deepEqual([history.waiting(ID), history.waiting(OTHER)], [600, 200]);
  assert.equal(history.dropped(1).bytes, 0);
  assert.equal((await everything(history, ID)).length, 600);
  kill();
});

test("the device of an observation is the prefix of its paths; one over several devices is by itself", () => {
  assert.equal(deviceOf(ID), "meter-1");
  assert.equal(deviceOf(observed("/3303/0")), "");
  assert.equal(deviceOf(observed("/a/3/0", "/a/4")), "a");
  const several = observed("/a/3/0", "/b/4");
  assert.equal(deviceOf(several), several);
});

test("limits that are lower after a restart are kept, and what goes for them is counted", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const first = openHistory(directory, { clock });
  for (let i = 1; i <= 10; i++) {
    first.history.append(ID, { samples: [sample(PATH, i, KIB)], confirmable: true }, ALL);
    await first.history.flush();
  }
  await first.stop();
  const { history, kill } = openHistory(directory, { clock, bytes: 5 * 1200 });
  assert.equal(history.waiting(ID), 10);
  await clock.advance(SECOND);
  assert.deepEqual(times(await everything(history, ID)), [6, 7, 8, 9, 10]);
  assert.equal(history.dropped(1).bytes, 5);
  kill();
});
