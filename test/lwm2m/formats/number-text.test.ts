import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isRemembered, numberText } from "../../../src/lwm2m/formats/number-text.ts";
import { encodeUtf8, formatDecimal } from "../../../src/lwm2m/formats/value.ts";

const finite = fc.double({ noDefaultInfinity: true, noNaN: true }).filter((value) => !Object.is(value, -0));
const like = fc.oneof(
  finite,
  fc.integer(),
  fc.integer({ min: -50_000, max: 50_000 }).map((n) => n / 100),
);

test("the digits of a number are the same whichever number was asked for before", () => {
  fc.assert(
    fc.property(fc.array(like, { minLength: 1 }), (values) => {
      for (const value of [...values, ...values]) {
        assert.deepEqual(numberText(value), encodeUtf8(formatDecimal(value)));
      }
    }),
  );
});

test("more numbers than there is room for drive each other out, and keep their digits", () => {
  const values = Array.from({ length: 20_000 }, (_, i) => i / 7);
  for (const value of [...values, ...values]) {
    assert.equal(Buffer.from(numberText(value)).toString(), String(value));
  }
});

test("of the numbers of a thousand devices next to none drives another out, time after time", () => {
  for (let time = 0; time < 20; time++) {
    const values = Array.from({ length: 1000 }, (_, device) => 21 + 3 * Math.sin(time + device / 7));
    for (const value of values) numberText(value);
    const lost = values.filter((value) => !isRemembered(value)).length;
    assert.ok(lost < 50, `${lost} of 1000 were driven out`);
  }
});

test("what is given away is the caller's: whoever writes into it changes no later answer", () => {
  numberText(21.5).fill(0);
  numberText(21.5).fill(0);
  assert.equal(Buffer.from(numberText(21.5)).toString(), "21.5");
});

test("digits that are too many to be remembered are told whole", () => {
  const text = `0.${"0".repeat(299)}1`;
  assert.equal(Buffer.from(numberText(1e-300)).toString(), text);
  assert.equal(Buffer.from(numberText(1e-300)).toString(), text);
});
