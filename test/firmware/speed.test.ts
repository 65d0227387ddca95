import assert from "node:assert/strict";
import test from "node:test";
import { SECOND } from "../../src/clock.ts";
import { Speed } from "../../src/firmware/speed.ts";

test("the speed is that of the last ten seconds, and falls to nothing where nothing comes", () => {
  const speed = new Speed();
  assert.equal(speed.at(0), 0);
  for (let second = 0; second <= 60; second++) speed.note(second * 1000, second * SECOND);
  assert.equal(Math.round(speed.at(60 * SECOND)), 1000);
  assert.equal(Math.round(speed.at(65 * SECOND)), 500);
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
