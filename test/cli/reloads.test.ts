import assert from "node:assert/strict";
import test from "node:test";
import { Reloads } from "../../src/cli/reloads.ts";
import { settle } from "../support/fake-clock.ts";

/** Reloads that end when the test says so. */
function held() {
  const ends: (() => void)[] = [];
  const reloads = new Reloads(() => new Promise((resolve) => ends.push(resolve)));
  return { reloads, ends };
}

test("whatever asks while a reload runs is served by one more", async () => {
  const { reloads, ends } = held();
  for (let i = 0; i < 3; i++) reloads.ask();
  assert.equal(ends.length, 1);
  ends[0]?.();
  await settle();
  assert.equal(ends.length, 2);
  ends[1]?.();
  await settle();
  assert.equal(ends.length, 2);
  reloads.ask();
  assert.equal(ends.length, 3);
});

test("stopping waits for the reload that runs, and takes no more", async () => {
  const { reloads, ends } = held();
  reloads.ask();
  reloads.ask();
  let stopped = false;
  const stop = reloads.stop().then(() => {
    stopped = true;
  });
  await settle();
  assert.equal(stopped, false);
  ends[0]?.();
  await stop;
  reloads.ask();
  assert.equal(ends.length, 1);
});
