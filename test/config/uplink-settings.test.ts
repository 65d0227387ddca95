import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE } from "../../src/clock.ts";
import { loadFolder } from "./config-folder.ts";

/** Line 3 is the entry; the keys begin in column 33. */
function withKeys(keys: string): Readonly<Record<string, string>> {
  const lines = [
    "gateway: { endpoint: gw }",
    "servers:",
    `  - { id: 101, uri: "coap://h", ${keys} }`,
    "devices: []",
    "",
  ];
  return { "config.yaml": lines.join("\n") };
}

async function serverOf(t: TestContext, keys: string) {
  const { config, problems } = await loadFolder(t, withKeys(keys));
  assert.deepEqual(problems, []);
  return config?.servers[0] ?? assert.fail();
}

test("interfaces and addresses are read, in their order", async (t) => {
  const { via, holdDown } = await serverOf(t, 'via: [eth0, wwan0, 192.0.2.7, "2001:db8::7"], hold_down: 10m');
  assert.deepEqual([via, holdDown], [["eth0", "wwan0", "192.0.2.7", "2001:db8::7"], 10 * MINUTE]);
});

test("without via the routes say how a server is reached", async (t) => {
  const server = await serverOf(t, "lifetime: 5m");
  assert.equal("via" in server, false);
  assert.equal("budget" in server, false);
});

test("an earlier interface is gone back to after five minutes where nothing is said", async (t) => {
  assert.equal((await serverOf(t, "via: [eth0]")).holdDown, 5 * MINUTE);
});

test("a budget has rules of its own, each in its order", async (t) => {
  const { budget } = await serverOf(
    t,
    "via: [eth0, wwan0], budget: { month: 50MB, via: [wwan0], degrade: [ { at: 50%, pmin: 1m, history: hold }, { at: 100%, reports: hold } ] }",
  );
  assert.deepEqual(budget, {
    month: 50 * 2 ** 20,
    via: ["wwan0"],
    degrade: [
      { at: 0.5, pmin: MINUTE, history: "hold" },
      { at: 1, reports: "hold" },
    ],
  });
});

test("a budget that says no more than its size slows reports, then holds the history, then all reports", async (t) => {
  const { budget } = await serverOf(t, "budget: { month: 10KB }");
  assert.deepEqual(budget, {
    month: 10 * 2 ** 10,
    degrade: [
      { at: 0.7, pmin: 5 * MINUTE },
      { at: 0.9, pmin: HOUR, history: "hold" },
      { at: 1, reports: "hold" },
    ],
  });
});

const WRONG: Readonly<Record<string, readonly [string, RegExp]>> = {
  "an interface whose name is too long": [
    "via: [enp0s31f6-wan-of-the-hall]",
    /:3:39: error: .*expected an interface such as eth0, or an address of this machine/,
  ],
  "an address that is none": ["via: [192.0.2.300]", /:3:39: error: .*expected an interface such as eth0/],
  "no interface at all": ["via: []", /:3:38: error: .*via/],
  "one that is there twice": ["via: [eth0, eth0]", /:3:45: error: via: "eth0" is there twice/],
  "a hold-down of nothing": ["hold_down: 10m", /:3:44: error: hold_down: only counts with via:/],
  "a hold-down that lets it flap": ["via: [eth0], hold_down: 1s", /:3:57: error: .*at least 10s/],
  "a budget without a size": ["budget: {}", /:3:41: error: .*month/],
  "a budget of a size that is none": ["budget: { month: 50 }", /:3:50: error: .*month/],
  "a budget of a size without a known unit": [
    "budget: { month: 50Mb }",
    /:3:50: error: .*"50Mb" is no size; expected a number and a unit \(KB, MB, GB\)/,
  ],
  "a budget that one registration spends": [
    "budget: { month: 1KB }",
    /:3:50: error: .*"1KB" is outside 10KB\.\.1024GB/,
  ],
  "a budget of an interface that the server does not use": [
    "via: [eth0, wwan0], budget: { month: 5MB, via: [wan0] }",
    /:3:81: error: budget: via: via: has no "wan0"; did you mean "wwan0"\?/,
  ],
  "a budget of an interface where none is chosen": [
    "budget: { month: 5MB, via: [wwan0] }",
    /:3:61: error: budget: via: the server has no via: to choose from/,
  ],
  "a key that is not there": ["budget: { month: 5MB, links: [wwan0] }", /:3:55: error: .*links/],
  "a rule that says nothing": [
    "budget: { month: 5MB, degrade: [ { at: 70% } ] }",
    /:3:66: error: .*says what holds from there on: expected pmin, history or reports/,
  ],
  "a rule at no part of the budget": [
    "budget: { month: 5MB, degrade: [ { at: 120%, reports: hold } ] }",
    /:3:72: error: .*expected a part of the budget in percent, 1% to 100%/,
  ],
  "a rule of less than the one before": [
    "budget: { month: 5MB, degrade: [ { at: 90%, pmin: 1m }, { at: 70%, reports: hold } ] }",
    /:3:95: error: .*expected more than in the rule before/,
  ],
  "another word than hold": [
    "budget: { month: 5MB, degrade: [ { at: 90%, reports: drop } ] }",
    /:3:86: error: .*expected "hold"/,
  ],
  "a pmin of fractions": [
    "budget: { month: 5MB, degrade: [ { at: 90%, pmin: 1.5s } ] }",
    /:3:83: error: .*expected whole seconds, at least 1s/,
  ],
};

for (const [what, [keys, message]] of Object.entries(WRONG)) {
  test(`is told at its place: ${what}`, async (t) => {
    const { problems } = await loadFolder(t, withKeys(keys));
    assert.match(problems.join("\n"), message);
    assert.deepEqual(problems.length, 1, problems.join("\n"));
  });
}
