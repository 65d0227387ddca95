import assert from "node:assert/strict";
import { test } from "node:test";
import { problemText } from "../../src/errors.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { runVectors } from "../../src/mapping/vectors.ts";
import { modbus, planOf, pointOf, prepared, resolved } from "./mapping-text.ts";

const PARAMETERS = "params: { phases: { type: int, default: 1 }, model: { type: string, default: A } }\n";
const DEVICE = "  3: { firmware_version: { holding: 9, as: string, length: 4, poll: connect } }\n";

function points(text: string, parameters?: string): readonly string[] {
  return [...planOf(text, parameters).resources.keys()];
}

/** What is there once the device has said this of itself. */
function pointsWith(text: string, ...facts: readonly (readonly [string, Value])[]): readonly string[] {
  const { variants } = planOf(text);
  assert.ok(variants !== undefined);
  return [...variants.withFacts(new Map(facts)).resources.keys()];
}

test("a resource, an instance or an object is there only where its condition on parameters holds", () => {
  const text = modbus(
    `  3303: { when: $phases == 3, sensor_value: { input: 1 } }
  3304:
    0: { sensor_value: { input: 2 } }
    1: { when: $model == "B" and $phases > 1, sensor_value: { input: 3 } }
  3305: { 5800: { input: 4 }, 5810: { input: 5, when: $phases >= 2 } }`,
    PARAMETERS,
  );
  assert.deepEqual(points(text), ["3304/0/5700", "3305/0/5800"]);
  assert.deepEqual(points(text, "phases: 3"), ["3303/0/5700", "3304/0/5700", "3305/0/5800", "3305/0/5810"]);
  assert.ok(points(text, "{ phases: 2, model: B }").includes("3304/1/5700"));
  assert.ok(!planOf(text).objects.has(3303), "an object without a resource is not there");
});

test("of several that are written for one resource the first that applies is taken", () => {
  const text = modbus(
    `  3303: { sensor_value: [ { when: $model == "A", input: 1, scale: 0.1 }, { when: $phases == 3, input: 2 }, { input: 3 } ] }`,
    PARAMETERS,
  );
  const address = (parameters: string): unknown =>
    JSON.parse(JSON.stringify(pointOf(planOf(text, parameters), "3303/0/5700").point)).address;
  assert.equal(address("model: A"), 1);
  assert.equal(address("{ model: B, phases: 3 }"), 2);
  assert.equal(address("model: B"), 3);
});

test("what depends on what the device says is not there until it has said it", () => {
  const text = modbus(
    `${DEVICE}  3303: { sensor_value: { input: 1, when: firmware_version >= 2.1 } }
  3304: { sensor_value: [ { when: firmware_version < 2.10, input: 2 }, { input: 3 } ] }`,
  );
  const plan = planOf(text);
  assert.deepEqual([...plan.resources.keys()], ["3/0/3"]);
  assert.deepEqual(plan.variants?.facts, ["3/0/3"]);
  assert.deepEqual(
    plan.variants?.undecided.map(({ point }) => point),
    ["3303/0/5700", "3304/0/5700"],
  );
  assert.deepEqual(pointsWith(text, ["3/0/3", "2.0"]), ["3/0/3", "3304/0/5700"]);
  assert.deepEqual(pointsWith(text, ["3/0/3", "V2.10"]), ["3/0/3", "3303/0/5700", "3304/0/5700"]);
  assert.deepEqual(pointsWith(text, ["3/0/3", "unknown"]), ["3/0/3", "3304/0/5700"], "no version: it does not hold");
});

test("the same facts make the same plan, others another", () => {
  const text = modbus(`${DEVICE}  3303: { sensor_value: { input: 1, when: firmware_version >= 2.1 } }`);
  const of = (version: string): string | undefined =>
    planOf(text).variants?.withFacts(new Map([["3/0/3", version]])).fingerprint;
  assert.equal(of("2.1"), of("3.0"));
  assert.notEqual(of("2.1"), of("2.0"));
  assert.notEqual(of("2.0"), planOf(text).fingerprint);
});

test("what identity says without asking the device is known at once", () => {
  const text = modbus(
    '  3303: { sensor_value: { input: 1, when: model == "M-1" } }\n  3304: { sensor_value: { input: 1, when: model == "M-2" } }',
    "identity: { manufacturer: Acme, model: M-1 }\n",
  );
  assert.deepEqual(points(text), ["3303/0/5700", "3/0/0", "3/0/1"]);
});

test("a condition may name what is there by parameters alone, and nothing that hangs on what the device says", () => {
  const text = (when: string): string =>
    modbus(
      `  3:
    firmware_version: { holding: 9, as: string, length: 4, poll: connect }
    model_number: { holding: 1, as: string, length: 4, poll: connect, when: ${when} }
  3303: { sensor_value: { input: 1, when: model_number == "B" } }`,
      PARAMETERS,
    );
  assert.deepEqual(planOf(text("$phases == 1")).variants?.facts, ["3/0/1"]);
  for (const when of ["firmware_version > 2", "$phases == 3"]) {
    const [problem] = resolved(text(when)).problems.filter((each) => each.includes("error"));
    assert.match(problem ?? "", /error: unknown name "model_number"/, when);
  }
});

test("each mistake in a condition is told at its place", () => {
  const problems = (objects: string, above = ""): readonly string[] =>
    resolved(modbus(objects, above)).problems.filter((problem) => problem.includes("error"));
  assert.deepEqual(problems("  3303: { sensor_value: { input: 1, when: $phase == 3 } }", PARAMETERS), [
    '6:43: error: unknown parameter "phase"; did you mean "phases"?',
  ]);
  assert.deepEqual(problems(`${DEVICE}  3303: { sensor_value: { input: 1, when: firmware_versoin > 2 } }`), [
    '6:43: error: unknown name "firmware_versoin"; did you mean "firmware_version"?',
  ]);
  assert.deepEqual(problems("  3303: { sensor_value: { input: 1, when: 1 + 1 } }"), [
    "5:43: error: the expression gives a number, expected true or false",
  ]);
  assert.deepEqual(problems("  3303: { defaults: { when: 1 == 1 }, sensor_value: { input: 1 } }"), [
    '5:23: error: defaults: "when" stands beside the resources, for all of them',
  ]);
  assert.deepEqual(
    problems(`${DEVICE.replace("connect", "never")}  3303: { sensor_value: { input: 1, when: firmware_version > 2 } }`),
    ['5:8: error: /3/0/3 Firmware Version is never read, but a "when" needs it: expected e.g. poll: connect'],
  );
  assert.deepEqual(
    problems(`${DEVICE}  3303: { sensor_value: { input: 1, as: flaot32, when: firmware_version > 2 } }`),
    ['6:41: error: unknown type "flaot32"; did you mean "f32"? (/3303/0/5700 Sensor Value)'],
  );
});

test("a vector says what the device says of itself, and may have a condition of its own", () => {
  const text = modbus(
    `${DEVICE}  3303: { sensor_value: [ { when: firmware_version >= 2.1, input: 1, scale: 0.1 }, { input: 1 } ] }`,
    `${PARAMETERS}test:
  - { raw: { "holding:9": "322e3100", "input:1": "00E1" }, expect: { 3303/0/5700: 22.5 } }
  - { raw: { "holding:9": "322e3000", "input:1": "00E1" }, expect: { 3303/0/5700: 225 } }
  - { when: $phases == 3, raw: { "holding:9": "322e3000", "input:1": "00E1" }, expect: { 3303/0/5700: 1 } }
  - { when: $phases == 1, raw: { "holding:9": "322e3000", "input:1": "00E1" }, expect: { 3303/0/5700: 1 } }
`,
  );
  assert.deepEqual(runVectors(prepared(text).mapping).map(problemText), [
    't.yaml:9:103: error: test: /3303/0/5700 Sensor Value: expected "1", found 225',
  ]);
});

test("a condition on an optional parameter that is not given does not hold; a formula needs its value", () => {
  const optional = "params: { model: { type: string, optional: true } }\n";
  const text = modbus(
    `  3303: { when: $model == "B", sensor_value: { input: 1 } }
  3304: { sensor_value: [ { when: $model != "B", input: 2 }, { input: 3 } ] }`,
    optional,
  );
  assert.deepEqual(points(text), ["3304/0/5700"]);
  assert.deepEqual(JSON.parse(JSON.stringify(pointOf(planOf(text), "3304/0/5700").point)).address, 3);
  assert.deepEqual(points(text, "model: B"), ["3303/0/5700", "3304/0/5700"]);
  const formula = modbus(`  3303: { sensor_value: { input: 1, expr: "$model == 'B' ? 1 : value" } }`, optional);
  assert.match(resolved(formula).problems[0] ?? "", /\$model is optional and not given: give the parameter a default/);
});

test("a probe that the device does not have, or not yet, is none; once it is there it is asked", () => {
  const text = modbus(
    `${DEVICE}  3303: { sensor_value: { input: 1, when: firmware_version >= 2.1 } }`,
    "availability: { probe: sensor_value }\n",
  );
  const { availability, variants } = planOf(text);
  assert.equal(availability.probe, undefined);
  assert.equal(variants?.withFacts(new Map([["3/0/3", "2.2"]])).availability.probe, "3303/0/5700");
  assert.equal(variants?.withFacts(new Map([["3/0/3", "2.0"]])).availability.probe, undefined);
});
