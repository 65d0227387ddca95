import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAdapters } from "../../adapters/index.ts";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { mappingJsonSchema } from "../../src/mapping/json-schema.ts";
import type { JsonSchema } from "../../src/yaml/shape.ts";

const adapters = await loadAdapters();

function at(schema: JsonSchema, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], schema);
}

test("an editor offers every object and resource by name, with what the registry says of it", () => {
  const schema = mappingJsonSchema(catalogue, adapters);
  const description = (object: string, resource: string): unknown =>
    at(schema, "$defs", `names${object}`, "properties", resource, "description");
  assert.equal(description("10242", "tension_r"), "4 Tension R: R float, V, mandatory");
  assert.equal(description("3306", "dimmer"), "5851 Dimmer: RW integer, /100, 0..100");
  assert.equal(description("3", "error_code"), "11 Error Code: R integer, 0..32, mandatory, several");
  assert.equal(description("3", "reboot"), "4 Reboot: E, mandatory");
  const names = { $ref: "#/$defs/names3303" };
  assert.deepEqual(at(schema, "properties", "objects", "properties", "3303"), {
    description: "Temperature, several instances",
    allOf: [{ $ref: "#/$defs/object" }, names],
    patternProperties: { "^[0-9]+$": names },
  });
  assert.deepEqual(at(schema, "properties", "objects", "properties", "temperature"), {
    description: "Object 3303, Temperature",
    $ref: "#/properties/objects/properties/3303",
  });
});

test("a key that looks like a number is a key to an editor too, and every type stands behind as", () => {
  const resource = at(mappingJsonSchema(catalogue, adapters), "$defs", "resource", "properties");
  assert.ok(!JSON.stringify(resource).includes("propertyNames"));
  assert.match(JSON.stringify(at(resource as JsonSchema, "as")), /"enum":\["u8","u16",.*"bcd32","bool"/);
});

test("the keys of a resource are those of the core and of every protocol, each with its description", () => {
  const schema = mappingJsonSchema(catalogue, adapters);
  const resource = at(schema, "$defs", "resource", "properties") as Readonly<Record<string, JsonSchema>>;
  for (const key of ["as", "scale", "poll", "input", "holding", "sine"]) assert.ok(key in resource, key);
  assert.ok(!("device" in resource));
  assert.match(JSON.stringify(at(schema, "$defs", "resource", "properties", "input")), /FC 4/);
});

test("every takes groups of any name, and says what its limit is", () => {
  const schema = mappingJsonSchema(catalogue, adapters);
  assert.match(JSON.stringify(at(schema, "properties", "every", "properties", "limit")), /epmax/);
  assert.ok(typeof at(schema, "properties", "every", "additionalProperties") === "object");
});

test("a parameter may stand wherever a number is expected", () => {
  const schema = mappingJsonSchema(catalogue, adapters);
  assert.match(
    JSON.stringify(at(schema, "$defs", "resource", "properties", "scale")),
    /"type":"number".*"pattern":"\\\\\$"/,
  );
  assert.match(JSON.stringify(at(schema, "properties", "modbus", "properties", "unit_id")), /"pattern":"\\\\\$"/);
});

test("the schema of mappings stays below half a megabyte", () => {
  assert.ok(JSON.stringify(mappingJsonSchema(catalogue, adapters)).length < 500_000);
});

test("the schema of config.yaml knows the links of every protocol", () => {
  const schema = configJsonSchema(adapters);
  const links = JSON.stringify(at(schema, "properties", "links"));
  assert.match(links, /"type":\{"const":"modbus-tcp"\}/);
  assert.match(links, /"type":\{"const":"simulated"\}/);
  assert.match(JSON.stringify(at(schema, "properties", "devices")), /"each"/);
  assert.equal(at(schema, "additionalProperties"), false);
});

test("an editor offers the ways of firmware, their keys and their words", () => {
  const firmware = at(mappingJsonSchema(catalogue, adapters), "properties", "firmware", "properties") as JsonSchema;
  const text = (...path: readonly string[]): string => JSON.stringify(at(firmware, ...path));
  assert.match(text("via"), /"enum":\["exec",.*"smp"/);
  assert.match(text("transfer"), /"ack_timeout"/);
  assert.match(text("activate"), /"smp":.*"enum":\["test","confirm","reset"/);
  assert.match(text("accept"), /"max_size".*"type":\["string","integer"/);
  assert.match(text("verify"), /"healthy"/);
});
