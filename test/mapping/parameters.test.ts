import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleValue, type ParameterSpec, parameterSpec, readParameter } from "../../src/mapping/parameters.ts";
import { parseYaml } from "../../src/yaml/parse.ts";

function read(spec: Partial<ParameterSpec> & Pick<ParameterSpec, "type">, text: string): string {
  const problems: string[] = [];
  const value = readParameter("p", parameterSpec.parse(spec), parseYaml(text, "f"), ({ message }) =>
    problems.push(message),
  );
  return value === undefined ? problems.join() : `${value.text}${value.quoted ? " (text)" : ""}`;
}

test("each type takes its values, quoted or not, and keeps text as text", () => {
  assert.equal(read({ type: "int" }, "0x10"), "0x10");
  assert.equal(read({ type: "int" }, '"5"'), "5");
  assert.equal(read({ type: "number" }, "1.5e3"), "1.5e3");
  assert.equal(read({ type: "string" }, "00001"), "00001 (text)");
  assert.equal(read({ type: "string" }, '""'), " (text)");
  assert.equal(read({ type: "bool" }, "true"), "true");
  assert.equal(read({ type: "enum", values: ["9600", "19200"] }, "9600"), "9600");
  assert.equal(read({ type: "duration" }, "5s"), "5s");
  assert.equal(read({ type: "mac" }, "a4-c1-38-8f-19-e9"), "A4:C1:38:8F:19:E9 (text)");
  assert.equal(read({ type: "mac" }, "a4c1388f19e9"), "A4:C1:38:8F:19:E9 (text)");
  assert.equal(read({ type: "eui64" }, "24-E1-24-13-6B-50-22-17"), "24e124136b502217 (text)");
  assert.equal(read({ type: "eui64" }, "1234567890123456"), "1234567890123456 (text)");
  assert.equal(read({ type: "topic" }, "site/hall"), "site/hall (text)");
});

test("what does not fit is told with what would", () => {
  assert.equal(read({ type: "int", range: [1, 247] }, "248"), 'p: expected a whole number from 1 to 247, found "248"');
  assert.equal(read({ type: "int" }, "1.5"), 'p: expected a whole number, found "1.5"');
  assert.equal(read({ type: "number" }, ".nan"), 'p: expected a number, found ".nan"');
  assert.equal(read({ type: "number" }, "~"), "p: expected a number, found nothing");
  assert.equal(read({ type: "bool" }, "yes"), 'p: expected true or false, found "yes"');
  assert.equal(
    read({ type: "enum", values: ["north", "south"] }, "noth"),
    'p: expected one of north, south, found "noth"; did you mean "north"?',
  );
  assert.equal(read({ type: "duration" }, "5"), 'p: expected a duration, e.g. 5s, found "5"');
  assert.equal(
    read({ type: "mac" }, "a4-c1:38-8f-19-e9"),
    'p: expected an address of six bytes, e.g. A4:C1:38:8F:19:E9, found "a4-c1:38-8f-19-e9"',
  );
  assert.equal(
    read({ type: "eui64" }, "24e124136b50221"),
    'p: expected an EUI-64 of eight bytes, e.g. 24e124136b502217, found "24e124136b50221"',
  );
  assert.equal(read({ type: "topic" }, '"a/#"'), 'p: expected a topic without + and #, found "a/#"');
  assert.equal(read({ type: "string" }, "[a]"), "p: expected text, found a list");
  assert.equal(read({ type: "string" }, "!secret a"), "p: the tag !secret is not supported by this version");
});

test("the example of a parameter fits its own type", () => {
  const specs: readonly (Partial<ParameterSpec> & Pick<ParameterSpec, "type">)[] = [
    { type: "int", range: [5, 9] },
    { type: "number" },
    { type: "string" },
    { type: "bool" },
    { type: "enum", values: ["x"] },
    { type: "duration" },
    { type: "mac" },
    { type: "eui64" },
    { type: "topic" },
    { type: "int", default: 7 },
  ];
  for (const spec of specs)
    assert.doesNotMatch(read(spec, exampleValue("p", parameterSpec.parse(spec))), /expected/, spec.type);
});
