import assert from "node:assert/strict";
import { test } from "node:test";
import { compileExpression } from "../../../src/mapping/expression/expression.ts";
import type { ExpressionScope } from "../../../src/mapping/expression/scope.ts";
import { ExpressionError } from "../../../src/mapping/expression/syntax.ts";
import type { Operand, Type } from "../../../src/mapping/expression/types.ts";
import { Bad } from "../../../src/mapping/stage.ts";

const SCOPE: ExpressionScope = {
  names: new Map([
    ["value", "number"],
    ["unit", "text"],
    ["on", "truth"],
    ["firmware_version", "version"],
  ]),
  parameters: new Map<string, { readonly type: Type; readonly value: Operand } | "absent">([
    ["ratio", { type: "number", value: 40 }],
    ["phases", { type: "number", value: 3 }],
    ["model", { type: "text", value: "A" }],
    ["spare", "absent"],
  ]),
  resource: (reference) =>
    reference === "/3303/0/5700" || reference === "sensor_value"
      ? { key: "3303/0/5700", type: "number" }
      : { wrong: `there is no ${reference}` },
};

const VALUES: Readonly<Record<string, Operand>> = {
  value: 8,
  unit: "N",
  on: true,
  firmware_version: "V2.10.1",
  "3303/0/5700": 21.5,
};

/** What it gives; "bad: …" where it gives no value. */
function result(text: string, values: Readonly<Record<string, Operand>> = {}): Operand {
  const expression = compileExpression(text, SCOPE);
  const given = expression.evaluate(expression.inputs.map((name) => values[name] ?? VALUES[name] ?? 0));
  return given instanceof Bad ? `bad: ${given.bad}` : given;
}

/** "3: what is wrong", counted from 0. */
function wrong(text: string): string {
  try {
    compileExpression(text, SCOPE);
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error));
    return `${error.at}: ${error.message}`;
  }
  return assert.fail(`${text} is right`);
}

test("operators bind as on paper", () => {
  const cases: readonly (readonly [string, Operand])[] = [
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["7 - 2 - 1", 4],
    ["2 ** 3 ** 2", 512],
    ["-2 ** 2", -4],
    ["2 ** -1", 0.5],
    ["-value + 10", 2],
    ["17 % 5", 2],
    ["-17 % 5", -2],
    ["1 < 2 and 2 < 1 or true", true],
    ["not 1 == 2", true],
    ["not on or on", true],
    ["value > 5 ? 1 : value > 3 ? 2 : 3", 1],
    ["(value > 9 ? 1 : 2) + 1", 3],
    ["0x1F + .5 + 1e3", 1031.5],
  ];
  for (const [text, expected] of cases) assert.equal(result(text), expected, text);
});

test("functions are those of the list", () => {
  const cases: readonly (readonly [string, Operand])[] = [
    ["min(3, value, 5)", 3],
    ["max(3, value, 5)", 8],
    ["abs(-value)", 8],
    ["round(2.5)", 3],
    ["round(-2.5)", -3],
    ["round(1.005, 2)", 1.01],
    ["floor(-1.5)", -2],
    ["ceil(-1.5)", -1],
    ["clamp(value, 0, 5)", 5],
    ["sqrt(16)", 4],
    ["log10(1000)", 3],
    ["ln(exp(1))", 1],
    ["bit(value, 3)", true],
    ["bit(value, 2)", false],
    ["bit(-1, 63)", true],
    ['hex("1F")', 31],
    ["hex('0xFFFFFFFFFFFFFFFF')", 0xffff_ffff_ffff_ffffn],
    ['number(" 12.5 ")', 12.5],
  ];
  for (const [text, expected] of cases) assert.equal(result(text), expected, text);
});

test("a map is looked up by words, texts, numbers or truth", () => {
  assert.equal(result("value * {N: 0.514444, M: 1, K: 0.277778}[unit]"), 8 * 0.514444);
  assert.equal(result("{'km/h': 1, N: 2}[unit]"), 2);
  assert.equal(result("{-1: 'below', 0x08: 'eight'}[value]"), "eight");
  assert.equal(result("{true: 1, false: 0}[on]"), 1);
  assert.equal(result("{a: value, N: value + 1}[unit]"), 9);
  assert.equal(result("{N: 1, M: 2}[unit]", { unit: "X" }), 'bad: "X" is not among N, M');
});

test("names, parameters and resources stand for their values, and are told as inputs", () => {
  assert.equal(result("value * $ratio + {/3303/0/5700}"), 341.5);
  assert.equal(result("{ sensor_value } * $(ratio)"), 860);
  assert.equal(result('$model == "A" and $phases == 3'), true);
  const { inputs } = compileExpression("value + {/3303/0/5700} + value + {sensor_value}", SCOPE);
  assert.deepEqual(inputs, ["value", "3303/0/5700"]);
});

test("versions compare part by part", () => {
  const holds = (text: string, version: string): Operand => result(text, { firmware_version: version });
  assert.equal(holds("firmware_version >= 2.9", "2.10"), true);
  assert.equal(holds("firmware_version >= 2.10", "2.9"), false);
  assert.equal(holds("firmware_version < 2.1.3", "2.1.2"), true);
  assert.equal(holds("firmware_version == 2.1", "v2.1.0"), true);
  assert.equal(holds('firmware_version > "2.1a"', "2.1b"), true);
  assert.equal(holds("firmware_version > 1", "none"), 'bad: "none" is no version');
  assert.equal(wrong("firmware_version + 1"), "0: expected a number, found a version");
  assert.equal(wrong("value >= 2.1.3"), "0: expected a version, e.g. 2.1, found a number");
});

test("what is no number is no value, and says why", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["1 / (value - 8)", "division by zero"],
    ["1 % (value - 8)", "division by zero"],
    ["sqrt(-value)", "sqrt(-8) is no number"],
    ["ln(value - 8)", "ln(0) is too large"],
    ["(-value) ** 0.5", "-8 ** 0.5 is no number"],
    ["exp(value * 1000)", "exp(8000) is too large"],
    ["1e300 * 1e300 * value", "the result is too large"],
    ["clamp(value, 9, 1)", "clamp: 9 is above 1"],
    ["bit(value + 0.5, 1) ? 1 : 0", "8.5 has no bits: it is not whole"],
    ["hex(unit)", '"N" is no hexadecimal number'],
    ["number(unit)", '"N" is no number'],
  ];
  for (const [text, reason] of cases) assert.equal(result(text), `bad: ${reason}`, text);
  assert.equal(result("value > 5 ? 1 : 0", { value: Number.NaN }), "bad: NaN is no value");
  assert.equal(result("value == 1 or true", { value: Number.NaN }), "bad: NaN is no value");
  assert.equal(result("value", { value: Number.POSITIVE_INFINITY }), "bad: Infinity is no value");
});

test("a case that is not taken is not computed", () => {
  assert.equal(result("value == 0 ? 0 : 1 / value", { value: 0 }), 0);
  assert.equal(result("value == 0 or 1 / value > 0", { value: 0 }), true);
  assert.equal(result("value != 0 and 1 / value > 0", { value: 0 }), false);
});

test("whole numbers stay exact through 64 bits", () => {
  const big = 2n ** 63n + 1n;
  assert.equal(result("value + 1", { value: big }), big + 1n);
  assert.equal(result("value - 9223372036854775808", { value: big }), 1);
  assert.equal(result("value % 1000", { value: big }), 809);
  assert.equal(result("value / 3", { value: 3n * 2n ** 60n }), 2n ** 60n);
  assert.equal(result("value == 9223372036854775809", { value: big }), true);
  assert.equal(result("value > 9223372036854775808", { value: big }), true);
  assert.equal(result("2 ** 63 + 1"), big);
  assert.equal(result("max(value, 9223372036854775808)", { value: big }), big);
  assert.equal(result("bit(value, 63)", { value: big }), true);
  assert.equal(result("9007199254740991 + 1"), 2n ** 53n);
  assert.equal(result("value * value", { value: big }), Number(big) ** 2);
});

test("each mistake is told at its place, with what was expected", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "0: expected a value, found the end"],
    ["1 +", "3: expected a value, found the end"],
    ["1 2", '2: expected an operator or the end, found "2"'],
    ["(1 + 2", '6: expected ")", found the end'],
    ["min(1 2)", '6: expected ")" or ",", found "2"'],
    ["value ? 1", '9: expected ":", found the end'],
    ["{a: 1, b}[unit]", '8: expected ":", found "}"'],
    ["{a: 1}", '6: expected "[" behind a map: {a: 1, b: 2}[key], found the end'],
    ["{}[unit]", '1: expected a key: a word, a text or a number, found "}"'],
    ["{a: 1, a: 2}[unit]", '7: the key "a" stands twice'],
    ["{a: 1, 2: 2}[unit]", "7: expected a text as key, as the first one is"],
    ["{a: 1, b: 'x'}[unit]", "10: expected a number as in the first entry, found a text"],
    ["{a: 1}[value]", "7: expected a text as the keys are, found a number"],
    ["value = 1", '6: "=" is not known here: write =='],
    ["on && on", '3: "&&" is not known here: write and'],
    ["!on", '0: "!" is not known here: write not'],
    ["value ^ 2", '6: "^" is not known here: write **'],
    ["value === 2", '6: "===" is not known here: write =='],
    ["5kW", '0: "5kW" is no number'],
    ["1.2.3 + 1", '0: "1.2.3" is no number; it can only be compared with a version'],
    ["1e999", "0: 1e999 is too large"],
    ["99999999999999999999", "0: 99999999999999999999 is too large"],
    ['unit == "N', '8: expected a closing "'],
    ["value # 2", '6: "#" has no meaning in an expression'],
    ["valeu + 1", '0: unknown name "valeu"; did you mean "value"?'],
    ["ratio * 2", '0: "ratio" is a parameter: write $ratio'],
    ["sensor_value * 2", '0: "sensor_value" is a resource: write {sensor_value}'],
    ["abs * 2", '0: "abs" is a function: abs(x)'],
    ["$ratoi", '0: unknown parameter "ratoi"; did you mean "ratio"?'],
    ["$spare", "0: $spare is optional and not given: give the parameter a default"],
    ["{/1/0/1}", "0: there is no /1/0/1"],
    ["roud(value)", '0: unknown function "roud"; did you mean "round"?'],
    ["pow(value, 2)", '0: there is no function "pow": write a ** b'],
    ["clamp(value, 1)", "0: expected clamp(x, low, high), found 2 arguments"],
    ["value + unit", "8: expected a number, found a text"],
    ["value and on", "0: expected true or false, found a number"],
    ["on ? 1 : 'a'", "9: expected a number as in the first case, found a text"],
    ["unit == 1", "5: a text and a number cannot be compared"],
    ["unit < 'a'", '5: "<" compares numbers; here stands a text'],
    ["0 < value < 5", '10: comparisons cannot follow each other: write "a < b and b < c"'],
    ["1 / 0", "2: division by zero"],
    ["value.length", '5: "." stands in numbers only: nothing here has properties'],
    ["unit[0]", '4: expected an operator or the end, found "["'],
    [`${"(".repeat(40)}1`, "32: nested more than 32 levels deep"],
    ["1+".repeat(600), "0: an expression has at most 1000 characters, this one 1200"],
  ];
  for (const [text, message] of cases) assert.equal(wrong(text), message, text);
});
