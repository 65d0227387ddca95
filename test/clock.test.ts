import assert from "node:assert/strict";
import test from "node:test";
import { paused, SECOND } from "../src/clock.ts";
import { FakeClock } from "./support/fake-clock.ts";

test("a pause ends with its time", async () => {
  const clock = new FakeClock();
  let over = false;
  void paused(clock, SECOND).then(() => {
    over = true;
  });
  await clock.advance(SECOND - 1);
  assert.equal(over, false);
  await clock.advance(1);
  assert.equal(over, true);
});

test("a pause that its signal ends leaves no timer behind; one that was ended before takes no time", async () => {
  const clock = new FakeClock();
  const ending = new AbortController();
  const pause = paused(clock, SECOND, ending.signal);
  ending.abort();
  await pause;
  await paused(clock, SECOND, ending.signal);
  assert.equal(clock.next, undefined);
});
