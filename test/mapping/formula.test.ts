/** `expr` in the pipeline of a point. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PointSource } from "../../src/mapping/plan-types.ts";
import { modbus, planOf, pointOf, resolved } from "./mapping-text.ts";
import { hex } from "./specs.ts";

const POINT = "3303/0/5700";

function sensor(keys: string, above = "", parameters?: string): PointSource {
  return pointOf(planOf(modbus(`  3303:\n    5700: { ${keys} }`, above), parameters), POINT);
}

function setpoint(keys: string): PointSource {
  return pointOf(planOf(modbus(`  3308:\n    5900: { ${keys} }`)), "3308/0/5900");
}

function wrong(keys: string, object = "3303:\n    5700"): readonly string[] {
  return resolved(modbus(`  ${object}: { ${keys} }`)).problems.filter((problem) => !problem.includes("warning"));
}

test("expr comes after scale and offset, and before the unit", () => {
  const root = sensor("input: 0, scale: 0.5, expr: sqrt(value), unit: mV", "").toValue;
  assert.deepEqual(root(hex("0008")), { good: 2 });
  const power = pointOf(planOf(modbus("  10242:\n    6: { input: 0, expr: value ** 2, unit: W }")), "10242/0/6");
  assert.deepEqual(power.toValue(hex("0064")), { good: 10 });
});

test("expr comes before the enum, whose keys are what it gives", () => {
  const { toValue } = pointOf(
    planOf(modbus('  3342:\n    5500: { input: 0, expr: "value > 5 ? 1 : 2", enum: { 1: true, 2: false } }')),
    "3342/0/5500",
  );
  assert.deepEqual(toValue(hex("0006")), { good: true });
  assert.deepEqual(toValue(hex("0005")), { good: false });
});

test("a truth value is one of a Boolean, and 1 or 0 of a number", () => {
  const plan = planOf(
    modbus("  3342:\n    5500: { input: 0, expr: 'bit(value, 3)' }\n  3303:\n    5700: { input: 0, expr: value > 7 }"),
  );
  assert.deepEqual(pointOf(plan, "3342/0/5500").toValue(hex("0008")), { good: true });
  assert.deepEqual(pointOf(plan, POINT).toValue(hex("0008")), { good: 1 });
});

test("text is computed with, and looked up", () => {
  const { toValue } = sensor('input: 0, as: string, length: 2, expr: "{ON: 1, NO: 0}[value]"');
  assert.deepEqual(toValue(hex("4f4e")), { good: 1 });
  assert.deepEqual(toValue(hex("4141")), { bad: '"AA" is not among ON, NO' });
});

test("parameters keep their type and need no text filled in", () => {
  const above =
    "params: { ratio: { type: number, default: 40 }, wide: { type: bool, default: false }, model: { type: string, default: A } }\n";
  const keys = "input: 0, expr: '$wide or $model == \"B\" ? value : value * $ratio'";
  assert.deepEqual(sensor(keys, above).toValue(hex("0002")), { good: 80 });
  assert.deepEqual(sensor(keys, above, "ratio: 10").toValue(hex("0002")), { good: 20 });
  assert.deepEqual(sensor(keys, above, "model: B").toValue(hex("0002")), { good: 2 });
});

test("devices with other parameters have other expressions", () => {
  const text = modbus("  3303:\n    5700: { input: 0, expr: value ** $n }", "params: { n: { type: int } }\n");
  assert.deepEqual(pointOf(planOf(text, "n: 2"), POINT).toValue(hex("0003")), { good: 9 });
  assert.deepEqual(pointOf(planOf(text, "n: 3"), POINT).toValue(hex("0003")), { good: 27 });
});

test("prev is the last good value in the device's unit, dt the seconds since; at first the value itself, and 0", () => {
  const source = pointOf(
    planOf(modbus("  10242:\n    6: { input: 0, unit: W, expr: prev + (value - prev) / 4 }")),
    "10242/0/6",
  );
  assert.equal(source.looksBack, true);
  assert.deepEqual(source.toValue(hex("03e8")), { good: 1 });
  assert.deepEqual(source.toValue(hex("07d0"), { value: 1, elapsed: 1000 }), { good: 1.25 });
  const { toValue } = sensor("input: 0, expr: value * dt");
  assert.deepEqual(toValue(hex("0002")), { good: 0 });
  assert.deepEqual(toValue(hex("0002"), { value: 5, elapsed: 1500 }), { good: 3 });
  assert.equal(sensor("input: 0, expr: value * 2").looksBack, undefined);
});

test("what cannot be computed is no value, with the reason", () => {
  assert.deepEqual(sensor("input: 0, expr: 1 / value").toValue(hex("0000")), { bad: "division by zero" });
  assert.deepEqual(sensor("input: 0, as: f32, expr: 'value > 1 ? 2 : 3'").toValue(hex("7fc00000")), {
    bad: "the device sent NaN, which is no value",
  });
});

test("a linear expression is as exact as scale, in both directions", () => {
  const source = setpoint("holding: 0, expr: (value - 32) / 2.55 , write: true");
  fc.assert(
    fc.property(fc.integer({ min: 32, max: 287 }), (raw) => {
      const bytes = Uint8Array.of(raw >> 8, raw & 0xff);
      const read = source.toValue(bytes);
      assert.ok("good" in read);
      if (typeof read.good === "number" && Number.isInteger(read.good))
        assert.deepEqual(source.toRaw(read.good).raw, bytes);
    }),
  );
  const tenth = sensor("holding: 0, expr: value * 0.1");
  assert.deepEqual(tenth.toValue(hex("0901")), { good: 230.5 });
});

test("whatever a sum, a difference or a product with constants is written like, it goes both ways", () => {
  const forms: readonly (readonly [string, number])[] = [
    ["100 - value", 95],
    ["value * 3 - value", 10],
    ["value - (value - 1) * 3", -7],
    ["3 * value", 15],
    ["(value + 10) / 2", 7.5],
    ["-value + 50", 45],
  ];
  for (const [expression, expected] of forms) {
    const source = setpoint(`holding: 0, as: s16, expr: "${expression}", write: true`);
    assert.deepEqual(source.toValue(hex("0005")), { good: expected }, expression);
    assert.deepEqual(source.toRaw(expected).raw, hex("0005"), expression);
  }
});

test("write: expr is the way back of any other expression", () => {
  const square = setpoint('holding: 0, expr: "round(sqrt(value))", write: { expr: value ** 2 }');
  assert.deepEqual(square.toValue(hex("0064")), { good: 10 });
  assert.deepEqual(square.toRaw(10).raw, hex("0064"));
  const only = setpoint("holding: 0, write: { expr: value + 1, verify: 1s }");
  assert.deepEqual(only.toValue(hex("0005")), { good: 5 });
  assert.deepEqual(only.toRaw(5).raw, hex("0006"));
});

test("a truth value that is turned around turns back by itself", () => {
  const plan = planOf(modbus("  3306:\n    5850: { coil: 0, expr: not value, write: true }"));
  const source = pointOf(plan, "3306/0/5850");
  assert.deepEqual(source.toValue(true), { good: false });
  assert.deepEqual(source.toRaw(false).raw, true);
});

test("what is written and cannot be computed is refused", () => {
  const source = setpoint('holding: 0, expr: "1000 / max(value, 1)", write: { expr: "round(1000 / value)" }');
  assert.deepEqual(source.toRaw(10).raw, hex("0064"));
  assert.throws(() => source.toRaw(0), /division by zero/);
});

test("64 bits stay exact through an expression", () => {
  const source = pointOf(
    planOf(
      modbus(
        "  3305:\n    5800: { input: 0, as: u64, expr: 'bit(value, 63) ? 1 : 0' }\n  3:\n    13: { input: 4, as: u64, expr: 'value % 2 == 0 ? value : value - 1' }",
      ),
    ),
    "3/0/13",
  );
  assert.deepEqual(source.toValue(hex("0020000000000003")), { good: 9007199254740994n });
});

test("a simulation delivers what the expression takes", () => {
  for (const keys of [
    "input: 0, as: string, length: 2, expr: '{ON: 1, NO: 0}[value]'",
    "input: 0, expr: '10 ** (value / 100)'",
    "input: 0, expr: 'value > 5 ? 1 : 2', enum: { 1: 10, 2: 20 }",
  ]) {
    const { simulate, toValue } = sensor(keys);
    const raw = simulate?.(1)(0);
    assert.ok(raw !== undefined && "good" in toValue(raw), keys);
  }
});

test("each mistake is told at its column", () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      "input: 0, expr: value * valeu",
      '6:37: error: unknown name "valeu"; did you mean "value"? (/3303/0/5700 Sensor Value)',
    ],
    [
      "input: 0, expr: 'value * valeu'",
      '6:38: error: unknown name "valeu"; did you mean "value"? (/3303/0/5700 Sensor Value)',
    ],
    ["input: 0, expr: 5", '6:29: error: expr: it does not use "value" (/3303/0/5700 Sensor Value)'],
    ["input: 0, expr: value + $x", '6:37: error: unknown parameter "x" (/3303/0/5700 Sensor Value)'],
    [
      "input: 0, expr: '{/3303/0/5601} + value'",
      '6:30: error: other resources have no place beside a source of its own: give them a resource with "expr" alone (/3303/0/5700 Sensor Value)',
    ],
    [
      "input: 0, expr: {a: 1}",
      "6:29: error: expr: expected an expression; put one that has { }, [ ], a comma, a colon or # in quotes",
    ],
    [
      "input: 0, expr: \"value > 1 ? 'a' : 'b'\"",
      "6:29: error: the expression gives a string, which needs an enum for a Float resource (/3303/0/5700 Sensor Value)",
    ],
  ];
  for (const [keys, problem] of cases) assert.deepEqual(wrong(keys), [problem], keys);
  assert.equal(
    wrong("input: 0, as: bytes, length: 2, expr: value").at(-1),
    "6:51: error: bytes: nothing can be computed with them (/3303/0/5700 Sensor Value)",
  );
});

test("what is written needs an inverse", () => {
  const object = "3308:\n    5900";
  assert.deepEqual(wrong("holding: 0, expr: 'round(sqrt(value))', write: true", object), [
    "6:31: error: the expression has no inverse that is known: what is written needs `write: { expr: … }`, in which value is what the server wrote (/3308/0/5900 Set Point Value)",
  ]);
  // Both truth values become the same one: nobody knows which it was.
  const [same] = wrong("coil: 0, expr: value or true, write: true", "3306:\n    5850");
  assert.match(same ?? "", /^6:28: error: the expression has no inverse that is known/);
  assert.deepEqual(wrong("holding: 0, expr: value * 2, write: { expr: value / 2 + y }", object), [
    `6:69: error: unknown name "y" (have: value); a text stands in quotes: 'y' (/3308/0/5900 Set Point Value)`,
  ]);
  assert.deepEqual(wrong("holding: 0, write: { expr: value > 2 }", object), [
    "6:40: error: write: expr gives true or false, the device takes a number (/3308/0/5900 Set Point Value)",
  ]);
  assert.deepEqual(wrong("input: 0, write: { expr: value * 2 }", object), [
    '6:30: error: /3308/0/5900 Set Point Value: the source "input" cannot be written',
  ]);
});
