import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadFolder } from "../../config/config-folder.ts";
import { aConfig } from "../../support/command.ts";

const SECTION = `mqtt:
  state: dev/state
  topics:
    up: { topic: app/+/up, only: { fPort: 2 } }
  requests:
    set: { topic: dev/set, json: { v: "{value}" } }
    ask: { topic: dev/ask, send: "{id}", reply: { topic: dev/answer, match: { id: "{id}" } } }
    reset: { topic: dev/reset, send: "1" }
`;

/** The problems of the mapping: its section begins in line 3, its objects behind that. */
async function problems(t: TestContext, section: string, ...objects: readonly string[]): Promise<readonly string[]> {
  const mapping = `mapping: it\nprotocol: mqtt\n${section}objects:\n${objects.map((line) => `  ${line}\n`).join("")}`;
  const link = "broker: { type: mqtt, url: mqtt://127.0.0.1:1 }";
  const files = {
    "config.yaml": aConfig({ links: [link], devices: ["{ id: one, mapping: it, link: broker }"] }),
    "mappings/it.yaml": mapping,
  };
  return (await loadFolder(t, files)).problems.filter((problem) => problem.startsWith("mappings/it.yaml"));
}

const GOOD = [
  "3303: { sensor_value: { path: a.b, write: { request: set }, scale_by: { path: u, k: 1000 }, quality: { path: ok, good: true } } }",
  "3304: { sensor_value: { topic: up, path: data, encoding: base64, at: 0, as: u8 } }",
  "3306: { on/off: { topic: dev/power, enum: { ON: true, OFF: false } }, 5853: { request: ask, path: word } }",
  "3: { reboot: { do: [ { request: reset }, { wait: 1s }, { publish: log, send: done } ] } }",
];

test("a mapping without a mistake has no problem", async (t) => {
  assert.deepEqual(
    (await problems(t, SECTION, ...GOOD.map((line) => line.replace("write: { request: set }, ", "")))).filter(
      (one) => !one.includes("warning"),
    ),
    [],
  );
});

test("each mistake in a resource is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ["{ pth: a }", /^mappings\/it\.yaml:12:27: error: unknown key "pth"; did you mean "path"\?$/],
    ["{ path: a b }", /12:33: error: path: "a b" is no path of JSON: expected a name, .* \(character 2\)$/],
    ["{ topic: upp, path: a }", /12:34: error: topic: the mapping has no topic "upp" \(did you mean "up"\?\)$/],
    ["{ topic: a/#/b }", /12:34: error: topic: "a\/#\/b": # stands alone at the end/],
    ["{ topic: up, request: ask, path: a }", /12:38: error: .* has more than one source: topic and request$/],
    ["{ request: aks, path: a }", /12:36: error: request: the mapping has no request "aks" \(did you mean "ask"\?\)$/],
    [
      "{ request: reset, path: a }",
      /12:36: error: request: the request "reset" has no `reply`: nothing can be read of it$/,
    ],
    ["{ path: a, at: 2, as: u8 }", /12:40: error: at: bytes within JSON are written as text/],
    ["{ topic: up, at: 2 }", /"as" is missing: bytes need a type/],
    ["{ path: a, encoding: base65, as: u8 }", /encoding: expected .*base64/],
    ["{ path: a, poll: 5s }", /12:42: error: the device tells this by itself: "poll" has no meaning here$/],
    ["{ path: a, scale_by: { k: 1000 } }", /error: .*"path" is missing/],
    ["{ const: 1, path: a }", /"path" has no meaning beside "const"/],
    ["{ unit: Cel }", /needs a source: one of topic, request, path, const, param, expr/],
  ];
  for (const [resource, message] of mistakes) {
    const [first = "none"] = await problems(t, SECTION, `3303: { sensor_value: ${resource} }`);
    assert.match(first, message, resource);
  }
});

test("each mistake in a write, and in a step, is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ["on/off: { path: a, write: true }", /the source "path" cannot be written/],
    ["on/off: { path: a, write: { request: sett } }", /no request "sett" \(did you mean "set"\?\)/],
    ["on/off: { path: a, write: { request: reset } }", /takes no \{value\}: say for which value/],
    ["on/off: { path: a, write: { requst: set } }", /unknown key "requst"; did you mean "request"\?/],
  ];
  for (const [resource, message] of mistakes) {
    const found = await problems(t, SECTION, `3306: { ${resource} }`);
    assert.match(found.join("\n"), message, resource);
  }
  const steps: readonly (readonly [string, RegExp])[] = [
    ["{ request: rest }", /no request "rest" \(did you mean "reset"\?\)/],
    ["{ request: set }", /the request "set" needs a value/],
    ["{ request: reset, value: 1 }", /the request "reset" takes no \{value\}/],
    ["{ publish: a/+, send: x }", /"a\/\+" has a wildcard/],
    ["{ publish: a }", /expected what is sent: one of send \(text\), json and hex \(bytes\)/],
    ['{ publish: a, send: "{value}" }', /a step that publishes has no \{value\}/],
  ];
  for (const [step, message] of steps) {
    const [first = "none"] = await problems(t, SECTION, `3: { reboot: { do: [ ${step} ] } }`);
    assert.match(first, message, step);
  }
});

test("each mistake in the section is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ["  state: a/b#", /3: error: .*state: "a\/b#": # stands alone|:4:10: error: state: "a\/b#": # stands alone/],
    ["  stat: a", /4:3: error: unknown key "stat"; did you mean "state"\?/],
    ["  state: $$share/g/a", /a shared subscription gets some of the messages only/],
    ["  topics: { a b: x/y }", /expected a name of letters, digits/],
    ["  only: { id: 1 }", /only: it is of `state`, and there is none/],
    ['  state: s\n  only: { "a b": 1 }', /"a b" is no path of JSON/],
    ["  state: s\n  retained: keep", /retained: expected .*ignore/],
    ["  state: s\n  qos: 3", /qos: expected a quality of service: 0, 1 or 2/],
    ["  state: s\n  time: ..", /".." is no path of JSON/],
    ["  state: s\n  availability: { topc: x }", /"topic" is missing|unknown key "topc"/],
    ["  state: s\n  signal: { rsi: x }", /unknown key "rsi"; did you mean "rssi"\?/],
    ["  requests: { a: { topic: x } }", /expected what is sent: one of send/],
    ["  requests: { a: { topic: x, send: a, hex: 00 } }", /expected what is sent: one of send/],
    ["  requests: { a: { topic: x, hex: 0 } }", /"0" are no bytes in hexadecimal/],
    ["  requests: { a: { topic: x/#, send: a } }", /"x\/#" has a wildcard/],
    ["  requests: { a: { topic: x, send: a, timeout: 0 } }", /a timeout is longer than 0/],
    [
      '  requests: { a: { topic: x, send: a, reply: { topic: y, match: { i: "{id}" } } } }',
      /the answer has the \{id\} of the request, and the request sends none/,
    ],
    ["  requests: { a: { topic: x, send: a, reply: automatic } }", /reply: expected/],
  ];
  for (const [section, message] of mistakes) {
    const found = await problems(t, `mqtt:\n${section}\n`, "3303: { sensor_value: { topic: t/x } }");
    assert.match(found[0] ?? "none", message, section);
  }
});
