import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { HistoryEntry } from "../../../src/store/history/history.ts";
import { Window } from "../../../src/store/history/window.ts";
import { sample } from "../../support/history.ts";

test("entries leave a window one by one, in ranges, from anywhere, or all at once", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ add: fc.nat(3) }) },
    { weight: 5, arbitrary: fc.record({ from: fc.integer({ min: -3, max: 30 }), length: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.constant("take" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      const window = new Window();
      let model: HistoryEntry[] = [];
      let last = 0;
      for (const step of steps) {
        if (step === "take") {
          assert.deepEqual(window.take(), model);
          model = [];
        } else if ("add" in step) {
          const samples = Array.from({ length: step.add }, () => sample("/3/0/9", last));
          const entry = { sequence: ++last, samples, confirmable: true };
          window.add(entry);
          model.push(entry);
        } else {
          const from = (model[0]?.sequence ?? last) + step.from;
          const range = { from, to: from + step.length };
          const gone = model.filter(({ sequence }) => sequence >= range.from && sequence <= range.to);
          assert.equal(
            window.drop(range),
            gone.reduce((sum, { samples }) => sum + samples.length, 0),
          );
          model = model.filter((entry) => !gone.includes(entry));
        }
        assert.deepEqual(window.entries, model);
        assert.equal(window.first, model[0]);
        assert.equal(window.empty, model.length === 0);
      }
    }),
  );
});

test("what left a large window in front of what waits takes no room in it", () => {
  const window = new Window();
  for (let sequence = 1; sequence <= 2000; sequence++) {
    window.add({ sequence, samples: [], confirmable: true });
    if (sequence > 2) window.drop({ from: sequence - 2, to: sequence - 2 });
  }
  assert.deepEqual(
    window.entries.map(({ sequence }) => sequence),
    [1999, 2000],
  );
  window.drop({ from: 2000, to: 2000 });
  assert.equal(window.first?.sequence, 1999);
});
