import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadFolder } from "./config-folder.ts";

const DEVICES = [
  "links: { bus: { type: modbus-tcp, host: h } }",
  "devices:",
  "  - { id: meter-1, mapping: eastron-sdm630, link: bus, unit_id: 1 }",
  "  - { id: valve-1, mapping: valve-actuator, link: bus, unit_id: 2, stored_objects: [16] }",
];

/** Line 5 has the first entry, its first key in column 9. */
function withEntries(entries: readonly string[], keys = ""): Readonly<Record<string, string>> {
  const lines = [
    "gateway: { endpoint: gw, stored_objects: [19] }",
    "servers:",
    `  - { id: 1, uri: "coap://h"${keys}, report: [`,
    ...entries.map((entry) => `      { ${entry} },`),
    "    ] }",
    ...DEVICES,
  ];
  return { "config.yaml": `${lines.join("\n")}\n` };
}

async function entriesOf(t: TestContext, ...entries: readonly string[]) {
  const { config, problems } = await loadFolder(t, withEntries(entries));
  assert.deepEqual(problems, []);
  return config?.servers[0]?.reports ?? assert.fail();
}

async function problemsOf(t: TestContext, entry: string, keys = ""): Promise<readonly string[]> {
  return (await loadFolder(t, withEntries([entry], keys))).problems;
}

test("an interval, each change and each measurement are read, with names, thresholds and what is kept", async (t) => {
  const [first, second, third] = await entriesOf(
    t,
    'paths: ["/*/10242/0/*", /3/0/0], every: 15s',
    "paths: [/meter-1], every: change, name: power, pmin: 5s, pmax: 1h, gt: 10.5, lt: -2, st: 0.5, keep: 100",
    'paths: ["/valve-*"], every: sample, name: 7',
  );
  assert.deepEqual(
    [first?.name, first?.when, first?.paths.map(({ text }) => text)],
    ["/*/10242/0/*,/3/0/0", { type: "interval", every: 15_000 }, ["/*/10242/0/*", "/3/0/0"]],
  );
  assert.equal(first !== undefined && "keep" in first, false);
  const attributes = { pmin: 5, pmax: 3600, gt: 10.5, lt: -2, st: 0.5 };
  assert.deepEqual([second?.name, second?.keep, second?.when], ["power", 100, { type: "change", attributes }]);
  assert.deepEqual([third?.name, third?.when], ["7", { type: "sample" }]);
});

test("without report: a server has no entries", async (t) => {
  assert.deepEqual(await entriesOf(t), []);
});

const WRONG: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a path that is none": [
    "paths: [meter-1/3303], every: 15s",
    /:4:17: error: paths: "meter-1\/3303" does not begin with "\/"$/,
  ],
  "an ID that is none": [
    "paths: [/meter-1/33O3], every: 15s",
    /:4:17: error: paths: "33O3" in "\/meter-1\/33O3" is neither an ID nor \*$/,
  ],
  "no paths": ["paths: [], every: 15s", /error: paths: too short: at least 1 items$/],
  "a key that is none": ["path: [/3], every: 15s", /unknown key "path"; did you mean "paths"\?/],
  "no every": ["paths: [/meter-1]", /"every" is missing$/],
  "a word that is none": [
    "paths: [/meter-1], every: chnage",
    /error: every: expected an interval such as 15s, change or sample, found "chnage"; did you mean "change"\?$/,
  ],
  "an interval without unit": [
    "paths: [/meter-1], every: 15",
    /error: every: "15" is no duration; expected a number and a unit/,
  ],
  "an interval that is too short": ["paths: [/meter-1], every: 10ms", /error: every: an interval is at least 100ms/],
  "a threshold of an interval": ["paths: [/meter-1], every: 15s, gt: 5", /error: gt: only counts with every: change$/],
  "pmin of samples": ["paths: [/meter-1], every: sample, pmin: 5s", /error: pmin: only counts with every: change$/],
  "pmax below pmin": ["paths: [/meter-1], every: change, pmin: 5s, pmax: 4s", /error: pmax: is shorter than pmin$/],
  "lt above gt": ["paths: [/meter-1], every: change, gt: 5, lt: 6", /error: lt: must be less than gt/],
  "steps that do not fit": [
    "paths: [/meter-1], every: change, gt: 5, lt: 4, st: 0.5",
    /error: lt: must be less than gt/,
  ],
  "a negative step": ["paths: [/meter-1], every: change, st: -1", /error: st: must be at least 0, found "-1"$/],
  "an edge that is none": ["paths: [/meter-1], every: change, edge: 2", /error: edge: expected 0 or 1, found "2"$/],
  "a name with spaces": [
    'paths: [/meter-1], every: 15s, name: "a b"',
    /error: name: letters, digits, _, \. and - only/,
  ],
  "a negative keep": ["paths: [/meter-1], every: 15s, keep: -1", /error: keep: must be at least 0/],
};

for (const [what, [entry, expected]] of Object.entries(WRONG)) {
  test(`${what} is an error at its place`, async (t) => {
    const { refused, problems } = await loadFolder(t, withEntries([entry]));
    assert.ok(refused);
    assert.match(problems.join("\n"), expected);
  });
}

test("two entries of one name are an error, also where their paths are the name", async (t) => {
  const { problems } = await loadFolder(
    t,
    withEntries(["paths: [/meter-1], every: 1h", "paths: [/meter-1], every: 15s"]),
  );
  assert.deepEqual(problems, [
    'config.yaml:5:7: error: report: two entries are called "/meter-1": give this one a name',
  ]);
});

const DOUBTFUL: Readonly<Record<string, string>> = {
  "/metre-1/3": '"/metre-1/3" matches no device; did you mean "/meter-1/3"?',
  "/tank-*": '"/tank-*" matches no device',
  "/*/3304": '"/*/3304" matches nothing: there is no object 3304 to be read (have: 3, 3306, 10242)',
  "/*/10242/7/1": '"/*/10242/7/1" matches nothing: there is no instance 7 to be read (have: 0)',
  "/valve-1/3306/0/9999":
    '"/valve-1/3306/0/9999" matches nothing: there is no resource 9999 to be read (have: 5850, 5851, 5853)',
  "/valve-1/3/0/4": /there is no resource 4 to be read/.source,
  "/10242/0/34":
    '"/10242/0/34" matches nothing: there is no object 10242 of the gateway itself to be read (have: 1, 3, 25); did you mean "/*/10242/0/34"?',
  "/5": '"/5" matches nothing: there is no object 5 of the gateway itself to be read (have: 1, 3, 25)',
};

for (const [path, warning] of Object.entries(DOUBTFUL)) {
  test(`${path} is doubtful, and taken`, async (t) => {
    const { refused, problems } = await loadFolder(t, withEntries([`paths: ["${path}"], every: 15s`]));
    assert.ok(!refused);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.ok(problems[0]?.startsWith("config.yaml:4:17: warning: report: "), problems[0]);
    assert.ok(problems[0]?.includes(warning), problems[0]);
  });
}

test("what servers may come to fill is not doubtful, nor what the gateway says of every device", async (t) => {
  for (const path of [
    "/valve-1/16/0/0",
    "/19",
    "/*/3/0/11",
    "/*/3/0/16",
    "/3/0/13",
    "/25/*/1",
    "/1/0/1",
    "/*",
    "/meter-1",
  ]) {
    assert.deepEqual(await problemsOf(t, `paths: ["${path}"], every: 15s`), [], path);
  }
});

test("a device that is off may have anything", async (t) => {
  const files = withEntries(['paths: ["/lost-1/3303", "/*/3303"], every: 15s']);
  const text = `${files["config.yaml"]}  - { id: lost-1, mapping: no-such-mapping, link: bus }\n`;
  const { problems } = await loadFolder(t, { "config.yaml": text });
  assert.doesNotMatch(problems.join("\n"), /report:/);
});

test("a server that will hear nothing of its entries is warned of", async (t) => {
  const entry = "paths: [/meter-1], every: 15s";
  assert.match(
    (await problemsOf(t, entry, ", mute_send: true")).join("\n"),
    /:3:\d+: warning: report: .* until the server writes false/,
  );
  assert.match(
    (await problemsOf(t, entry, ', version: "1.0"')).join("\n"),
    /:3:\d+: warning: report: .* LwM2M 1\.0 does not have/,
  );
});
