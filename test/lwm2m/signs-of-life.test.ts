import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE } from "../../src/clock.ts";
import { SignsOfLife } from "../../src/lwm2m/signs-of-life.ts";

test("after sixteen notifications that nobody acknowledges one is confirmable", () => {
  const signs = new SignsOfLife(0);
  const sent = Array.from({ length: 40 }, (_, i) => signs.next(false, i * MINUTE));
  assert.deepEqual(
    sent.flatMap((confirmable, i) => (confirmable ? [i] : [])),
    [16, 33],
  );
});

test("the first one after a day is confirmable, however few there were", () => {
  const signs = new SignsOfLife(0);
  const sent = [10, 20, 30, 40, 50, 60].map((hour) => signs.next(false, hour * HOUR));
  assert.deepEqual(sent, [false, false, true, false, false, true]);
});

test("one that is confirmable by itself counts too", () => {
  const signs = new SignsOfLife(0);
  assert.equal(signs.next(false, 12 * HOUR), false);
  assert.equal(signs.next(true, 23 * HOUR), true);
  assert.equal(signs.next(false, 30 * HOUR), false);
  assert.equal(signs.next(false, 47 * HOUR), true);
});
