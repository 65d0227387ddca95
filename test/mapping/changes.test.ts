import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { Conversion } from "../../src/mapping/conversion-types.ts";
import type { PointHistory } from "../../src/mapping/plan-types.ts";
import { modbus, planOf, pointOf, resolved } from "./mapping-text.ts";
import { BYTES, conversion, hex, refusal, SCALAR, type Spec } from "./specs.ts";

/** Reads one raw number after the other, as a device would; "-" where one is not believed. */
function reader(spec: Spec, type: "float" | "integer" = "float") {
  const { toValue } = conversion({ shape: SCALAR, as: "number", writable: false, ...spec }, type);
  let last: Value | undefined;
  let doubted: Value | undefined;
  let why = "";
  const read = (raw: number, renewed = false): Value => {
    const history: PointHistory = {
      value: last ?? 0,
      elapsed: 1000,
      ...(doubted === undefined ? {} : { doubted }),
      ...(renewed ? { renewed } : {}),
    };
    const converted = toValue(raw, last === undefined ? undefined : history);
    doubted = "bad" in converted ? converted.doubted : undefined;
    if ("bad" in converted) why = converted.bad;
    else last = converted.good;
    return "good" in converted ? converted.good : "-";
  };
  return { read, all: (...raws: number[]) => raws.map((raw) => read(raw)), why: () => why };
}

test("a step that is too great is not believed, and what follows is judged by the last good value", () => {
  const { all, why } = reader({ max_step: 5, valid: [0, 5000] });
  assert.deepEqual(all(20, 24, 2500, 25, 20, 15), [20, 24, "-", 25, 20, 15]);
  assert.equal(why(), "2500 is more than max_step (5) from 24 before");
});

test("a step that the next reading bears out is believed: nothing is unreadable for ever", () => {
  assert.deepEqual(reader({ max_step: 5 }).all(20, 80, 82, 81), [20, "-", 82, 81]);
  assert.deepEqual(reader({ max_step: 5 }).all(20, 80, 160, 20), [20, "-", "-", 20]);
});

test("a step of exactly max_step is none too great, however floats write it", () => {
  assert.deepEqual(reader({ max_step: 0.1 }).all(20.3, 20.4, 20.5, 20.4), [20.3, 20.4, 20.5, 20.4]);
  const single = conversion({ as: "f32", max_step: 0.1 }, "float");
  const after = single.toValue(hex("41a33333"), { value: 20.299999237060547, elapsed: 0 });
  assert.deepEqual(Object.keys(after), ["good"]);
});

test("max_step is in the unit of the resource, and says so", () => {
  const { toValue } = conversion({ unit: "W", max_step: 2 }, "float", { unit: "kW" });
  assert.deepEqual(toValue(hex("0bb8"), { value: 1, elapsed: 0 }), { good: 3 });
  assert.deepEqual(toValue(hex("0bb9"), { value: 1, elapsed: 0 }), {
    bad: "3.001 kW is more than max_step (2 kW) from 1 before",
    doubted: 3.001,
  });
});

test("a counter that falls is not believed, nor the zeros of a device that starts or sleeps", () => {
  const { all, why } = reader({ monotonic: true });
  assert.deepEqual(all(1000, 1001, 0, 0, 0, 1001, 1002), [1000, 1001, "-", "-", "-", 1001, 1002]);
  assert.equal(why(), "0 is less than 1001 before, and a counter does not fall");
});

test("a counter that counts on from where it fell to has begun anew", () => {
  assert.deepEqual(reader({ monotonic: true }).all(1000, 0, 0, 3, 4), [1000, "-", "-", 3, 4]);
});

test("where the device is known to be another one, any value is believed at once", () => {
  const counter = reader({ monotonic: true, max_step: 10 });
  counter.all(1000);
  assert.equal(counter.read(0, true), 0);
  assert.equal(counter.read(5000, true), 5000);
  assert.equal(counter.read(4000), "-");
});

test("a counter wraps at the end of its raw type, at the digits of a BCD, or where the mapping says", () => {
  const after = ({ toValue }: Conversion, raw: string, value: number) =>
    "good" in toValue(hex(raw), { value, elapsed: 0 });
  const u16 = conversion({ monotonic: true, scale: 0.1 }, "float");
  assert.ok(after(u16, "0005", 6553.1));
  assert.ok(!after(u16, "0005", 3000), "half way it does not");
  const bcd = conversion({ as: "bcd16", monotonic: true }, "integer");
  assert.ok(after(bcd, "0003", 9998));
  assert.ok(!after(bcd, "0003", 5000));
  const display = conversion({ as: "f32", monotonic: { wraps_at: 100_000 } }, "float");
  assert.ok(after(display, "3f800000", 99_999.5));
  assert.ok(!after(display, "3f800000", 50_000));
  assert.ok(!after(conversion({ as: "f32", monotonic: true }, "float"), "3f800000", 1e9), "a float has no end");
  const plain = conversion({ shape: BYTES, as: "u64", monotonic: true }, "integer");
  assert.ok("good" in plain.toValue(hex("0000000000000002"), { value: 2n ** 64n - 5n, elapsed: 0 }));
});

test("max_step of a counter bounds the way up alone", () => {
  const { all } = reader({ monotonic: true, max_step: 10 });
  assert.deepEqual(all(1000, 1010, 5000, 1011, 2, 5, 6), [1000, 1010, "-", 1011, "-", 5, 6]);
});

test("whatever came before, a counter that counts in small steps is believed at the third reading at the latest", () => {
  const junk = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { maxLength: 10 });
  fc.assert(
    fc.property(junk, fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 10 }), (before, start, step) => {
      const { all } = reader({ monotonic: true, max_step: 10 });
      all(...before);
      const [, , third] = all(start, start + step, start + 2 * step);
      assert.equal(third, start + 2 * step);
    }),
  );
});

test("a value that is believed lies within a step of the one before, or of a reading that was doubted just before it", () => {
  const sequence = fc.array(fc.double({ noNaN: true, min: -100, max: 100 }), { maxLength: 50 });
  fc.assert(
    fc.property(sequence, (raws) => {
      const { read } = reader({ max_step: 7 });
      const good: number[] = [];
      raws.forEach((raw, i) => {
        if (read(raw) === "-") return;
        const near = [good.at(-1), raws[i - 1]].some((before) => Math.abs((before ?? raw) - raw) <= 7.001);
        assert.ok(near, `${raw} after ${good.at(-1)}`);
        good.push(raw);
      });
    }),
  );
});

test("the keys are those of numbers, and told where they stand wrong", () => {
  assert.match(refusal({ as: "string", length: 4, max_step: 1 }, "string"), /^max_step: "max_step" needs a number/);
  assert.match(
    refusal({ as: "string", length: 4, monotonic: true }, "string"),
    /^monotonic: "monotonic" needs a number/,
  );
  const problems = (keys: string) => resolved(modbus(`  3303: { 5700: { input: 0, ${keys} } }`)).problems;
  assert.match(problems("max_step: -1")[0] ?? "", /^5:39: error: max_step: must be more than 0/);
  assert.match(problems("deadband: 0")[0] ?? "", /^5:39: error: deadband: must be more than 0/);
  assert.match(problems("monotonic: { wraps_at: 0 }")[0] ?? "", /wraps_at: must be more than 0/);
  assert.match(problems("monotonic: { wrap_at: 1 }").join(), /unknown key "wrap_at"; did you mean "wraps_at"\?/);
  assert.match(problems("max_age: 10")[0] ?? "", /no duration/);
});

test("deadband and max_age are the plan's, and leave the values alone", () => {
  const { reporting, toValue } = pointOf(
    planOf(modbus("  3303: { 5700: { input: 0, deadband: 0.5, max_age: 1h } }")),
    "3303/0/5700",
  );
  assert.deepEqual(reporting, { deadband: 0.5, maxAge: 3_600_000 });
  assert.deepEqual(toValue(hex("0001"), { value: 0.9, elapsed: 0 }), { good: 1 });
});
