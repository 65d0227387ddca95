import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { easiestWord, scaled, unexpectedWord, unscaled } from "../../../adapters/spoken/words.ts";

test("by a power of ten a number gets no more digits", () => {
  assert.equal(scaled("12.3", 1e-3), 0.0123);
  assert.equal(scaled(" 0.7 ", 0.1), 0.07);
  assert.equal(scaled(3, 1e-6), 0.000003);
  assert.equal(scaled(12n, 1000), 12_000);
  assert.equal(scaled("2", 0.45359237), 0.90718474);
});

test("what is no number stays as it is", () => {
  const bytes = Uint8Array.of(5);
  for (const value of ["", " ", "n/a", true, bytes]) assert.equal(scaled(value, 1000), value);
});

test("a played value becomes itself again", () => {
  const number = fc.integer({ min: -9_999_999, max: 9_999_999 }).map((digits) => digits / 1000);
  fc.assert(
    fc.property(number, fc.integer({ min: -6, max: 6 }), (value, exponent) => {
      const factor = Number(`1e${exponent}`);
      // What is spelled as 1e-9 is multiplied as it is: the last bit may be another.
      const again = Number(scaled(unscaled(value, factor), factor));
      assert.ok(Math.abs(again - value) <= 1e-9 * Math.abs(value), `${value} by ${factor} is ${again}`);
    }),
  );
});

test("a message is made with the word that leaves the number as it is, where there is one", () => {
  assert.deepEqual(
    easiestWord(
      new Map([
        ["g", 1e-3],
        ["kg", 1],
      ]),
    ),
    ["kg", 1],
  );
  assert.deepEqual(
    easiestWord(
      new Map([
        ["mg", 1e-6],
        ["g", 1e-3],
      ]),
    ),
    ["mg", 1e-6],
  );
  assert.equal(easiestWord(new Map()), undefined);
});

test("a word that is none of the expected ones is told with them", () => {
  assert.equal(unexpectedWord("unit", "oz", ["g", "kg"]), 'unit is "oz": expected g or kg');
  assert.equal(unexpectedWord("unit", undefined, ["g"]), "unit is nothing: expected g");
});
