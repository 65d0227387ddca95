import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TIMEOUT } from "../../src/machine.ts";
import { Absences } from "../../src/servers/absences.ts";

test("who is away for its time is told, once; who is back before is not", () => {
  const absences = new Absences();
  absences.handle({ type: "gone", prefix: "a", after: 300 }, 0);
  absences.handle({ type: "gone", prefix: "b", after: 100 }, 0);
  assert.equal(absences.deadline, 100);
  absences.handle({ type: "back", prefix: "b" }, 50);
  absences.handle({ type: "gone", prefix: "a", after: 300 }, 200);
  assert.equal(absences.deadline, 300, "it was away already");
  assert.deepEqual(absences.handle(TIMEOUT, 300), [{ type: "over", prefix: "a" }]);
  absences.handle({ type: "gone", prefix: "a", after: 300 }, 400);
  assert.equal(absences.deadline, undefined, "it still is");
  absences.handle({ type: "back", prefix: "a" }, 500);
  absences.handle({ type: "gone", prefix: "a", after: 300 }, 600);
  assert.equal(absences.deadline, 900);
});

test("whoever comes and goes: each is told exactly where it was away for its whole time", () => {
  const step = fc.tuple(fc.nat(3), fc.boolean(), fc.integer({ min: 1, max: 200 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const absences = new Absences();
      const since = new Map<string, number>();
      const told = new Set<string>();
      let now = 0;
      const ring = (until: number): void => {
        for (let due = absences.deadline; due !== undefined && due <= until; due = absences.deadline) {
          for (const { prefix } of absences.handle(TIMEOUT, due)) {
            assert.equal(due - (since.get(prefix) ?? Number.NaN), 100);
            assert.equal(told.has(prefix), false);
            told.add(prefix);
          }
        }
      };
      for (const [device, away, pause] of steps) {
        const prefix = `d${device}`;
        if (away) {
          absences.handle({ type: "gone", prefix, after: 100 }, now);
          if (!since.has(prefix)) since.set(prefix, now);
        } else {
          absences.handle({ type: "back", prefix }, now);
          since.delete(prefix);
          told.delete(prefix);
        }
        now += pause;
        ring(now);
        for (const [each, from] of since) assert.equal(told.has(each), now - from >= 100);
      }
    }),
  );
});
