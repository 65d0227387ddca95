import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadFolder } from "../../config/config-folder.ts";
import { aConfig } from "../../support/command.ts";

const SECTION = `serial:
  frame: { end: "\\r\\n" }
  requests:
    weigh: { send: "SI\\r\\n", expect: 'S (?<weight>[\\d.]+) (?<unit>g|kg)' }
    zero: { send: "Z\\r\\n", expect: 'Z A' }
    set: { send: "SP {value}\\r\\n", expect: 'OK' }
  messages:
    alarm: { match: 'A,.*', split: ",", fields: { level: 1 } }
`;
const GOOD = "sensor_value: { request: weigh, field: weight }";

/** The problems of the mapping, which begins with two lines of its own; the section stands in lines 3 to 10. */
async function problems(t: TestContext, section: string, ...objects: readonly string[]): Promise<readonly string[]> {
  const mapping = `mapping: it\nprotocol: serial\n${section}objects:\n${objects.map((line) => `  ${line}\n`).join("")}`;
  const link = "line: { type: serial-over-tcp, host: 127.0.0.1, port: 1 }";
  const device = "{ id: one, mapping: it, link: line }";
  const files = { "config.yaml": aConfig({ links: [link], devices: [device] }), "mappings/it.yaml": mapping };
  return (await loadFolder(t, files)).problems.filter((problem) => problem.startsWith("mappings/it.yaml"));
}

const inLoad = (resource: string): readonly string[] => [`3322: { ${resource} }`];

test("a mapping without a mistake has no problem", async (t) => {
  assert.deepEqual(await problems(t, SECTION, ...inLoad(GOOD)), []);
});

test("each mistake in a resource is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    [
      "{ request: weight, field: weight }",
      /^mappings\/it\.yaml:12:36: error: .*no request "weight" \(did you mean "weigh"\?\)/,
    ],
    ["{ message: alarms, field: level }", /12:36: error: .*no message "alarms" \(did you mean "alarm"\?\)/],
    ["{ request: weigh, field: wieght }", /12:50: error: .*no field "wieght" \(did you mean "weight"\?\)/],
    ["{ request: zero, field: x }", /12:49: error: .*no field "x": the message has none/],
    ["{ request: weigh, field: weight, at: 2, as: u8 }", /error: .*a field or bytes, not both/],
    [
      "{ request: weigh, field: weight, scale_by: { field: units, g: 1 } }",
      /error: .*no field "units" \(did you mean "unit"\?\)/,
    ],
    ["{ request: weigh, field: weight, quality: { field: unti, good: g } }", /error: .*no field "unti"/],
    [
      "{ message: alarm, field: level, poll: 5s }",
      /12:63: error: the device tells this by itself: "poll" has no meaning here/,
    ],
    ["{ request: weigh, message: alarm, field: level }", /more than one source: request and message/],
    ["{ request: weigh, at: 2 }", /"as" is missing: bytes need a type/],
    ["{ request: weigh, feild: weight }", /unknown key "feild"; did you mean "field"\?/],
  ];
  for (const [resource, message] of mistakes) {
    const [first = "none"] = await problems(t, SECTION, ...inLoad(`sensor_value: ${resource}`));
    assert.match(first, message, resource);
  }
});

test("each mistake in a write and in a step is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ["3306: { on/off: { request: zero, write: true } }", /takes no \{value\}: say for which value it is sent/],
    ["3306: { on/off: { request: zero, write: { request: tare, when: true } } }", /no request "tare"/],
    ["3306: { on/off: { message: alarm, field: level, write: { when: true } } }", /a message is not written/],
    ["3306: { on/off: { message: alarm, field: level, write: true } }", /the source "message" cannot be written/],
    ["3: { reboot: { do: [ { request: reset } ] } }", /12:24: error: .*Reboot.*no request "reset"/],
    ["3: { reboot: { do: [ { request: set } ] } }", /the request "set" needs a value/],
    ["3: { reboot: { do: [ { request: zero, value: 1 } ] } }", /the request "zero" takes no \{value\}/],
    ["3: { reboot: { do: [ { requests: zero } ] } }", /unknown key "requests"; did you mean "request"\?/],
  ];
  for (const [object, message] of mistakes) {
    const [first = "none"] = (await problems(t, SECTION, object)).filter((problem) => problem.includes("error"));
    assert.match(first, message, object);
  }
});

test("each mistake in the section is told at its place", async (t) => {
  const mistakes: readonly (readonly [from: string, to: string, RegExp])[] = [
    ["S (?<weight>", "S (?<weight", /^mappings\/it\.yaml:6:38: error: .*"S .*" is no pattern: .*\(character 5\)/],
    [
      "'Z A' }",
      "'Z A', fail: { 'Z (I': busy } }",
      /7:59: error: .*"Z \(I" is no pattern: "\(" is not closed; write \\\( .*\(character 3\)/,
    ],
    ["'Z A' }", "'Z A', answer: false }", /expect and fail are about an answer, and there is none/],
    ['send: "Z\\r\\n", ', "", /error: .*expected what is sent: either send \(text\) or hex \(bytes\)/],
    ['send: "Z\\r\\n"', "hex: 5a 0", /"5a 0" are no bytes in hexadecimal/],
    ['send: "Z\\r\\n"', 'send: "{value} {value}"', /\{value\} stands there more than once/],
    ['send: "Z\\r\\n"', 'send: "€"', /no Latin-1: give `charset: utf-8`/],
    ['split: ",", ', "", /10:\d+: error: .*a column needs `split`/],
    ["level: 1", "level: 9..3", /expected the first character first, e\.g\. 3\.\.10/],
    ["level: 1", "level: first", /expected a column, from 0, or characters/],
    ["fields: { level: 1 }", "fields: { level: 1 }, only: { levle: 2 }", /no field "levle" \(did you mean "level"\?\)/],
    ['frame: { end: "\\r\\n" }', 'frame: { ends: "\\r\\n" }', /4:12: error: unknown key "ends"; did you mean "end"\?/],
    ['frame: { end: "\\r\\n" }', "frame: { max: 80 }", /4:10: error: .*expected how a frame ends/],
    ['frame: { end: "\\r\\n" }', 'frame: { end: "\\r\\n", checksum: crc32 }', /4:\d+: error: .*checksum/],
    [
      'frame: { end: "\\r\\n" }',
      'frame: { start: "$", end: "\\r\\n" }',
      /4:19: error: \$ names no parameter: write \$\$ for a dollar/,
    ],
  ];
  for (const [from, to, message] of mistakes) {
    assert.ok(SECTION.includes(from), from);
    const found = await problems(t, SECTION.replace(from, to), ...inLoad(GOOD));
    assert.match(found.join("\n"), message, to);
  }
});

test("each mistake in a link is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ["{ type: serial, port: ttyS0, line: 9600-8N1 }", /expected the path of a port/],
    ["{ type: serial, port: /dev/ttyS0 }", /line/],
    ["{ type: serial, port: /dev/ttyS0, line: 9600 }", /is no line setting/],
    ["{ type: serial, port: /dev/ttyS0, line: 9600-8N1, flow: hardware }", /flow|expected/],
    ["{ type: serial, port: /dev/ttyS0, line: 9600-8N1, flow: rts-cts, rts: true }", /flow: rts-cts moves that line/],
    ["{ type: serial-over-tcp, host: box }", /port/],
    ["{ type: serial-over-tcp, host: box, port: 70000 }", /expected a number from 1 to 65535/],
    ["{ type: serials, host: box }", /unknown type of link "serials"; did you mean "serial"\?/],
  ];
  for (const [link, message] of mistakes) {
    const { problems: found } = await loadFolder(t, { "config.yaml": aConfig({ links: [`line: ${link}`] }) });
    assert.match(found[0] ?? "none", message, link);
    assert.match(found[0] ?? "none", /^config\.yaml:7:\d+: error: /, link);
  }
});

test("each mistake about values in bytes is told at its place", async (t) => {
  const section = (requests: string) => `serial:\n  frame: { start: "\\x02", size: 8 }\n  requests:\n    ${requests}\n`;
  const level = (write: string) => `sensor_value: { request: state, at: 2, as: u16, write: ${write} }`;
  const STATE = 'state: { hex: "10" }';
  const onOff = (source: string) => `3306: { dimmer: { ${source} } }`;
  for (const [requests, resource, message] of [
    [
      'state: { hex: "10 {value:u17}" }',
      "",
      /^mappings\/it\.yaml:6:19: error: .*"u17" is no type of a number \(did you mean "u1/,
    ],
    ['state: { hex: "1 {value}" }', "", /6:19: error: .*"1" are no bytes in hexadecimal/],
    ['state: { hex: "{value} {value}" }', "", /6:19: error: .*\{value\} stands there more than once/],
    ['state: { hex: "" }', "", /6:19: error: .*are no bytes in hexadecimal/],
    ['state: { send: "A{value:u16}" }', "", /6:20: error: .*types of numbers are for hex/],
    [
      `${STATE}\n    set: { hex: "11 {value:u16}" }`,
      onOff("request: state, at: 2, as: u16, write: { request: set }"),
      /the value is bytes, .*takes them in hex, as \{value\} alone/,
    ],
    [
      `${STATE}\n    set: { send: "S{value}" }`,
      onOff("request: state, at: 2, as: u16, write: { request: set }"),
      /the value is bytes/,
    ],
    [
      `${STATE}\n    set: { hex: "11 {value}" }`,
      onOff("request: state, write: { request: set }"),
      /takes bytes: say which the value becomes, e\.g\. \{value:u16\}/,
    ],
    [
      `${STATE}\n    set: { hex: "11" }`,
      onOff("request: state, at: 2, as: u16, write: { request: set, when: 1 }"),
      /when: it is for values that are no bytes/,
    ],
    [
      `${STATE}\n    set: { hex: "11 {value}" }`,
      "3: { reboot: { do: [ { request: set, value: 1 } ] } }",
      /takes bytes of a resource: for a step say which/,
    ],
  ] as const) {
    const lines = resource === "" ? inLoad(level("false")) : [resource];
    const [first = "none"] = (await problems(t, section(requests), ...lines)).filter((one) => one.includes("error"));
    assert.match(first, message, `${requests} ${resource}`);
  }
  const good = section(
    `${STATE}\n    set: { hex: "11 {value}", wrap: true }\n    level: { hex: "12 {value:s16le}", wrap: true }`,
  );
  const found = await problems(
    t,
    good,
    onOff("request: state, at: 2, as: u16, scale: 0.1, write: { request: set }"),
    "3: { reboot: { do: [ { request: level, value: 5 } ] } }",
  );
  assert.deepEqual(
    found.filter((one) => one.includes("error")),
    [],
  );
});
