import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { payloadText, shortened } from "../../../../adapters/mqtt/tools/payload-text.ts";
import { TopicTree } from "../../../../adapters/mqtt/tools/topic-tree.ts";

function hear(tree: TopicTree, topic: string, payload: string | Buffer, retained = false): void {
  tree.hear({ topic, payload: Buffer.from(payload), retained });
}

test("topics are a tree by their levels, with how often and what last", () => {
  const tree = new TopicTree(10);
  hear(tree, "tele/washer/LWT", "Online", true);
  hear(tree, "tele/washer/SENSOR", "1");
  hear(tree, "tele/washer/SENSOR", "2");
  hear(tree, "a", "own");
  hear(tree, "a/b", "below");
  assert.deepEqual(tree.lines(), [
    "a            1x            own",
    "  b          1x            below",
    "tele/washer",
    "  LWT        1x  retained  Online",
    "  SENSOR     2x            2",
  ]);
});

test("there is a place for so many topics, and the messages on others are counted", () => {
  const tree = new TopicTree(2);
  for (const topic of ["a", "b", "c", "a", "c", "x".repeat(1000)]) hear(tree, topic, "1");
  assert.deepEqual([tree.topics.map(({ topic }) => topic), tree.leftOut], [["a", "b"], 3]);
});

test("bytes are shown as such, and nothing steers the terminal", () => {
  assert.equal(payloadText(Buffer.from([0x00, 0xff, 0x10]), 60), "3 bytes: 00 ff 10");
  assert.equal(payloadText(Buffer.alloc(1000, 0xfe), 40), "1000 bytes: fe fe fe fe fe fe fe fe fe …");
  assert.equal(payloadText(Buffer.from("\u001b[31mred\u0007"), 60), "\\u001b[31mred\\u0007");
  assert.equal(payloadText(Buffer.from('{\n  "a": 1\n}'), 60), '{ "a": 1 }');
  assert.equal(payloadText(Buffer.alloc(0), 60), "(empty)");
  assert.equal(payloadText(Buffer.from("ü".repeat(500)), 20), `${"ü".repeat(19)}…`);
  assert.equal(shortened("abcdef", 4), "abc…");
});

test("whatever comes, a line is one line, of that length at most where nothing is spelled", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.string({ unit: "binary" }), (bytes, text) => {
      for (const payload of [Buffer.from(bytes), Buffer.from(text)]) {
        assert.doesNotMatch(payloadText(payload, 60), /\p{Cc}/u);
      }
      const tree = new TopicTree(5);
      hear(tree, `a/${text}/b`, Buffer.from(bytes));
      for (const line of tree.lines()) assert.doesNotMatch(line, /\p{Cc}/u);
    }),
  );
});

test("a topic of hundreds of levels is a line like any other", () => {
  const tree = new TopicTree(5);
  hear(tree, "a/".repeat(200), "1");
  hear(tree, `${"a/".repeat(100)}b`, "2");
  assert.equal(tree.topics.length, 2);
  assert.equal(tree.lines().length, 3);
});
