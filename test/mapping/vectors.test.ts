import assert from "node:assert/strict";
import { test } from "node:test";
import { problemText } from "../../src/errors.ts";
import { runVectors } from "../../src/mapping/vectors.ts";
import { prepared } from "./mapping-text.ts";

const MAPPING = `mapping: t
protocol: modbus
params: { ratio: { type: number, default: 1 } }
modbus: { unit_id: 1 }
objects:
  3305:
    5800: { input: 0x0A, as: f32, scale: $ratio }
  3306:
    on/off: { coil: 1, write: true }
    dimmer: { holding: 2, unit: "%", accept: [0, 100], write: true }
    multi-state_output: { holding: 3, bits: 4..7, enum: { 0: a, 2: b }, write: true }
  3:
    error_code: { holding: 3, bits: 0..3 }
    reboot: { do: [ { wait: 1s } ] }
    manufacturer: { const: Acme }
test:
  - `;

function outcome(vector: string): readonly string[] {
  const { mapping } = prepared(`${MAPPING}${vector}\n`);
  return runVectors(mapping).map((problem) => problemText(problem).replace(/^t\.yaml:17:\d+: /, ""));
}

test("raw values are read, however the address is spelled, and reach every resource of that address", () => {
  assert.deepEqual(outcome('{ raw: { "input:10": "4366 8000" }, expect: { 3305/0/5800: 230.5 } }'), []);
  assert.deepEqual(
    outcome('{ params: { ratio: 2 }, raw: { "input:0x0a": 43668000 }, expect: { 3305/0/5800: 461 } }'),
    [],
  );
  assert.deepEqual(
    outcome('{ raw: { "holding:3": "0027" }, expect: { 3306/0/5853: b, 3/0/11/0: 7, 3/0/0: Acme } }'),
    [],
  );
  assert.deepEqual(outcome("{ raw: { 3306/0/5850: true }, expect: { 3306/0/5850: true } }"), []);
});

test("null stands for no value, and for a refused write", () => {
  assert.deepEqual(outcome('{ raw: { "holding:3": "00F0" }, expect: { 3306/0/5853: null } }'), []);
  assert.deepEqual(outcome('{ write: { 3306/0/5851: 101 }, raw: { "holding:2": null } }'), []);
});

test("what is written is compared in the bits that are written", () => {
  assert.deepEqual(
    outcome('{ write: { 3306/0/5853: b, 3306/0/5850: false }, raw: { "holding:3": "FF2F", "coil:1": false } }'),
    [],
  );
});

test("a wrong outcome is told with what was expected and what came", () => {
  assert.deepEqual(outcome('{ raw: { "input:10": "4366 8000" }, expect: { 3305/0/5800: 231 } }'), [
    'error: test: /3305/0/5800 Instantaneous active power: expected "231", found 230.5',
  ]);
  assert.deepEqual(outcome('{ raw: { "coil:1": true }, expect: { 3306/0/5850: null } }'), [
    "error: test: /3306/0/5850 On/Off: expected nothing, found true",
  ]);
  assert.match(
    outcome('{ raw: { "holding:3": "00F0" }, expect: { 3306/0/5853: b } }')[0] ?? "",
    /expected "b", found no value \(/,
  );
  assert.deepEqual(outcome('{ write: { 3306/0/5851: 5 }, raw: { "holding:2": "0006" } }'), [
    'error: test: /3306/0/5851 Dimmer: expected "0006", found "0005"',
  ]);
  assert.match(
    outcome('{ write: { 3306/0/5851: 500 }, raw: { "holding:2": "01F4" } }')[0] ?? "",
    /expected "01F4", it is refused \(/,
  );
});

test("a vector that tests nothing is told", () => {
  const told = (vector: string): string => outcome(vector).join("\n");
  assert.match(told('{ raw: { "input:11": "00" }, expect: {} }'), /no resource of this mapping reads input:11/);
  assert.match(told("{ raw: {}, expect: { 3305/0/5800: 1 } }"), /this vector has no raw value for \/3305\/0\/5800/);
  assert.match(
    told("{ raw: {}, expect: { 9/9/9: 1 } }"),
    /"9\/9\/9" is no resource of this mapping; write the IDs, e\.g\. 3305\/0\/5800/,
  );
  assert.match(told("{ raw: {}, expect: { 3/0/4: 1 } }"), /Reboot is executable: it has no value/);
  assert.match(told('{ raw: { "coil:1": 5 }, expect: { 3306/0/5850: true } }'), /expected true or false, found "5"/);
  assert.match(
    told('{ raw: { "input:10": xyz }, expect: { 3305/0/5800: 1 } }'),
    /expected bytes in hexadecimal, found "xyz"/,
  );
  assert.match(told("{ write: { 3305/0/5800: 1 }, raw: {} }"), /cannot be written in this mapping/);
  assert.match(told("{ write: { 3306/0/5850: true }, raw: {} }"), /no raw value for \/3306\/0\/5850/);
  assert.match(told('{ write: {}, raw: { "coil:1": true } }'), /this vector writes nothing to coil:1/);
  assert.match(told("{ raw: {} }"), /a vector has either `expect` or `write`/);
  assert.match(told("{ raw: {}, expct: {} }"), /unknown key "expct"; did you mean "expect"/);
  assert.match(told("{ params: { ratoi: 1 }, raw: {}, expect: {} }"), /unknown key "ratoi"; did you mean "ratio"/);
});

test("a vector has secrets written out", () => {
  const vector = '{ params: { key: "0102" }, raw: { "input:10": "4366 8000" }, expect: { 3305/0/5800: 230.5 } }';
  const { mapping } = prepared(`${MAPPING.replace("params: {", "params: { key: { type: secret },")}${vector}\n`);
  assert.deepEqual(runVectors(mapping).map(problemText), []);
});
