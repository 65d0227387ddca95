import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../src/clock.ts";
import { AwakeWindow } from "../../src/lwm2m/awake-window.ts";
import { TIMEOUT } from "../../src/machine.ts";

const TRAFFIC = { type: "traffic" } as const;

test("it sleeps until the first message, and again when none has come for the length of the window", () => {
  const window = new AwakeWindow(93 * SECOND);
  assert.equal(window.deadline, undefined);
  assert.deepEqual(window.handle(TRAFFIC, 0), [{ type: "awake" }]);
  assert.equal(window.deadline, 93 * SECOND);
  assert.deepEqual(window.handle(TRAFFIC, 50 * SECOND), [], "each message renews");
  assert.deepEqual(window.handle(TIMEOUT, 93 * SECOND), []);
  assert.equal(window.deadline, 143 * SECOND);
  assert.deepEqual(window.handle(TIMEOUT, 143 * SECOND), [{ type: "asleep" }]);
  assert.equal(window.deadline, undefined);
  assert.deepEqual(window.handle(TIMEOUT, 200 * SECOND), []);
  assert.deepEqual(window.handle(TRAFFIC, 200 * SECOND), [{ type: "awake" }]);
});

test("it does not fall asleep over what is waited for, or owed", () => {
  let busy = true;
  const window = new AwakeWindow(2 * SECOND, () => busy);
  window.handle(TRAFFIC, 0);
  assert.deepEqual(window.handle(TIMEOUT, 2 * SECOND), []);
  busy = false;
  assert.deepEqual(window.handle(TIMEOUT, 4 * SECOND), [{ type: "asleep" }]);
});

test("it is awake exactly within the length of the window after a message, and says so when that changes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(fc.nat(3000), { maxLength: 50 }), (length, waits) => {
      const window = new AwakeWindow(length);
      const told: string[] = [];
      let now = 0;
      let awake = 0;
      for (const wait of waits) {
        const until = now + wait;
        for (let due = window.deadline; due !== undefined && due <= until; due = window.deadline) {
          told.push(...window.handle(TIMEOUT, due).map(({ type }) => type));
        }
        if (window.deadline === undefined) awake++;
        now = until;
        told.push(...window.handle(TRAFFIC, now).map(({ type }) => type));
        assert.equal(window.deadline, now + length);
      }
      assert.equal(told.filter((type) => type === "awake").length, awake);
      assert.ok(told.every((type, i) => type === (i % 2 === 0 ? "awake" : "asleep")));
    }),
  );
});
