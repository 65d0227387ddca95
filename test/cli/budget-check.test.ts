import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { budgetProblems, expectedMonth } from "../../src/cli/budget-check.ts";
import { MINUTE } from "../../src/clock.ts";
import { aConfig, aFolder, command } from "../support/command.ts";

const MONTH = 30 * 24 * 3600;

test("a registration of five minutes is kept alive by some hundred bytes each time", () => {
  const { upkeep, told } = expectedMonth({ id: 101, scheme: "coap", lifetime: 5 * MINUTE }, undefined);
  // IPv4 and UDP twice, 4 bytes of CoAP and 6 of token twice, and Uri-Path "rd" and ten more bytes.
  assert.equal(upkeep, Math.round((MONTH / 300) * (2 * 28 + 2 * 10 + 3 + 11)));
  assert.equal(told, 0);
});

test("in layout clients each device has a registration to be kept alive", () => {
  const settings = { id: 101, scheme: "coap", lifetime: 5 * MINUTE } as const;
  const one = expectedMonth(settings, undefined).upkeep;
  const clients = { lifetime: 10 * MINUTE, perSecond: 20 };
  assert.equal(expectedMonth({ ...settings, clients }, undefined, 4).upkeep, 3 * one);
});

test("the entries of a server are what it is told; without them the way with the fewest bytes", () => {
  const way = (name: "send" | "report", bytes: number) => ({
    ...{ name, count: 1, messages: 1, fits: true },
    bytes: { senmlCbor: bytes },
  });
  const base = { server: 101, uri: "coap://h", nstart: 1, values: 1, best: "send" } as const;
  const settings = { id: 101, scheme: "coap", lifetime: 60 * MINUTE } as const;
  assert.equal(expectedMonth(settings, { ...base, ways: [way("send", 2)] }).told, 2 * MONTH);
  assert.equal(expectedMonth(settings, { ...base, ways: [way("send", 2), way("report", 1)] }).told, MONTH);
});

test("a server without a budget is no problem", () => {
  assert.deepEqual(budgetProblems({ servers: [], devices: [] }, []), []);
});

test("check warns of a budget that does not last, at the server, and is silent about one that does", async (t) => {
  const devices = ["{ id: m, mapping: eastron-sdm630, link: bus }"];
  const withBudget = (size: string): string =>
    aConfig({ devices }).replace(/(uri: "[^"]+")/, `$1, budget: { month: ${size} }`);
  const folder = aFolder(t, { "small.yaml": withBudget("10MB"), "large.yaml": withBudget("100GB") });
  const [small, large] = await Promise.all([
    command(t, "check", "-c", join(folder, "small.yaml")),
    command(t, "check", "-c", join(folder, "large.yaml")),
  ]);
  assert.match(
    small.stdout,
    /small\.yaml:\d+:\d+: warning: budget: 10 MB a month last \d.* if every value changes at each poll: what the server is told comes to [\d.]+ MB a month, the registration to [\d.]+ KB/,
  );
  assert.doesNotMatch(large.stdout, /budget/);
  assert.equal(small.code, 0);
});
