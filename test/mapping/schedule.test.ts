import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus, planOf, pointOf, resolved } from "./mapping-text.ts";

const POINTS = `  10242:
    tension_r: { input: 0, poll: fast }
    tension_s: { input: 2 }
    tension_t: { input: 4, poll: 7s }
    current_r: { input: 6, poll: connect }
    current_s: { input: 8, poll: never }`;
const RESOURCES = ["4", "14", "24", "5", "15"].map((resource) => `10242/0/${resource}`);

/** How fast a server may have each of the points, in seconds. */
function fastest(every: string): (number | undefined)[] {
  const plan = planOf(modbus(POINTS, every));
  return RESOURCES.map((point) => (pointOf(plan, point).fastest ?? Number.NaN) / 1000);
}

test("a server may push a point to every.limit, and never slows one that is faster by it", () => {
  assert.deepEqual(fastest("every: { fast: 2s, limit: 5s }\n"), [2, 5, 5, 5, 5]);
  assert.deepEqual(fastest("every: { fast: 2s, limit: 1s }\n"), [1, 1, 1, 1, 1]);
});

test("without every.limit a point's own period is the limit, and that of normal where it has none", () => {
  assert.deepEqual(fastest("every: { fast: 2s }\n"), [2, 10, 7, 10, 10]);
  assert.deepEqual(fastest("every: { fast: 2s, normal: 1m }\n"), [2, 60, 7, 60, 60]);
});

test("a point that is only written is neither polled nor pushed", () => {
  const plan = planOf(modbus("  3306: { 5851: { holding: 1, write: true, read: false } }", "every: { limit: 1s }\n"));
  assert.deepEqual([pointOf(plan, "3306/0/5851").poll, pointOf(plan, "3306/0/5851").fastest], ["never", undefined]);
});

test("of a point with `read: last` what was written is read: it is never polled", () => {
  const plan = planOf(modbus("  3306: { 5851: { holding: 1, write: true, read: last } }"));
  const { readable, writable, poll } = pointOf(plan, "3306/0/5851");
  assert.deepEqual({ readable, writable, poll }, { readable: true, writable: true, poll: "unasked" });
  const problems = (keys: string) => resolved(modbus(`  3306: { 5851: { holding: 1, ${keys} } }`)).problems;
  assert.match(problems("read: last").join(), /: error: .*: "read: last" needs "write"$/);
  assert.match(problems("read: lsat, write: true").join(), /error: read: expected/);
  assert.match(
    problems("read: last, write: true, poll: 1h").join(),
    /error: the device is not asked: "poll" has no meaning here$/,
  );
});

test("the limit is a duration longer than nothing, and no poll group", () => {
  const problems = (every: string, poll: string) =>
    resolved(modbus(`  3303: { 5700: { input: 1, poll: ${poll} } }`, every)).problems;
  assert.deepEqual(problems("every: { limit: 0 }\n", "normal"), ["4:17: error: limit: a period is longer than 0"]);
  assert.match(problems("every: { limit: soon }\n", "normal")[0] ?? "", /"soon" is no duration/);
  assert.match(problems("every: { limit: 1s }\n", "limit")[0] ?? "", /"limit" is no poll group/);
  assert.match(problems("every: { limit: 1s, slow: 1h }\n", "quick")[0] ?? "", /is not in every: \{slow\}/);
  assert.deepEqual(problems('every: { "__proto__": 1s }\n', "normal"), []);
});
