/** `expr` as a source of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { problemText } from "../../src/errors.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { Converted, DerivedSource } from "../../src/mapping/plan-types.ts";
import { runVectors } from "../../src/mapping/vectors.ts";
import { modbus, planOf, prepared, resolved, resourceOf } from "./mapping-text.ts";

const PHASES = `  10242:
    defaults: { as: f32, unit: W }
    active_power_r: { input: 0 }
    active_power_s: { input: 2 }
`;

function derivedOf(text: string, point: string): DerivedSource {
  const { source } = resourceOf(planOf(text), point);
  assert.ok(source.kind === "derived", source.kind);
  return source;
}

function problems(objects: string, above = ""): readonly string[] {
  return resolved(modbus(objects, above)).problems.filter((problem) => !problem.includes("warning"));
}

test("a resource is computed from others, by name in its instance or by path", () => {
  const text = modbus(`${PHASES}    34: { expr: "{active_power_r} + {/10242/0/16} + {6}" }`);
  const { inputs, compute } = derivedOf(text, "10242/0/34");
  assert.deepEqual(inputs, ["10242/0/6", "10242/0/16"]);
  assert.deepEqual(compute([1, 0.5]), { good: 2.5 });
});

test("what an expression gives is converted, checked and looked up like any other value", () => {
  const computed = (keys: string, values: readonly Value[], object = "3305:\n    5800"): Converted =>
    derivedOf(
      modbus(`  3303:\n    5700: { input: 0 }\n    5601: { input: 1 }\n  ${object}: { ${keys} }`),
      object.replace(/:\s+/, "/0/"),
    ).compute(values);
  assert.deepEqual(computed("expr: '{/3303/0/5700} * 2', unit: kW", [1.5]), { good: 3000 });
  assert.deepEqual(computed("expr: '{/3303/0/5700}', valid: [0, 5]", [6]), { bad: "6 W is outside valid 0..5 W" });
  assert.deepEqual(computed("expr: '{/3303/0/5700} > 5'", [6], "3342:\n    5500"), { good: true });
  assert.deepEqual(
    computed('expr: \'{/3303/0/5700} > 5 ? 1 : 0\', enum: { 0: "cold", 1: "warm" }', [6], "3326:\n    5701"),
    { good: "warm" },
  );
});

test("0.1 and 0.2 are 0.3, and float32 stays float32", () => {
  const { compute } = derivedOf(modbus(`${PHASES}    34: { expr: "{6} + {16}" }`), "10242/0/34");
  assert.deepEqual(compute([0.1, 0.2]), { good: 0.3 });
  assert.deepEqual(compute([Math.fround(0.1), Math.fround(0.2)]), { good: Math.fround(0.3) });
  assert.deepEqual(compute([0, 0]), { good: 0 });
});

test("an expression of parameters alone is a constant", () => {
  const text = modbus('  3305:\n    5800: { expr: "$a * 2" }', "params: { a: { type: number, default: 3 } }\n");
  assert.deepEqual(resourceOf(planOf(text), "3305/0/5800").source, { kind: "constant", value: 6 });
});

test("deadband and max_age are for computed values too", () => {
  const { reporting } = derivedOf(
    modbus(`${PHASES}    34: { expr: "{6} * 2", deadband: 0.5, max_age: 1m }`),
    "10242/0/34",
  );
  assert.deepEqual(reporting, { deadband: 0.5, maxAge: 60_000 });
});

test("what is computed from a resource that is not there is not there either", () => {
  const three = "{ expr: '{6} + {16} + {26}', when: $phases == 3 }";
  const text = modbus(
    `${PHASES}    26: { input: 4, when: $phases == 3 }\n    34: [ ${three}, { expr: "{6} + {16}" } ]`,
    "params: { phases: { type: int } }\n",
  );
  const inputs = (parameters: string): readonly string[] => {
    const source = planOf(text, parameters).resources.get("10242/0/34")?.source;
    return source?.kind === "derived" ? source.inputs : [];
  };
  assert.deepEqual(inputs("phases: 3"), ["10242/0/6", "10242/0/16", "10242/0/26"]);
  assert.deepEqual(inputs("phases: 1"), ["10242/0/6", "10242/0/16"]);
  const alone = modbus(
    `${PHASES}    26: { input: 4, when: $n == 3 }\n    34: { expr: "{26} * 2" }`,
    "params: { n: { type: int } }\n",
  );
  assert.equal(planOf(alone, "n: 1").resources.has("10242/0/34"), false);
});

test("defaults of an object are for what has a raw value", () => {
  const { plan } = resolved(modbus(`${PHASES}    34: { expr: "{6} * 2" }`));
  assert.equal(plan?.resources.get("10242/0/34")?.source.kind, "derived");
});

test("a vector gives the raw values that it is computed from", () => {
  const run = (expect: string): readonly string[] => {
    const test = `test:\n  - { raw: { "input:0": "447a0000", "input:2": "44fa0000" }, expect: { "10242/0/34": ${expect} } }\n`;
    const { mapping } = prepared(modbus(`${PHASES}    34: { expr: "{6} + {16}" }`, test));
    return runVectors(mapping).map(problemText);
  };
  assert.deepEqual(run("3"), []);
  assert.match(run("4")[0] ?? "", /expected "4", found 3/);
});

test("each mistake is told at its place", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['"{/1/0/1}"', /^9:\d+: error: this mapping has no resource \/1\/0\/1$/],
    ['"{activ_power_r}"', /has no resource "activ_power_r" in this mapping; did you mean "active_power_r"\?$/],
    ['"{10242/0/6}"', /a path begins with a slash: \{\/10242\/0\/6\}$/],
    ['"{6} + valeu"', /^9:24: error: unknown name "valeu"; a text stands in quotes: 'valeu'$/],
    ['"{6} + value"', /"value" needs a source of its own beside "expr"/],
    ['"active_power_r"', /"active_power_r" is a resource: write \{active_power_r\}$/],
    [
      '"{6} + {3-phase_active_power}"',
      /\/10242\/0\/34 3-Phase Active Power is computed from itself: \/10242\/0\/34 → \/10242\/0\/34$/,
    ],
    ["{6}", /expected an expression; put one that has \{ \}/],
    ['"{6}", scale: 2', /^9:24: error: "scale" has no meaning beside an expression that is the source$/],
    ['"{6}", max_step: 2', /"max_step" has no meaning .*; it stands beside what the value is computed from$/],
    ['"{6}", poll: fast', /"poll" has no meaning/],
    ['"{6}", write: true', /"write" has no meaning .*; only what has a source of its own is written$/],
    ["\"{6} > 1 ? 'a' : 'b'\"", /the expression gives a string, which needs an enum for a Float resource/],
    ['"{6}", unit: A', /unit A cannot become kW/],
  ];
  for (const [expr, problem] of cases) {
    const [first, ...others] = problems(`${PHASES}    34: { expr: ${expr} }`);
    assert.match(first ?? "none", problem, expr);
    assert.deepEqual(others, [], expr);
  }
});

test("a circle is told once, with its way", () => {
  const found = problems(
    '  3303:\n    5700: { expr: "{5601} + 1" }\n    5601: { expr: "{5602} + 1" }\n    5602: { expr: "{5700} + 1" }',
  );
  assert.equal(found.length, 1);
  assert.match(
    found[0] ?? "",
    /is computed from itself: \/3303\/0\/5700 → \/3303\/0\/5601 → \/3303\/0\/5602 → \/3303\/0\/5700$/,
  );
});

test("what cannot be read, or has no type to compute with, is no input", () => {
  const write =
    "  3306:\n    5850: { coil: 0, read: false, write: true }\n  3342:\n    5500: { expr: 'not {/3306/0/5850}' }";
  assert.match(problems(write)[0] ?? "", /is computed from \/3306\/0\/5850 On\/Off, which cannot be read$/);
  const execute = "  3305:\n    5822: { do: [ { wait: 1s } ] }\n    5800: { expr: '{5822}' }";
  assert.match(problems(execute)[0] ?? "", /5822 .* is executable: it has no value$/);
});
