import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { meansDevice } from "../../src/config/access.ts";
import { loadFolder } from "./config-folder.ts";

const DEVICES = [
  "links: { bus: { type: modbus-tcp, host: h } }",
  "devices:",
  "  - { id: meter-1, mapping: eastron-sdm630, link: bus, unit_id: 1 }",
  "  - { id: valve-1, mapping: valve-actuator, link: bus, unit_id: 2 }",
  '  - { id: "store/1", mapping: eastron-sdm120, link: bus, unit_id: 3, prefix: store-1, stored_objects: [16] }',
];

/** The access of the first server begins in line 3, that of the second in line 4, column 40. */
function withAccess(first: string, second = ""): Readonly<Record<string, string>> {
  const lines = [
    "gateway: { endpoint: gw, stored_objects: [19] }",
    "servers:",
    `  - { id: 1, uri: "coap://h"${first === "" ? "" : `, access: { ${first} }`} }`,
    `  - { id: 2, uri: "coap://other", access: { ${second} } }`,
    ...DEVICES,
  ];
  return { "config.yaml": `${lines.join("\n")}\n` };
}

async function accessOf(t: TestContext, first: string, second = "") {
  const { config, problems } = await loadFolder(t, withAccess(first, second));
  assert.deepEqual(problems, []);
  return config?.servers.map(({ access }) => access) ?? assert.fail();
}

async function problemsOf(t: TestContext, first: string, second = ""): Promise<readonly string[]> {
  return (await loadFolder(t, withAccess(first, second))).problems;
}

test("the first server sees all and may do all; every further one sees all and may do nothing", async (t) => {
  const [first, second] = await accessOf(t, "");
  assert.deepEqual(first, { devices: ["*"], write: "all", writable: [], audit: true });
  assert.deepEqual(second, { devices: ["*"], write: "none", writable: [], audit: true });
});

test("what is written counts for whichever server", async (t) => {
  const [first, second] = await accessOf(
    t,
    "write: none, audit: false",
    'devices: [valve-*, meter-1], write: listed, writable: [/valve-*/3306/*/5851, "/*/3306", /19], limit: { writes: 30, per: 1m }',
  );
  assert.deepEqual(first, { devices: ["*"], write: "none", writable: [], audit: false });
  assert.deepEqual(second?.devices, ["valve-*", "meter-1"]);
  assert.deepEqual(
    [second?.write, second?.writable.map(({ text }) => text), second?.limit],
    ["listed", ["/valve-*/3306/*/5851", "/*/3306", "/19"], { writes: 30, per: 60_000 }],
  );
});

const WRONG: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a word that is no key": ["wirte: all", /:4:45: error: .*unknown key "wirte".*did you mean "write"/],
  "a word that is none of the three": ["write: some", /:4:52: error: .*"some"/],
  "a list that does not count": [
    "write: all, writable: [/valve-1/3306]",
    /:4:67: error: .*only counts with write: listed$/,
  ],
  "nothing listed": ["write: listed", /:4:52: error: .*expected a list under writable: of what$/],
  "an empty list": ["write: listed, writable: []", /:4:70: error: /],
  "a path that is none": ["write: listed, writable: [valve-1/3306]", /:4:71: error: .*does not begin with "\/"$/],
  "a path of letters": ["write: listed, writable: [/valve-1/x]", /:4:71: error: .*"x" in .* is neither an ID nor \*$/],
  "an id with a space": ['devices: ["valve 1"]', /:4:55: error: .*expected the id of a device/],
  "a limit of nobody": [
    "limit: { writes: 3, per: 1m }",
    /:4:52: error: limit: has no use here: this server may not write/,
  ],
  "a limit of none": ["write: all, limit: { writes: 0, per: 1m }", /:4:74: error: /],
  "a limit in no time": ["write: all, limit: { writes: 1, per: 0.5s }", /:4:82: error: .*at least 1s/],
  "a limit that is no duration": ["write: all, limit: { writes: 1, per: often }", /:4:82: error: .*is no duration/],
  "a limit without a time": ["write: all, limit: { writes: 1 }", /:4:64: error: .*per/],
};
for (const [name, [access, expected]] of Object.entries(WRONG)) {
  test(`${name} is told at its place`, async (t) => {
    const problems = await problemsOf(t, "", access);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", expected);
  });
}

const DOUBTFUL: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a device that is not there": [
    "devices: [valve-*, metre-1]",
    /:4:64: warning: access: "metre-1" matches no device; did you mean "meter-1"\?$/,
  ],
  "a path of a device that is not there": [
    "write: listed, writable: [/vale-1/3306]",
    /:4:71: warning: access: "\/vale-1\/3306" matches no device .*did you mean "\/valve-1\/3306"\?$/,
  ],
  "a path of a device that it does not see": [
    "devices: [meter-1], write: listed, writable: [/valve-1/3306]",
    /:4:91: warning: access: "\/valve-1\/3306" matches no device that this server sees$/,
  ],
  "what can only be read": [
    "write: listed, writable: [/meter-1/10242/0/4]",
    /:4:71: warning: access: .* matches nothing that can be written or executed$/,
  ],
};
for (const [name, [access, expected]] of Object.entries(DOUBTFUL)) {
  test(`${name} is doubted at its place`, async (t) => {
    const { config, problems } = await loadFolder(t, withAccess("", access));
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", expected);
    assert.ok(config !== undefined);
  });
}

test("what servers fill, and the gateway's own, is not doubted", async (t) => {
  await accessOf(t, "", 'write: listed, writable: [/store-1/16, /19, /1/0, "/*/16/*/0"], devices: ["store/*"]');
});

test("a star in the id of a device stands for any characters, also none", () => {
  const means = (pattern: string, id: string) => meansDevice([pattern], id);
  assert.deepEqual(
    ["meter-*", "*", "*-1", "me*r-*1", "meter-1*", "meter-1", "m*m*", "*ete*-"].filter((p) => means(p, "meter-1")),
    ["meter-*", "*", "*-1", "me*r-*1", "meter-1*", "meter-1"],
  );
  assert.equal(means("a.c", "abc"), false);
  assert.equal(means("aa*aa", "aaa"), false);
  assert.equal(meansDevice([], "meter-1"), false);
});

test("what stars stand for is whatever a text has there", () => {
  const part = fc.stringMatching(/^[a-z.[(]{0,4}$/);
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.array(part, { maxLength: 6 }), (parts, between) => {
      const id = parts.map((text, i) => text + (i + 1 < parts.length ? (between[i] ?? "") : "")).join("");
      assert.equal(meansDevice([parts.join("*")], id), true);
      assert.equal(meansDevice([`${parts.join("*")}Z`], id), false);
    }),
  );
});
