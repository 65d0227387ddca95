import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deadlines, type Waiting } from "../src/deadlines.ts";

test("what is due comes earliest first, whatever was set, moved and taken away before", () => {
  const step = fc.record({ entry: fc.nat(19), due: fc.option(fc.nat(100), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(100), (steps, now) => {
      const entries = Array.from({ length: 20 }, (): Waiting => ({ due: 0, slot: -1 }));
      const deadlines = new Deadlines<Waiting>();
      const expected = new Map<Waiting, number>();
      for (const { entry: index, due } of steps) {
        const entry = entries[index];
        assert.ok(entry !== undefined);
        if (due === undefined) {
          deadlines.remove(entry);
          expected.delete(entry);
        } else {
          deadlines.set(entry, due);
          expected.set(entry, due);
        }
        assert.equal(deadlines.next, expected.size === 0 ? undefined : Math.min(...expected.values()));
      }
      const taken: number[] = [];
      for (let entry = deadlines.take(now); entry !== undefined; entry = deadlines.take(now)) taken.push(entry.due);
      const due = [...expected.values()].filter((time) => time <= now).sort((a, b) => a - b);
      assert.deepEqual(taken, due);
    }),
  );
});

test("clearing leaves entries that can be set again", () => {
  const deadlines = new Deadlines<Waiting>();
  const entry: Waiting = { due: 0, slot: -1 };
  deadlines.set(entry, 5);
  deadlines.clear();
  assert.equal(deadlines.next, undefined);
  deadlines.set(entry, 7);
  assert.equal(deadlines.next, 7);
});
