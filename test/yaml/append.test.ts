import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { appendToList } from "../../src/yaml/append.ts";

test("items go behind the last one, at its column; comments and alignment stay", () => {
  const text = `a:  1   # one
test:
    - { x: 1 }   # first
    - y: 2
      z: 3       # last

# the end
b: 2
`;
  assert.equal(
    appendToList(text, "test", ["- n: 1", "  m: 2"]),
    text.replace("# last\n", "# last\n    - n: 1\n      m: 2\n"),
  );
});

test("where there is no list it is made, at the end", () => {
  assert.equal(appendToList("a: 1\n", "test", ["- 1"]), "a: 1\n\ntest:\n  - 1\n");
  assert.equal(appendToList("test:\n- 1", "test", ["- 2"]), "test:\n- 1\n- 2\n");
});

test("where there is no place the sentence says what to do", () => {
  assert.throws(
    () => appendToList("test: [1]\n", "test", ["- 2"]),
    /"test" is no list with an item a line: add them by hand/,
  );
  assert.throws(() => appendToList("test:\n", "test", ["- 2"]), /"test" is empty/);
  assert.throws(() => appendToList("{ a: 1 }\n", "test", ["- 2"]), /expected keys at the top/);
});

test("what was there is there afterwards, and the items behind it", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.boolean(), (items, comment) => {
      const text = `test:\n${items.map((item) => `  - ${item}${comment ? " # c" : ""}\n`).join("")}other: 1\n`;
      assert.deepEqual(parse(appendToList(text, "test", ["- 77", "- 78"])), { test: [...items, 77, 78], other: 1 });
    }),
  );
});
