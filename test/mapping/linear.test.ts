import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bad, conversion, good, hex, write, writeRefusal } from "./specs.ts";

test("a scale gives the decimal that a person would write", () => {
  const tenth = conversion({ scale: 0.1 }, "float");
  assert.equal(good(tenth, hex("0901")), 230.5);
  assert.equal(good(tenth, hex("0003")), 0.3);
  const celsius = conversion({ scale: 0.1, offset: -273.15 }, "float");
  assert.equal(good(celsius, hex("0b73")), 19.95);
  assert.equal(write(tenth, 230.5)?.toString(), hex("0901").toString());
  assert.equal(write(celsius, 19.95)?.toString(), hex("0b73").toString());
});

test("every decimal scale and offset writes back the raw value that it read", () => {
  const scale = fc.constantFrom(0.1, 0.01, 0.001, 0.05, 0.25, 10, -0.1, 1 / 3, 1e-6, 40);
  const offset = fc.constantFrom(0, -40, 273.15, 0.5);
  const raw = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(scale, offset, fc.constantFrom("u32", "s32", "u16", "s16", "bcd32"), raw, (by, from, as, bytes) => {
      const converter = conversion({ as, scale: by, offset: from }, "float");
      const input = bytes.subarray(0, converter.length);
      const value = converter.toValue(input);
      if ("good" in value) assert.deepEqual(write(converter, value.good), input);
    }),
  );
});

test("an inverse that is not exact is refused and names the nearest", () => {
  const tenth = conversion({ scale: 0.1 }, "float");
  assert.equal(writeRefusal(tenth, 21.57), "21.57 is between two steps of the device; the nearest is 21.6");
  const twice = conversion({ scale: 2 }, "integer");
  assert.match(writeRefusal(twice, 3), /3 is between two steps/);
  assert.match(writeRefusal(conversion({}, "float"), 1.5), /1\.5 is no whole number, which u16 needs/);
});

test("a server that writes a float32 means the step that looks the same", () => {
  const tenth = conversion({ scale: 0.1 }, "float");
  assert.deepEqual(write(tenth, Math.fround(21.3)), hex("00d5"));
  assert.match(writeRefusal(tenth, Math.fround(21.35)), /between two steps/);
});

test("an Integer is rounded half away from zero on read", () => {
  const half = conversion({ as: "s16", scale: 0.5 }, "integer");
  assert.equal(good(half, hex("0005")), 3);
  assert.equal(good(half, hex("fffb")), -3);
  assert.equal(good(conversion({ as: "s16", scale: 0.1 }, "integer"), hex("fffe")), 0);
  assert.ok(!Object.is(good(conversion({ as: "s16", scale: 0.1 }, "integer"), hex("fffe")), -0));
});

test("an Integer that a float cannot hold exactly is refused", () => {
  const single = conversion({ as: "f32" }, "integer");
  assert.deepEqual(write(single, 16777216), hex("4b800000"));
  assert.equal(writeRefusal(single, 16777217), "16777217 cannot be held exactly by f32");
});

test("64-bit integers stay exact without a scale, and with one where it can be", () => {
  const plain = conversion({ as: "u64" }, "unsigned");
  assert.equal(good(plain, hex("ffffffffffffffff")), 18446744073709551615n);
  assert.equal(good(plain, hex("0000000000000007")), 7);
  assert.deepEqual(write(plain, 18446744073709551615n), hex("ffffffffffffffff"));
  assert.match(bad(conversion({ as: "u64" }, "integer"), hex("ffffffffffffffff")), /does not fit Integer/);
  const scaled = conversion({ as: "s64", scale: 10, order: "CDAB" }, "integer");
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 59n), max: 2n ** 59n }), (value) => {
      assert.equal(BigInt(good(scaled, write(scaled, value * 10n)) as bigint), value * 10n);
    }),
  );
  const divided = conversion({ as: "u64", scale: 0.5 }, "unsigned");
  assert.equal(good(divided, hex("fffffffffffffffe")), 9223372036854775807n);
});

test("what came as f32 stays a float32 after scale and unit", () => {
  // 230.2 V as an Eastron meter sends it.
  const volts = conversion({ as: "f32", unit: "V" }, "float", { unit: "V" });
  assert.equal(good(volts, hex("43663333")), Math.fround(230.2));
  const kilowatts = conversion({ as: "f32", unit: "W", scale: 40 }, "float", { unit: "kW" });
  const value = good(kilowatts, hex("43663333"));
  assert.equal(value, Math.fround(Number(value)));
  assert.ok(Math.abs(Number(value) - 9.208) < 1e-6);
  const huge = conversion({ as: "f32", scale: 1000 }, "float");
  assert.equal(good(huge, hex("7f7fffff")), 3.4028234663852886e41);
});

test("a scaled float32 comes back to within its own precision", () => {
  const raw = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-20), max: Math.fround(1e20) });
  fc.assert(
    fc.property(raw, fc.constantFrom(0.1, 40, 1 / 3), fc.constantFrom("W", "kW"), (value, scale, unit) => {
      const converter = conversion({ as: "f32", scale, unit }, "float", { unit: "kW" });
      const plain = conversion({ as: "f32" }, "float");
      const back = Number(good(plain, write(converter, good(converter, write(plain, value)))));
      assert.ok(Math.abs(back - value) <= 2 ** -22 * value, `${value} * ${scale}: ${back}`);
    }),
  );
});
