import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { parse } from "yaml";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { configSchema } from "../../src/config/schema.ts";
import { locateData } from "../../src/locate.ts";
import { knownKeys } from "../../src/yaml/shape.ts";
import { command } from "../support/command.ts";
import { misfits } from "../support/json-schema.ts";

/** As an editor reads YAML: by its own rules of what is a number. */
const yaml = (path: string): unknown => parse(readFileSync(locateData(path), "utf8"));

test("the schema of config.yaml takes the example, and points at typos", async (t) => {
  const { code, stdout, stderr } = await command(t, "schema", "config");
  assert.equal(code, 0, stderr);
  const schema = JSON.parse(stdout);
  assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  assert.deepEqual(misfits(schema, yaml("config.example.yaml")), []);
  const typos = parse(`
gateway: { endpiont: g }
servers: [ { id: 1, uri: "coap://h", version: 1.3, lifetme: 5m } ]
links: { bus: { type: modbus-tpc } }
devices: [ { id: 7, mapping: x, link: y, any_parameter: 1 }, { mapping: x, link: y } ]
`);
  assert.deepEqual(misfits(schema, typos), [
    "/gateway: required endpoint",
    "/gateway: unknown endpiont",
    "/servers/0/version: none of anyOf",
    "/servers/0: unknown lifetme",
    "/links/bus: none of anyOf",
    "/devices/1: required id",
  ]);
});

test("the schema of config.yaml knows how a server is secured, and every key of that stands in the example and in the docs", () => {
  const keys = parse(
    "psk: { identity: 42, key: x }\nx509: { private_key: k, certificates: c, server: [a, b], usage: trust-anchr }",
  );
  const server = {
    id: 1,
    uri: "coaps://h",
    ...keys,
    dtls: { suites: [49320, "TLS_PSK_WITH_AES_128_CCM_8"], cid: "off" },
  };
  const schema = configJsonSchema([]);
  assert.deepEqual(misfits(schema, { gateway: { endpoint: "g" }, servers: [server] }), [
    "/servers/0/x509/usage: none of anyOf",
    "/servers/0/dtls: unknown cid",
  ]);
  const [example = "", page = ""] = ["config.example.yaml", "docs/configuration.md"].map((file) =>
    readFileSync(locateData(file), "utf8"),
  );
  for (const mode of ["psk", "rpk", "x509", "dtls"]) {
    for (const key of knownKeys(configSchema, ["servers", 0, mode])) {
      assert.match(example, new RegExp(`#   ${key}: `), `${mode}.${key}`);
      assert.ok(page.includes(key === "private_key" ? "`private_key`" : `\`${mode}.${key}\``), `${mode}.${key}`);
    }
  }
});

test("the schema of mappings takes every mapping that is shipped, and points at typos", async (t) => {
  const { code, stdout, stderr } = await command(t, "schema", "mapping");
  assert.equal(code, 0, stderr);
  const schema = JSON.parse(stdout);
  assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  const files = readdirSync(locateData("mappings")).filter((name) => name.endsWith(".yaml"));
  assert.ok(files.length >= 3);
  for (const file of files) assert.deepEqual(misfits(schema, yaml(`mappings/${file}`)), [], file);
  for (const where of ["path: weight, scale_by: { path: unit", "field: weight, scale_by: { field: unit"]) {
    const scaled = parse(
      `{ mapping: x, protocol: mqtt, objects: { 3322: { sensor_value: { ${where}, g: 0.001 } } } } }`,
    );
    assert.deepEqual(misfits(schema, scaled), [], "one word of two protocols");
  }
  const typos = parse(`
mapping: x
protocol: modbsu
modbus: { unit_id: $unit, adressing: one }
objects:
  3303: { sensor_value: { input: 0, unti: Cel, scale: high } }
  temperature: { min_measured_value: { input: 0, bits: 4..x } }
`);
  const faults = misfits(schema, typos);
  for (const fault of ["/objects/3303/sensor_value: unknown unti", "/modbus: unknown adressing"]) {
    assert.ok(faults.includes(fault), faults.join("\n"));
  }
  const places = new Set(faults.map((fault) => fault.split(":")[0]));
  assert.deepEqual([...places].sort(), [
    "/modbus",
    "/objects/3303/sensor_value",
    "/objects/3303/sensor_value/scale",
    "/objects/temperature/min_measured_value/bits",
    "/protocol",
  ]);
});

test("any other word is refused", async (t) => {
  const { code, stdout, stderr } = await command(t, "schema", "mappings");
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^lwm2m-gateway: schema takes one word: config or mapping \[LG101\]\n/);
});
