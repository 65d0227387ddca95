import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { formatDecimal } from "../../../src/lwm2m/formats/value.ts";

test("numbers are shown as plain decimals that read back as the same number", () => {
  assert.equal(formatDecimal(-3.5), "-3.5");
  assert.equal(formatDecimal(1e21), "1000000000000000000000");
  assert.equal(formatDecimal(1.25e-7), "0.000000125");
  assert.equal(formatDecimal(-1.5e22), "-15000000000000000000000");
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = formatDecimal(value);
      assert.match(text, /^-?[0-9]+(\.[0-9]+)?$/);
      assert.equal(Number(text), value === 0 ? 0 : value);
    }),
  );
});
