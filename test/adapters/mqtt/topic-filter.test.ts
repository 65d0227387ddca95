import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { filterFault, fits, isFilter, topicFault } from "../../../adapters/mqtt/topic-filter.ts";

// MQTT 5.0 §4.7.1.2, §4.7.1.3, §4.7.2: their own examples.
const EXAMPLES: readonly (readonly [filter: string, topic: string, fits: boolean])[] = [
  ["sport/tennis/player1/#", "sport/tennis/player1", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
  ["sport/#", "sport", true],
  ["#", "sport", true],
  ["sport/tennis/+", "sport/tennis/player1", true],
  ["sport/tennis/+", "sport/tennis/player1/ranking", false],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
  ["#", "$SYS/monitor", false],
  ["+/monitor/Clients", "$SYS/monitor/Clients", false],
  ["$SYS/#", "$SYS/monitor", true],
  ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
  ["a/b", "a/b", true],
  ["a/b", "a/B", false],
];

test("filters mean the topics that the specification says", () => {
  for (const [filter, topic, expected] of EXAMPLES) assert.equal(fits(filter, topic), expected, `${filter} ${topic}`);
});

test("what is no filter, and what is no topic, is told with the reason", () => {
  assert.equal(filterFault("a/+/b/#"), undefined);
  assert.match(filterFault("a+/b") ?? "", /\+ stands for a whole level/);
  assert.match(filterFault("a/#/b") ?? "", /# stands alone at the end/);
  assert.match(filterFault("a#") ?? "", /# stands alone at the end/);
  assert.match(filterFault("") ?? "", /at least one character/);
  assert.match(filterFault("$share/group/a") ?? "", /shared subscription/);
  assert.match(filterFault("a\0b") ?? "", /null character/);
  assert.match(filterFault("ä".repeat(40_000)) ?? "", /at most 65535 bytes/);
  assert.match(topicFault("a/+") ?? "", /has a wildcard/);
  assert.equal(topicFault("a/b"), undefined);
  assert.deepEqual(["a/+", "#", "a/b"].map(isFilter), [true, true, false]);
});

test("a topic without wildcards fits itself, and no other", () => {
  const level = fc.string({ maxLength: 5 }).map((text) => text.replace(/[+#/\0]/g, "_"));
  const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => `x${levels.join("/")}`);
  fc.assert(
    fc.property(topic, topic, (one, other) => {
      assert.ok(fits(one, one));
      assert.equal(fits(one, other), one === other);
    }),
  );
});
