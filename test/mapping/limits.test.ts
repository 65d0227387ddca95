import assert from "node:assert/strict";
import { test } from "node:test";
import { bad, conversion, good, hex, refusal, write, writeRefusal } from "./specs.ts";

test("a value outside valid is bad, with the value and the range", () => {
  const volts = conversion({ scale: 0.1, valid: [0, 400] }, "float", { unit: "V" });
  assert.equal(bad(volts, hex("2710")), "1000 V is outside valid 0..400 V");
  assert.equal(good(volts, hex("0fa0")), 400);
  assert.equal(good(conversion({ as: "f32", valid: [0, 0.1] }, "float"), hex("3dcccccd")), Math.fround(0.1));
  assert.match(refusal({ valid: [5, 1] }, "float"), /^valid: valid: \[5, 1\] holds no number/);
  assert.match(refusal({ as: "string", length: 2, valid: [0, 1] }, "string"), /^valid: "valid" needs a number/);
});

test("accept and the registry's range bound what is written", () => {
  const dimmer = conversion({ scale: 0.1, unit: "%", accept: [10, 90] }, "integer", { unit: "/100", range: "0..100" });
  assert.deepEqual(write(dimmer, 50), hex("01f4"));
  assert.equal(writeRefusal(dimmer, 5), "5 % is outside what the device accepts: 10..90 %");
  assert.equal(writeRefusal(dimmer, 101), "101 is outside the range of Sensor Value: 0..100");
  const fraction = conversion({ as: "f32" }, "float", { range: "0.000001..1.0" });
  assert.deepEqual(write(fraction, Math.fround(1e-6)), hex("358637bd"));
  assert.match(refusal({ writable: false, accept: [0, 1] }, "float"), /^accept: "accept" bounds what is written/);
});
