import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus, resolved } from "./mapping-text.ts";

/** What is wrong with these resources, which begin in line 6. */
function problems(objects: string, above = ""): readonly string[] {
  return resolved(modbus(objects, above)).problems.filter((problem) => !problem.includes("warning"));
}

test("one wrong mapping names every mistake at its place, each with what would be right", () => {
  const text = `mapping: t
protocol: modbus
params: { unit_id: { type: int, range: [1, 247], default: 1 } }
modbus: { unit_id: $unit_id }
every: { fast: 2s }
objects:
  10242:
    tension_r: { input: 0x00, as: f32, unit: A }
    current_r: { input: 0x06, as: f32 }
    current_s: { input: 0x08, as: f32, scale: $ct, poll: quick }
    current_t: { input: 0x08, as: flaot32 }
    active_energy: { input: 0x48, as: f32, write: true }
    tension_t: { input: 0, as: f32 }
  3305:
    5800: { input: 0x0C, as: string, length: 4 }
    5822: { holding: 3 }
`;
  const told = resolved(text).problems;
  const expected = [
    /^8:46: error: unit A cannot become V \(\/10242\/0\/4 Tension R\)$/,
    /^10:47: error: \$ct is not a parameter of this mapping \(have: unit_id\)$/,
    /^10:58: error: poll group "quick" is not in every: \{fast\}$/,
    /^11:35: error: .*"flaot32".*did you mean "f(32|64)"\?/,
    /^12:51: error: \/10242\/0\/41 Active Energy is read-only \(R\) in the registry: write is not possible$/,
    /^7:3: warning: mandatory resource 14 Tension S of object 10242 is not mapped: it will read as absent \(4\.04\)$/,
    /^15:30: error: .*"as: string".*\/3305\/0\/5800 Instantaneous active power/,
    /^16:5: error: \/3305\/0\/5822 Reset Cumulative energy is executable: it needs "do"$/,
  ];
  for (const pattern of expected)
    assert.ok(
      told.some((problem) => pattern.test(problem)),
      `${pattern} in\n${told.join("\n")}`,
    );
  assert.equal(told.length, expected.length, told.join("\n"));
});

test("several mistakes in one resource come at once, and none that only follow from another", () => {
  const line = "  3305: { 5800: { input: 1, as: flaot32, order: CDAB, unit: A, valid: [10, 1], poll: quick, unt: W } }";
  assert.deepEqual(problems(line), [
    '5:33: error: unknown type "flaot32"; did you mean "f32"? (/3305/0/5800 Instantaneous active power)',
    "5:61: error: unit A cannot become W (/3305/0/5800 Instantaneous active power)",
    "5:71: error: valid: the lower end stands first",
    '5:86: error: poll group "quick" is not in every: {}',
    '5:93: error: unknown key "unt"; did you mean "unit"?',
  ]);
});

test("names that the registry does not have come with the near miss", () => {
  assert.deepEqual(problems("  10242: { curent_r: { input: 0 } }"), [
    '5:12: error: object 10242 (3-Phase Power Meter) has no resource "curent_r"; did you mean "current_r"?',
  ]);
  assert.deepEqual(problems("  volltage: { sensor_value: { input: 0 } }"), [
    '5:3: error: the registry has no object "volltage"; did you mean "voltage"?',
  ]);
  assert.deepEqual(problems("  9999: { 1: { input: 0 } }"), [
    "5:3: error: object 9999 is not in the registry: name its definition (XML) in gateway.objects",
  ]);
  assert.deepEqual(problems("  3303: { version: 1.1 }"), ["5:3: error: object 3303 has no resources here"]);
  assert.deepEqual(problems("  3303: { 5: { input: 0 } }"), [
    "5:11: error: object 3303 (Temperature) has no resource 5",
  ]);
  assert.deepEqual(problems("  3303: { as: { input: 0 } }"), [
    '5:11: error: object 3303 (Temperature) has no resource "as": "as" stands beside a resource\'s source, or in `defaults:`',
  ]);
});

test("a name that stands twice in the registry needs the ID", () => {
  assert.match(
    problems("  location: { 0: { const: 1 } }")[0] ?? "",
    /"location" is the name of the objects 6 and 3336: write the ID/,
  );
  assert.match(
    problems("  3430: { satellite_identifiers: { const: 1 } }")[0] ?? "",
    /has the name "satellite_identifiers" more than once \(\d+ and \d+\): write the ID/,
  );
});

test("what stands twice, or where it cannot, is told", () => {
  assert.match(
    problems("  3303: { 5700: { input: 0 }, sensor_value: { input: 1 } }")[0] ?? "",
    /\/3303\/0\/5700 Sensor Value stands here twice; first in line 5/,
  );
  assert.match(
    problems("  3303: { 5700: { input: 0 } }\n  temperature: { 5700: { input: 0 } }")[0] ?? "",
    /object 3303 stands here twice; first in line 5/,
  );
  assert.match(
    problems("  3: { 1: { serial_number: { input: 0 } } }")[0] ?? "",
    /object 3 \(Device\) has a single instance, number 0; found 1/,
  );
  assert.match(
    problems("  3303:\n    sensor_value[1]: { input: 0 }")[0] ?? "",
    /\/3303\/0\/5700 Sensor Value has no instances: leave out \[1\]/,
  );
  assert.match(
    problems("  3303: { 0: { sensor_value: { input: 0 } }, sensor_units: { const: K } }")[0] ?? "",
    /"sensor_units" is a resource, but its neighbours are instances/,
  );
  assert.match(problems("  3303:\n    sensor_value[70000]: { input: 0 }")[0] ?? "", /IDs of instances end at 65534/);
});

test("a resource has exactly one source", () => {
  assert.match(
    problems("  3303: { sensor_value: { as: u16 } }")[0] ?? "",
    /^5:11: error: \/3303\/0\/5700 Sensor Value needs a source: one of input, holding, coil, discrete, file, ident, sunspec, const, param, expr$/,
  );
  assert.match(
    problems("  3303: { sensor_value: { input: 1, holding: 2 } }")[0] ?? "",
    /^5:37: error: \/3303\/0\/5700 Sensor Value has more than one source: input and holding$/,
  );
  assert.match(
    problems("  3303: { sensor_value: 5 }")[0] ?? "",
    /^5:25: error: .*expected a map with its source, e\.g\. \{ input: … \}, found "5"$/,
  );
  assert.match(
    problems("  3303: { sensor_value: { const: 5, scale: 2 } }")[0] ?? "",
    /"scale" has no meaning beside "const"/,
  );
  assert.match(
    problems("  3303: { sensor_value: { do: [ { wait: 1s } ] } }")[0] ?? "",
    /is not executable \(R\): "do" has no meaning here/,
  );
  assert.match(problems("  3: { reboot: { const: 1 } }")[0] ?? "", /\/3\/0\/4 Reboot is executable: it needs "do"/);
  assert.match(problems("  3: { reboot: { do: [] } }")[0] ?? "", /"do" is a list of steps/);
});

test("keys of the core and of the protocol are known, and no others", () => {
  assert.deepEqual(problems("  3303: { sensor_value: { inptu: 1 } }"), [
    '5:27: error: unknown key "inptu"; did you mean "input"?',
  ]);
  assert.deepEqual(problems("  3303: { sensor_value: { input: 1, scael: 2 } }"), [
    '5:37: error: unknown key "scael"; did you mean "scale"?',
  ]);
  assert.match(
    problems("  3303: { sensor_value: { input: 1, device: 2 } }")[0] ?? "",
    /^5:37: error: unknown key "device"/,
  );
  assert.deepEqual(problems("  3306: { on/off: { coil: 1, write: { verfy: 2s } } }"), [
    '5:39: error: unknown key "verfy"; did you mean "verify"?',
  ]);
});

test("what this version does not have is said so, never ignored", () => {
  for (const key of ["quality"]) {
    assert.deepEqual(problems(`  3303: { sensor_value: { input: 1, ${key}: 1 } }`), [
      `5:37: error: \`${key}\` is not supported by this version`,
    ]);
  }
  assert.match(
    problems("  3303: { 5700: { input: 1 } }", "availability: { topic: x }\n")[0] ?? "",
    /"topic" belongs to the section of the protocol: write mqtt: \{ availability/,
  );
  assert.match(
    resolved(modbus("  3303: { 5700: { input: 1 } }", "params: { k: { type: secret } }\n"), "k: x").problems[0] ?? "",
    /k: expected !secret and its name, never the secret itself/,
  );
});

test("what the adapter says of an address is told at the address", () => {
  assert.deepEqual(problems("  3306: { on/off: { coil: 70000 } }"), [
    "5:27: error: coil: address 70000 is outside 0..65535",
  ]);
  assert.match(
    problems("  3306: { multi-state_output: { discrete: 4, enum: { 0: a, 1: b }, write: true } }")[0] ?? "",
    /the source "discrete" cannot be written/,
  );
});

test("constants fit their resource", () => {
  const constant = (resource: string, value: string): string =>
    problems(`  3303: { ${resource}: { const: ${value} } }`)[0] ?? "";
  assert.equal(constant("sensor_value", "21.5"), "");
  assert.match(
    constant("sensor_value", "warm"),
    /^5:\d+: error: \/3303\/0\/5700 Sensor Value: expected a number, found "warm"$/,
  );
  assert.match(constant("measurement_quality_level", "101"), /"101" is outside the registry's range 0\.\.100/);
  assert.match(constant("measurement_quality_level", "1.5"), /expected a whole number/);
  assert.match(constant("sensor_value", "[1]"), /const: expected .*found a list|expected a number, found a list/);
});

test("a step of do is told at the step", () => {
  assert.match(
    problems("  3: { reboot: { do: [ { wait: 1s }, { hodling: 1, as: u16, value: 1 } ] } }")[0] ?? "",
    /^5:\d+: error: /,
  );
  assert.match(problems("  3: { reboot: { do: [ { wait: 5 } ] } }")[0] ?? "", /^5:\d+: error: .*5/);
});

test("an argument of Execute stands in do only", () => {
  assert.match(
    problems('  3303: { application_type: { const: "$1" } }')[0] ?? "",
    /\$1 names no parameter: write \$\$ for a dollar; \$1 is an argument of Execute and stands in `do` only/,
  );
});

test("the top of a mapping is checked", () => {
  assert.deepEqual(resolved("mapping: other\nprotocol: modbus\nobjects: {}\n").problems, [
    '1:10: error: mapping: the file is called t.yaml, so the name must be "t", not "other"',
  ]);
  assert.deepEqual(resolved("mappin: t\nprotocol: modbus\nobjects: {}\nformat: 2\n").problems, [
    '4:9: error: format: expected 1, found "2"',
    '1:1: error: unknown key "mappin"; did you mean "mapping"?',
  ]);
  assert.match(
    resolved(modbus("  3303: { 5700: { input: 1 } }", "params: { id: { type: int } }\n")).problems[0] ?? "",
    /^4:11: error: "id" is a key of every device/,
  );
  assert.match(
    resolved(modbus("  3303: { 5700: { input: 1 } }", "params: { x: { type: int, default: y } }\n")).problems[0] ?? "",
    /^4:36: error: x: expected a whole number, found "y"/,
  );
  assert.match(
    resolved(modbus("  3303: { 5700: { input: 1 } }", "params: { x: { type: enum } }\n")).problems[0] ?? "",
    /an enum has `values`/,
  );
  assert.match(
    resolved(
      "mapping: t\nprotocol: modbus\nmodbus: { unit_id: 1, order: CDBA }\nobjects: { 3305: { 5800: { input: 1, as: u32 } } }\n",
    ).problems[0] ?? "",
    /order/,
  );
});

test("the order of a section is told once, in the section, and a wrong group of every: not with each of its resources", () => {
  const order =
    "mapping: t\nprotocol: modbus\nmodbus: { unit_id: 1, order: CDBA }\nevery: { fast: 2 }\nobjects:\n  3305: { 5800: { input: 1, as: u32, poll: fast }, 5805: { input: 3, as: u32 } }\n";
  const told = resolved(order).problems;
  assert.equal(told.length, 2, told.join("\n"));
  assert.match(told[1] ?? "", /^3:30: error: unknown order "CDBA"/);
  assert.match(told[0] ?? "", /^4:16: error: fast: "2" is no duration/);
});

test("an instance is told by the names in it, though nothing but a number stands behind one", () => {
  assert.match(
    problems("  3303: { 0: { sensor_value: { input: 0 } }, 1: { sensor_value: 5 } }")[0] ?? "",
    /\/3303\/1\/5700 Sensor Value: expected a map with its source/,
  );
});
