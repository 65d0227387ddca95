import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { Sequences } from "../../../src/store/history/sequences.ts";

test("sequences are a set of numbers, however they were taken out", () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ from: fc.integer({ min: 0, max: 60 }), length: fc.integer({ min: 0, max: 9 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(70), (steps, many) => {
      const sequences = new Sequences();
      const model = new Set<number>();
      let last = 0;
      for (const step of steps) {
        if ("add" in step) {
          last += step.add;
          sequences.add(last);
          model.add(last);
        } else {
          const range = { from: step.from, to: step.from + step.length };
          const gone = [...model].filter((sequence) => sequence >= range.from && sequence <= range.to);
          assert.equal(sequences.drop(range), gone.length);
          for (const sequence of gone) model.delete(sequence);
        }
        assert.equal(sequences.count, model.size);
      }
      const sorted = [...model].sort((a, b) => a - b);
      if (many > 0) assert.equal(sequences.oldest(many), sorted[Math.min(many, sorted.length) - 1] ?? 0);
    }),
  );
});

test("what was there before a restart is counted with its gaps", () => {
  const sequences = new Sequences([
    { from: 3, to: 5 },
    { from: 9, to: 9 },
  ]);
  sequences.add(10);
  assert.deepEqual([sequences.count, sequences.oldest(4), sequences.oldest(5)], [5, 9, 10]);
});
