import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { DamagedSegment } from "../../../src/store/history/byte-reader.ts";
import { decodeGaps, encodeGaps, isGap, withoutGaps } from "../../../src/store/history/gaps.ts";
import { type SequenceRange, Sequences } from "../../../src/store/history/sequences.ts";

const LAST = 60;

/** What is missing of the sequences up to the last. */
const gaps = fc
  .array(fc.record({ from: fc.integer({ min: 2, max: LAST }), length: fc.nat(9) }), { maxLength: 8 })
  .map((drops) => {
    const sequences = new Sequences([{ from: 1, to: LAST }]);
    for (const { from, length } of drops) sequences.drop({ from, to: from + length });
    return sequences.gaps(LAST);
  });

test("gaps come back as they were written", () => {
  fc.assert(
    fc.property(gaps, (list) => {
      assert.deepEqual(decodeGaps(encodeGaps(list)), list);
    }),
  );
  const far = [{ from: 2 ** 40, to: 2 ** 52 }];
  assert.deepEqual(decodeGaps(encodeGaps(far)), far);
  assert.equal(encodeGaps([{ from: 1001, to: 1100 }]).length, 3);
});

test("what lies in no gap is the same as what is left when each gap is taken out", () => {
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: LAST }), fc.nat(20), (list, from, length) => {
      const range = { from, to: from + length };
      const left = all(range).filter((sequence) => !list.some((gap) => gap.from <= sequence && sequence <= gap.to));
      assert.deepEqual(withoutGaps(range, list).flatMap(all), left);
      assert.equal(isGap(range, list), left.length === 0);
    }),
  );
});

test("whatever bytes gaps are read from, they are gaps or are called damaged", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        let before = 0;
        for (const { from, to } of decodeGaps(bytes)) {
          assert.ok(from > before + 1 && to >= from && Number.isSafeInteger(to));
          before = to;
        }
      } catch (error) {
        assert.ok(error instanceof DamagedSegment, String(error));
      }
    }),
  );
});

function all({ from, to }: SequenceRange): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
