import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { locateData } from "../../src/locate.ts";
import { loadFolder, withDevices } from "./config-folder.ts";

const METER = "{ id: meter-1, mapping: eastron-sdm630, link: bus }";

test("a wrong device entry is off and named; the others run", async (t) => {
  const { config, problems } = await loadFolder(
    t,
    withDevices(
      METER,
      "{ id: a, mapping: eastron-sdm63, link: bus }",
      "{ id: b, mapping: eastron-sdm630, link: buss }",
      "{ id: c, mapping: eastron-sdm630, link: trial }",
      "{ id: d, mapping: eastron-sdm630, link: bus, unit_id: 300 }",
      "{ id: e, mapping: eastron-sdm630, link: bus, unit: 3 }",
      "{ mapping: eastron-sdm630, link: bus, layout: gateway }",
      "{ id: f, mapping: eastron-sdm630, link: bus, prefix: 9 }",
      "5",
    ),
  );
  assert.deepEqual(
    config?.devices.map(({ id }) => id),
    ["meter-1"],
  );
  assert.deepEqual(
    config?.disabled.map(({ id }) => id),
    ["a", "b", "c", "d", "e", "?", "f", "?"],
  );
  assert.match(
    problems[0] ?? "",
    /^config\.yaml:6:23: error: there is no mapping "eastron-sdm63" in mappings or .*; did you mean "eastron-sdm630"\?$/,
  );
  assert.deepEqual(problems.slice(1), [
    'config.yaml:7:45: error: unknown link "buss"; did you mean "bus"?',
    'config.yaml:8:45: error: the link "trial" is simulated, but the mapping eastron-sdm630 speaks modbus',
    'config.yaml:9:59: error: unit_id: expected a whole number from 1 to 247, found "300"',
    'config.yaml:10:50: error: unknown key "unit"; did you mean "unit_id"?',
    'config.yaml:11:5: error: "id" is missing',
    "config.yaml:11:43: error: `layout` is not supported by this version",
    "config.yaml:12:58: error: prefix: a letter, then letters, digits, - and _, 32 at most",
    'config.yaml:13:5: error: devices: expected a map with id, mapping and link, found "5"',
  ]);
  assert.equal(config?.disabled[1]?.problems.length, 1);
});

test("a draft is not found by its name: the problem says where it lies and what to do", async (t) => {
  const { config, problems } = await loadFolder(t, {
    ...withDevices("{ id: a, mapping: abb-b21, link: bus }", "{ id: b, mapping: own, link: bus }"),
    "mappings/own.yaml": "mapping: own\nextends: abb-b23\n",
  });
  assert.deepEqual(config?.devices, []);
  const hint = (name: string) =>
    new RegExp(
      `error: there is no mapping "${name}" in mappings or .*, but a draft that was not compared with the maker's manual: ` +
        `compare .*/mappings/drafts/${name}\\.yaml, and copy it to mappings/ beside config\\.yaml`,
    );
  assert.match(problems[0] ?? "", hint("abb-b21"));
  assert.match(problems[1] ?? "", hint("abb-b23"));
});

test("a draft that was copied beside the configuration is a mapping like others", async (t) => {
  const copies = ["abb-b21", "abb-b23"].map((name) => [
    `mappings/${name}.yaml`,
    readFileSync(locateData("mappings", "drafts", `${name}.yaml`), "utf8"),
  ]);
  const { config, problems } = await loadFolder(t, {
    ...withDevices("{ id: a, mapping: abb-b21, link: bus }"),
    ...Object.fromEntries(copies),
  });
  assert.deepEqual(problems, []);
  assert.equal(config?.mappings.get("abb-b21")?.prepared.file.source, undefined);
});

test("a broken mapping switches off its devices, and is told once", async (t) => {
  const broken =
    "mapping: broken\nprotocol: modbus\nmodbus: { unit_id: 1 }\nobjects: { 3303: { sensor_valeu: { input: 0 } } }\n";
  const { config, problems } = await loadFolder(t, {
    ...withDevices(METER, "{ id: $n, mapping: broken, link: bus, each: { n: [x, y, z] } }"),
    "mappings/broken.yaml": broken,
  });
  assert.deepEqual(
    config?.devices.map(({ id }) => id),
    ["meter-1"],
  );
  assert.deepEqual(
    config?.disabled.map(({ id }) => id),
    ["x", "y", "z"],
  );
  assert.deepEqual(problems, [
    'mappings/broken.yaml:4:20: error: object 3303 (Temperature) has no resource "sensor_valeu"; did you mean "sensor_value"?',
  ]);
});

test("a mapping beside config.yaml stands before the packaged one of its name", async (t) => {
  const own = "mapping: eastron-sdm630\nprotocol: simulated\nobjects: { 3303: { sensor_value: { constant: 1 } } }\n";
  const files = withDevices("{ id: m, mapping: eastron-sdm630, link: trial }");
  const { config, problems } = await loadFolder(t, { ...files, "mappings/eastron-sdm630.yaml": own });
  assert.deepEqual(problems, []);
  assert.match(config?.mappings.get("eastron-sdm630")?.hides ?? "", /mappings\/eastron-sdm630\.yaml$/);
});

test("an unknown protocol is told where the mapping names it", async (t) => {
  const files = {
    ...withDevices("{ id: m, mapping: x, link: trial }"),
    "mappings/x.yaml": "mapping: x\nprotocol: modbuss\nobjects: {}\n",
  };
  assert.deepEqual((await loadFolder(t, files)).problems, [
    'mappings/x.yaml:2:11: error: unknown protocol "modbuss"; did you mean "modbus"?',
  ]);
});

test("no mapping's name leads out of the folder", async (t) => {
  const { problems } = await loadFolder(t, withDevices("{ id: m, mapping: ../config, link: trial }"));
  assert.match(problems[0] ?? "", /there is no mapping "\.\.\/config"/);
});

test("two devices with one id, prefix or former id cannot be", async (t) => {
  const { config, problems } = await loadFolder(
    t,
    withDevices(
      "{ id: a, mapping: simulated-climate, link: trial, prefix: p, was: o }",
      "{ id: a, mapping: simulated-climate, link: trial }",
      "{ id: b, mapping: simulated-climate, link: trial, prefix: p }",
      "{ id: c, mapping: simulated-climate, link: trial, was: o }",
      "{ id: d, mapping: simulated-climate, link: trial, each: { n: 1..2 } }",
    ),
  );
  assert.deepEqual(
    config?.devices.map(({ id }) => id),
    ["a", "d"],
  );
  assert.deepEqual(problems, [
    'config.yaml:6:11: error: two devices have the id "a"; the other stands at config.yaml:5:11',
    'config.yaml:7:63: error: two devices have the prefix "p"; the other stands at config.yaml:5:63',
    'config.yaml:8:60: error: two devices have the was "o"; the other stands at config.yaml:5:71',
    'config.yaml:9:11: error: each makes several devices with the same id "d": write $… in it',
  ]);
});

test("a thousand devices of one mapping load", async (t) => {
  const { config } = await loadFolder(
    t,
    withDevices("{ id: m-$n, mapping: eastron-sdm630, link: bus, each: { n: 1..1000 }, unit_id: 3 }"),
  );
  assert.equal(config?.devices.length, 1000);
});

test("two devices whose identity gives them one name: the later is named after the gateway, and it is told", async (t) => {
  const named = `mapping: named
protocol: modbus
params: { serial: { type: string }, unit_id: { type: int, default: 1 } }
modbus: { unit_id: $unit_id }
identity: { pen: 32473, serial_number: $serial }
objects: { 3303: { sensor_value: { input: 0 } } }
`;
  const entry = (id: string, more: string) => `{ id: ${id}, mapping: named, link: bus, ${more} }`;
  const { config, problems } = await loadFolder(t, {
    ...withDevices(
      entry("a", "serial: A1"),
      entry("b", "serial: A1"),
      entry("c", "serial: C3"),
      entry("d", 'serial: D4, device_id: "urn:dev:os:32473-C3"'),
    ),
    "mappings/named.yaml": named,
  });
  assert.deepEqual(
    config?.devices.map(({ id, deviceId }) => [id, deviceId]),
    [
      ["a", "urn:dev:os:32473-A1"],
      ["b", undefined],
      ["c", undefined],
      ["d", "urn:dev:os:32473-C3"],
    ],
    "what the user wrote stands, wherever it stands",
  );
  const told = problems.filter((problem) => problem.includes("Device ID"));
  assert.equal(told.length, 2);
  assert.match(
    told[0] ?? "",
    /^config\.yaml:6:\d+: warning: the identity of "b" makes the Device ID urn:dev:os:32473-A1, which the device at config\.yaml:5:\d+ has/,
  );
});
