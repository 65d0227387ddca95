import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { TimeLimit } from "../../src/devices/time-limit.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** What came of some work, where something came of it. */
function outcomeOf(work: Promise<string>): { text: string } {
  const outcome = { text: "waits" };
  work.then(
    (result) => {
      outcome.text = result;
    },
    (error: Error) => {
      outcome.text = error.message;
    },
  );
  return outcome;
}

const never = (): Promise<string> => new Promise(() => {});

test("work that is done in time settles as it does by itself", async () => {
  const limit = new TimeLimit(new FakeClock(), MINUTE);
  assert.equal(await limit.of(Promise.resolve("done")), "done");
  await assert.rejects(limit.of(Promise.reject(new RangeError("no"))), RangeError);
});

test("each is given up on when its own time has passed, and one that is done is left alone", async () => {
  const clock = new FakeClock();
  const limit = new TimeLimit(clock, MINUTE);
  const first = outcomeOf(limit.of(never()));
  await clock.advance(20 * SECOND);
  const done = outcomeOf(limit.of(Promise.resolve("done")));
  const second = outcomeOf(limit.of(never()));
  await clock.advance(40 * SECOND);
  assert.match(first.text, /unsettled for 1m/);
  assert.deepEqual([done.text, second.text], ["done", "waits"]);
  await clock.advance(20 * SECOND);
  assert.match(second.text, /unsettled for 1m/);
  assert.equal(clock.next, undefined, "no timer is left");
});

test("closed, its timer ends with what it still waits for", async () => {
  const clock = new FakeClock();
  const limit = new TimeLimit(clock, MINUTE);
  await limit.of(Promise.resolve("done"));
  const waiting = outcomeOf(limit.of(never()));
  limit.close();
  await clock.advance(MINUTE);
  assert.match(waiting.text, /unsettled/);
  assert.equal(clock.next, undefined);
  await limit.of(Promise.resolve("done"));
  assert.equal(clock.next, undefined);
});
