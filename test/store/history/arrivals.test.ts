import assert from "node:assert/strict";
import test from "node:test";
import { HOUR, MINUTE, SECOND } from "../../../src/clock.ts";
import { Arrivals } from "../../../src/store/history/arrivals.ts";
import { roomLasts } from "../../../src/store/history/history.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { observed, openHistory, reportAt } from "../../support/history.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);

test("what came in the last hour counts, and since the start where that is shorter", () => {
  const arrivals = new Arrivals(0);
  for (let now = 0; now < 30 * MINUTE; now += SECOND) {
    arrivals.add(2);
    arrivals.note(now);
  }
  assert.deepEqual(arrivals.until(30 * MINUTE), { span: 30 * MINUTE, samples: 3600 });
  for (let now = 30 * MINUTE; now < 5 * HOUR; now += SECOND) {
    arrivals.add(1);
    arrivals.note(now);
  }
  const { span, samples } = arrivals.until(5 * HOUR);
  assert.ok(span >= HOUR && span <= HOUR + MINUTE, `${span}`);
  assert.ok(Math.abs(samples - span / SECOND) <= 1, `${samples}`);
});

test("stats say how full the queue is, and how long the rest lasts while no server takes anything", async (t) => {
  const clock = new FakeClock();
  const { history, kill } = openHistory(temporaryDirectory(t), { clock, bytes: 100_000 });
  const empty = await history.stats();
  assert.deepEqual([empty.limit, empty.oldest, roomLasts(empty)], [100_000, undefined, undefined]);
  // A server that takes everything at once: nothing is on disk, and yet it can be told.
  for (let i = 1; i <= 3600; i++) {
    const { sequence } = history.append(ID, reportAt(PATH, i), Number.POSITIVE_INFINITY);
    history.confirm(ID, { from: sequence, to: sequence });
    await clock.advance(SECOND);
  }
  const healthy = await history.stats();
  assert.deepEqual([healthy.bytes, healthy.oldest], [0, undefined]);
  assert.equal(healthy.inflow.samples, 3600);
  const foretold = roomLasts(healthy) ?? 0;
  assert.ok(foretold > HOUR && foretold < 10 * HOUR, `${foretold}`);
  for (let i = 1; i <= 600; i++) {
    history.append(ID, reportAt(PATH, i), Number.POSITIVE_INFINITY);
    await clock.advance(SECOND);
  }
  const away = await history.stats();
  assert.equal(away.oldest, 1);
  const left = roomLasts(away) ?? 0;
  // A sample each second, with the size that those on disk have.
  const expected = ((100_000 - away.bytes) / (away.bytes / 600)) * SECOND;
  assert.ok(Math.abs(left - expected) < expected / 20, `${left} ${expected}`);
  kill();
});

test("without limit, or where there is no room any more, that is said too", () => {
  const inflow = { span: HOUR, samples: 100, bytes: 1000 };
  assert.equal(roomLasts({ bytes: 10, limit: undefined, inflow }), undefined);
  assert.equal(roomLasts({ bytes: 9000, limit: 10_000, inflow }), HOUR);
  assert.equal(roomLasts({ bytes: 11_000, limit: 10_000, inflow }), 0);
});
