import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, loadFolder, withDevices } from "./config-folder.ts";

const ROOM = "mapping: simulated-climate, link: trial";

async function ids(t: Parameters<typeof loadFolder>[0], entry: string, files: Readonly<Record<string, string>> = {}) {
  const { config, problems } = await loadFolder(t, { ...withDevices(entry), ...files });
  return { ids: config?.devices.map(({ id }) => id) ?? [], problems, devices: config?.devices ?? [] };
}

test("a range makes a device for each number, both ends included", async (t) => {
  const { ids: made, problems } = await ids(t, `{ id: room-$n, ${ROOM}, each: { n: 8..11 } }`);
  assert.deepEqual(problems, []);
  assert.deepEqual(made, ["room-8", "room-9", "room-10", "room-11"]);
});

test("a list, and several keys side by side; a key may be a parameter or a name of its own", async (t) => {
  const {
    ids: made,
    devices,
    problems,
  } = await ids(t, `{ id: "$(name)x", ${ROOM}, each: { name: [a, b], mean: [20, 25.5] } }`);
  assert.deepEqual(problems, []);
  assert.deepEqual(made, ["ax", "bx"]);
  assert.match(devices[1]?.fingerprint ?? "", /\["mean","25\.5"\]/);
});

test("$name may stand in any text of the entry, and a device's own parameters in its id", async (t) => {
  const { devices, problems } = await ids(
    t,
    "{ id: m-$unit_id, mapping: eastron-sdm630, link: bus, each: { unit_id: 1..2 }, prefix: p$unit_id, device_id: urn:x:$unit_id, ct_ratio: $unit_id }",
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    devices.map(({ prefix, deviceId }) => [prefix, deviceId]),
    [
      ["p1", "urn:x:1"],
      ["p2", "urn:x:2"],
    ],
  );
  assert.match(JSON.stringify(devices[1]?.device), /"unit_id":2/);
  assert.deepEqual((await ids(t, "{ id: m-$unit_id, mapping: eastron-sdm630, link: bus, unit_id: 7 }")).ids, ["m-7"]);
});

test("a CSV file makes a device for each line; its other columns are names too", async (t) => {
  const csv = 'name;unit_id;note\r\nhall;3;"a ""big"" one; with a roof"\r\n\r\nyard;"4";\r\n';
  const {
    ids: made,
    devices,
    problems,
  } = await ids(t, "{ id: $name, mapping: eastron-sdm630, link: bus, each: meters.csv }", { "meters.csv": csv });
  assert.deepEqual(problems, []);
  assert.deepEqual(made, ["hall", "yard"]);
  assert.deepEqual(
    devices.map(({ device }) => (device as { unit_id: number }).unit_id),
    [3, 4],
  );
});

test("what is wrong in a line of a CSV file is told there, and switches off that device alone", async (t) => {
  const { ids: made, problems } = await ids(t, "{ id: $name, mapping: eastron-sdm630, link: bus, each: meters.csv }", {
    "meters.csv": "name,unit_id\na,1\nb,999\n",
  });
  assert.deepEqual(made, ["a"]);
  assert.deepEqual(problems, ['meters.csv:3:3: error: unit_id: expected a whole number from 1 to 247, found "999"']);
});

test("a CSV file of another shape is refused with its places", async (t) => {
  const told = async (csv: string) =>
    (await ids(t, "{ id: $name, mapping: eastron-sdm630, link: bus, each: m.csv }", { "m.csv": csv })).problems;
  assert.deepEqual(await told("name,name\na,b\n"), ['m.csv:1:6: error: the column "name" is there twice']);
  assert.deepEqual(await told("name,unit id\na,1\nb\n"), [
    'm.csv:1:6: error: "unit id" is no name of a column: letters, digits and _ only',
    "m.csv:3:1: error: 1 columns; the first line has 2",
  ]);
  assert.match((await told('name\n"a\n'))[0] ?? "", /^m\.csv:2:1: error: a quote is not closed/);
  assert.match((await told(""))[0] ?? "", /^m\.csv:1:1: error: expected a line with the names of the columns/);
  assert.match(
    (await ids(t, "{ id: x, mapping: y, link: bus, each: none.csv }")).problems[0] ?? "",
    /config\.yaml:5:\d+: error: cannot read none\.csv/,
  );
  assert.match(
    (await told(`name\n${"x\n".repeat(200_000)}`))[0] ?? "",
    /^config\.yaml:5:\d+: error: each: m\.csv has 200000 lines, which are more than 10000 devices$/,
  );
});

test("what each cannot be is told", async (t) => {
  const told = async (each: string) => (await ids(t, `{ id: r$n, ${ROOM}, each: ${each} }`)).problems.join("\n");
  assert.match(await told("{ n: 1..3, mean: [1, 2] }"), /each: "mean" has 2 values, but "n" has 3/);
  assert.match(await told("{ n: 5..1 }"), /expected a range such as 1\.\.12 or a list, found "5\.\.1"/);
  assert.match(await told("{ n: 1..900000000 }"), /each: 1\.\.900000000 is more than 10000 devices/);
  assert.match(await told("{ n: 5 }"), /expected a range/);
  assert.match(await told("{ n: [[1]] }"), /found a list/);
  assert.match(await told("{ 1n: [1] }"), /"1n" is no name/);
  assert.match(await told("[1, 2]"), /each: expected e\.g\. \{ unit_id: 1\.\.12 \} or a CSV file, found a list/);
  assert.match(await told("{ m: [1] }"), /\$n is not a parameter of this device \(have: m\)/);
});

test("a name that is nearly a parameter is a warning", async (t) => {
  const { ids: made, problems } = await ids(
    t,
    "{ id: m-$unti_id, mapping: eastron-sdm630, link: bus, each: { unti_id: 1..2 } }",
  );
  assert.deepEqual(made, ["m-1", "m-2"]);
  assert.deepEqual(problems, [
    'config.yaml:5:76: warning: each: "unti_id" is not a parameter of eastron-sdm630; did you mean "unit_id"?',
  ]);
});

test("an entry that is no device has no effect on the ones around it", async (t) => {
  const text = `${BASE}devices:\n  - { id: a, ${ROOM} }\n  - [ ]\n  - { id: b, ${ROOM} }\n`;
  const { config } = await loadFolder(t, { "config.yaml": text });
  assert.deepEqual(
    config?.devices.map(({ id }) => id),
    ["a", "b"],
  );
});
