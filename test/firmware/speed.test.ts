import assert from "node:assert/strict";
import test from "node:test";
import { SECOND } from "../../src/clock.ts";
import { Speed } from "../../src/firmware/speed.ts";

test("the speed is that of the last ten seconds, and falls to nothing where nothing comes", () => {
  const speed = new Speed();
  assert.equal(speed.at(0), undefined, "nobody knows");
  for (let second = 0; second <= 60; second++) speed.note(second * 1000, second * SECOND);
  assert.equal(Math.round(speed.at(60 * SECOND) ?? 0), 1000);
  assert.equal(Math.round(speed.at(65 * SECOND) ?? 0), 500);
  assert.equal(speed.at(80 * SECOND), 0);
});

test("one that begins anew is measured from there", () => {
  const speed = new Speed();
  speed.note(0, 0);
  speed.note(50_000, 5 * SECOND);
  speed.note(0, 6 * SECOND);
  speed.note(4000, 8 * SECOND);
  assert.equal(speed.at(8 * SECOND), 2000);
});

test("how long it takes still is said once it is known, and not while nothing comes", () => {
  const speed = new Speed();
  speed.note(0, 0);
  speed.note(100, 100);
  assert.deepEqual(speed.progress(500, 10_000), {});
  speed.note(2000, 2 * SECOND);
  assert.deepEqual(speed.progress(2 * SECOND, 10_000), { speed: 1000, remaining: 10 * SECOND });
  assert.deepEqual(speed.progress(2 * SECOND), { speed: 1000 }, "how much there is to come is not known");
  assert.deepEqual(speed.progress(30 * SECOND, 10_000), { speed: 0 });
  speed.clear();
  assert.deepEqual(speed.progress(31 * SECOND, 10_000), {});
});

test("what comes in many small parts is measured as it is", () => {
  const speed = new Speed();
  for (let at = 0; at <= 5 * SECOND; at++) speed.note(at * 10, at);
  assert.equal(speed.at(5 * SECOND), 10_000);
});
