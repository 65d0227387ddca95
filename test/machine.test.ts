import assert from "node:assert/strict";
import test from "node:test";
import { type Millis, SECOND } from "../src/clock.ts";
import { drive, type Machine, type Timeout } from "../src/machine.ts";
import { FakeClock } from "./support/fake-clock.ts";

/** Waits as long as it is told; says when its time is over. */
class Waiter implements Machine<{ readonly type: "wait"; readonly until: Millis | undefined }, Millis> {
  deadline: Millis | undefined;

  handle(event: { readonly type: "wait"; readonly until: Millis | undefined } | Timeout, now: Millis): Millis[] {
    this.deadline = event.type === "wait" ? event.until : undefined;
    return event.type === "wait" ? [] : [now];
  }
}

function driven() {
  const clock = new FakeClock();
  const rings: Millis[] = [];
  const feed = drive(new Waiter(), clock, (time) => rings.push(time));
  const wait = (until: Millis | undefined) => feed({ type: "wait", until });
  return { clock, rings, feed, wait };
}

test("a machine hears of its deadline when it is there", () => {
  const { clock, rings, wait } = driven();
  wait(3 * SECOND);
  clock.advanceSync(10 * SECOND);
  assert.deepEqual(rings, [3 * SECOND]);
});

test("a deadline that moved is heard at its new time alone", () => {
  const { clock, rings, wait } = driven();
  wait(3 * SECOND);
  wait(5 * SECOND);
  clock.advanceSync(4 * SECOND);
  assert.deepEqual(rings, []);
  wait(4500);
  clock.advanceSync(10 * SECOND);
  assert.deepEqual(rings, [4500]);
});

test("a deadline that is gone is not heard", () => {
  const { clock, rings, wait } = driven();
  wait(3 * SECOND);
  wait(undefined);
  clock.advanceSync(10 * SECOND);
  assert.deepEqual(rings, []);
  assert.equal(clock.next, undefined);
});

test("a thousand messages with deadlines of their own make one timer", () => {
  const { clock, rings, wait } = driven();
  let timers = 0;
  const { at } = clock;
  clock.at = (time, task) => {
    timers++;
    return at.call(clock, time, task);
  };
  for (let message = 0; message < 1000; message++) {
    wait(clock.monotonic() + SECOND);
    wait(undefined);
    clock.advanceSync(0.5);
  }
  assert.equal(timers, 1);
  wait(2 * SECOND);
  clock.advanceSync(10 * SECOND);
  assert.deepEqual(rings, [2 * SECOND]);
});

test("a machine that is stopped leaves no timer behind", () => {
  const { clock, feed, wait } = driven();
  wait(3 * SECOND);
  feed.stop();
  assert.equal(clock.next, undefined);
});
