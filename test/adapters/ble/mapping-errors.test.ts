import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadFolder } from "../../config/config-folder.ts";
import { aConfig } from "../../support/command.ts";

const SECTION = 'ble: { match: { address: "A4-C1-38-8F-19-E9" }, decode: bthome }\n';

/** The problems of a mapping whose section is line 3, and its objects from line 5 on. */
async function problems(t: TestContext, section: string, ...objects: readonly string[]): Promise<readonly string[]> {
  const mapping = `mapping: it\nprotocol: ble\n${section}objects:\n${objects.map((line) => `  ${line}\n`).join("")}`;
  const files = {
    "config.yaml": aConfig({ links: ["air: { type: ble }"], devices: ["{ id: one, mapping: it, link: air }"] }),
    "mappings/it.yaml": mapping,
  };
  return (await loadFolder(t, files)).problems.filter((problem) => problem.startsWith("mappings/it.yaml"));
}

const GOOD = [
  "3303: { sensor_value: { field: temperature_2, unit: Cel } }",
  "3304: { sensor_value: { service_data: fcd2, begins: 40, at: 4, as: u16le, scale: 0.01 } }",
  "3306: { on/off: { char: 2900, as: bool, write: { hex: '33 {value}', verify: 1s } }, 5851: { char: 0x2E10, as: u8 } }",
  "3: { reboot: { do: [ { char: FFF1, text: 'now $0' }, { wait: 1s }, { expect: FFF4, begins: '01', within: 2s } ] } }",
];

test("a mapping without a mistake has no problem, however UUIDs are spelled", async (t) => {
  assert.deepEqual(
    (await problems(t, SECTION, ...GOOD)).filter((one) => one.includes("error")),
    [],
  );
});

test("each mistake in the section is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    [
      "{ match: { address: A4:C1:38 } }",
      /^mappings\/it\.yaml:3:\d+: error: address: "A4:C1:38" is no address of a Bluetooth device/,
    ],
    ["{ match: {} }", /error: match: say whose advertisements they are: by address, name or only$/],
    ["{ match: { name: '*' } }", /error: name: expected a name, or its beginning and \*/],
    ["{ match: { name: a, adress: x } }", /unknown key "adress"; did you mean "address"\?/],
    ["{ match: { only: { major: 1 } } }", /major: `only` is of decoded fields: say by `decode`/],
    ["{ match: { only: { majr: 1 } }, decode: ibeacon }", /ibeacon has no field "majr" \(did you mean "major"\?\)/],
    ["{ match: { name: a }, decode: btome }", /decode: the gateway has no decoder "btome" \(did you mean "bthome"\?\)/],
    ["{ match: { name: a }, decode: pvvx }", /decode: .*atc/],
    ["{ match: { name: a }, key: '00' }", /key: a key is for what is decoded/],
    ["{ match: { name: a }, decode: ruuvi, key: '00' }", /key: Ruuvi is never encrypted: it has no key/],
    [
      "{ match: { name: a }, decode: bthome, key: '0011' }",
      /key: the key of BTHome v2 is 32 hexadecimal digits: it has 4$/,
    ],
    [
      "{ match: { name: a }, decode: bthome, key: zz }",
      /key: the key of BTHome v2 is 32 hexadecimal digits: other characters/,
    ],
    [
      "{ match: { name: a }, connect: keeep }",
      /connect: expected one of keep, poll, found "keeep"; did you mean "keep"\?/,
    ],
    ["{ match: { name: a }, timeout: 1h }", /timeout: expected up to 30s/],
    ["{ match: { name: a }, setup: [ { char: FFF1, hx: 1 } ] }", /setup/],
  ];
  for (const [section, message] of mistakes) {
    const [first = "none"] = await problems(
      t,
      `ble: ${section}\n`,
      "3303: { sensor_value: { char: 2A6E, as: s16le } }",
    );
    assert.match(first, message, section);
  }
});

test("each mistake in a resource is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    [
      "{ field: temprature }",
      /^mappings\/it\.yaml:5:\d+: error: field: bthome has no field "temprature" \(did you mean "temperature"\?\)$/,
    ],
    ["{ field: temperature, poll: 5s }", /the device tells this by itself: "poll" has no meaning here/],
    ["{ field: temperature, begins: '01' }", /begins: `begins` is for bytes/],
    ["{ field: temperature, via: notify }", /via: `via` stands beside `char`/],
    ["{ service_data: fcd, as: u8 }", /service_data: "fcd" is no UUID; expected e.g. 2A19/],
    ["{ manufacturer: 0x10499, as: u8 }", /manufacturer: must be at most 65535/],
    ["{ manufacturer: 0x0499, at: 3 }", /"as" is missing: bytes need a type/],
    ["{ manufacturer: 0x0499, begins: 5g, as: u8 }", /begins: "5g" are no bytes in hexadecimal; expected e.g. 01 a0/],
    ["{ manufacturer: 0x0499, char: 2A6E, as: u8 }", /more than one source: manufacturer and char/],
    [
      "{ char: 2A1C, field: temperatur }",
      /Temperature Measurement \(2a1c\) has no field "temperatur" \(did you mean "temperature"\?\)/,
    ],
    [
      "{ char: 2A6E, field: temperature }",
      /field: of the characteristic 2a6e the fields are not known: say `at` and `as`/,
    ],
    ["{ char: 2A1C, field: temperature, at: 1, as: u8 }", /at: a field is a value already/],
    [
      "{ char: 2A6E, as: s16le, via: notfy }",
      /via: expected one of read, notify, indicate, found "notfy"; did you mean "notify"\?/,
    ],
    ["{ unit: Cel }", /needs a source: one of field, service_data, manufacturer, char/],
  ];
  for (const [resource, message] of mistakes) {
    const [first = "none"] = await problems(t, SECTION, `3303: { sensor_value: ${resource} }`);
    assert.match(first, message, resource);
  }
});

test("each mistake in a write, and in a step, is told at its place", async (t) => {
  const writes: readonly (readonly [string, RegExp])[] = [
    ["{ field: power_on, write: true }", /the source "field" cannot be written/],
    [
      "{ service_data: fcd2, as: bool, write: { response: true } }",
      /write: an advertisement is not written: say which characteristic/,
    ],
    ["{ field: power_on, write: { char: FFF1 } }", /write: a field is no bytes: say by `hex` what is sent/],
    [
      "{ field: power_on, write: { char: FFF1, hex: '{value}' } }",
      /hex: a field is no bytes: leave out \{value\}, and say `when`/,
    ],
    ["{ char: FFF1, as: bool, write: { hex: '01' } }", /hex: what is sent has no \{value\}: say for which value it is/],
    ["{ char: FFF1, at: 2, as: bool, write: true }", /write: it is a part of what is read: say by `hex`/],
    [
      "{ char: FFF1, as: bool, write: { char: FFF2, verify: 1s } }",
      /verify: what is read is another thing than what is written/,
    ],
    [
      "{ char: FFF1, as: bool, write: { service: FFF0 } }",
      /write: `service` and `index` stand beside a `char` of their own/,
    ],
    ["{ char: FFF1, as: bool, write: { hexx: '01' } }", /unknown key "hexx"; did you mean "hex"\?/],
  ];
  for (const [resource, message] of writes)
    assert.match((await problems(t, SECTION, `3306: { on/off: ${resource} }`)).join("\n"), message, resource);
  const steps: readonly (readonly [string, RegExp])[] = [
    ["{ char: FFF1 }", /expected what is written: one of hex \(bytes\), text, and value with as/],
    ["{ char: FFF1, hex: '01', text: a }", /expected what is written: one of hex/],
    ["{ char: FFG1, hex: '01' }", /"FFG1" is no UUID/],
    ["{ char: FFF1, value: 1 }", /"as" is missing/],
    ["{ char: FFF1, hex: 01 }", /hex: bytes stand in quotes, "01 a0"/],
    ["{ char: 2900, hex: '01' }", /char: a UUID of digits alone stands in quotes, "2900"/],
    ["{ expect: FFF4, within: 5m }", /expected up to 60s/],
    ["{ wait: soon }", /"soon" is no duration/],
  ];
  for (const [step, message] of steps)
    assert.match((await problems(t, SECTION, `3: { reboot: { do: [ ${step} ] } }`)).join("\n"), message, step);
});

test("each mistake in the keys of a UART service is told at its place", async (t) => {
  const uart = "match: { name: a }, uart: nordic, frame: { end: ';' }, requests: { weigh: { send: 'W;' } }";
  const char = "{ char: 2A6E, as: s16le }";
  const mistakes: readonly (readonly [string, string, RegExp])[] = [
    ["match: { name: a }, frame: { end: ';' }", char, /yaml:3:\d+: error: frame: `frame` is of a service that carries/],
    ["match: { name: a }, requests: { weigh: { send: 'W' } }", char, /yaml:3:\d+: error: requests: `requests` is of a/],
    ["match: { name: a }, uart: nordic", char, /yaml:3:\d+: error: uart: say by `frame`, beside it, where a message/],
    [
      "match: { name: a }",
      "{ request: weigh }",
      /yaml:5:\d+: error: request: a request is of a UART service: say by `uart`/,
    ],
    [
      "match: { name: a }",
      "{ message: level }",
      /yaml:5:\d+: error: message: a message is of a UART service: say by `uart`/,
    ],
    [
      uart,
      "{ request: wiegh }",
      /yaml:5:\d+: error: request: the mapping has no request "wiegh" \(did you mean "weigh"\?\)/,
    ],
  ];
  for (const [section, resource, message] of mistakes) {
    const found = await problems(t, `ble: { ${section} }\n`, `3303: { sensor_value: ${resource} }`);
    assert.match(found.join("\n"), message, `${section}, ${resource}`);
  }
});
