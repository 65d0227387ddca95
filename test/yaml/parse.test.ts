import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError, problemText } from "../../src/errors.ts";
import { childOf, entryOf, isEmpty, plainValue, type YamlNode } from "../../src/yaml/nodes.ts";
import { parseYaml } from "../../src/yaml/parse.ts";

function scalarAt(root: YamlNode, key: string): { readonly text: string; readonly quoted: boolean } {
  const node = childOf(root, key);
  assert.ok(node?.kind === "scalar", key);
  return { text: node.text, quoted: node.quoted };
}

function problemsOf(text: string): readonly string[] {
  try {
    parseYaml(text, "f.yaml");
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map(problemText);
  }
}

test("a scalar keeps the text that was written", () => {
  const root = parseYaml('a: 00001\nb: 2E19\nc: "no"\nd: no\ne: 12:30\nf: |\n  two\n  lines\n', "f");
  assert.deepEqual(scalarAt(root, "a"), { text: "00001", quoted: false });
  assert.deepEqual(scalarAt(root, "b"), { text: "2E19", quoted: false });
  assert.deepEqual(scalarAt(root, "c"), { text: "no", quoted: true });
  assert.deepEqual(scalarAt(root, "d"), { text: "no", quoted: false });
  assert.deepEqual(scalarAt(root, "e"), { text: "12:30", quoted: false });
  assert.deepEqual(scalarAt(root, "f"), { text: "two\nlines\n", quoted: true });
});

// YAML 1.2.2 §10.3.2, Example 10.9 and the table of tag resolution.
test("a plain scalar spells what the core schema says", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["", null],
    ["~", null],
    ["null", null],
    ["true", true],
    ["False", false],
    ["no", "no"],
    ["on", "on"],
    ["0", 0],
    ["-0", 0],
    ["00001", 1],
    ["0o14", 12],
    ["0x3A", 58],
    ["-19", -19],
    ["0.", 0],
    [".5", 0.5],
    ["12e03", 12000],
    ["-2E+05", -200000],
    [".inf", Infinity],
    ["-.INF", -Infinity],
    [".nan", Number.NaN],
    ["0xFFFFFFFFFFFFFFFF", 0xffff_ffff_ffff_ffffn],
    ["-9007199254740993", -9007199254740993n],
    ["+9007199254740993", 9007199254740993n],
    ["1_000", "1_000"],
    ["12:30", "12:30"],
  ];
  const place = { file: "f", line: 1, column: 1 };
  for (const [text, value] of cases) {
    assert.deepEqual(plainValue({ kind: "scalar", place, text, quoted: false }), value, text);
    assert.equal(plainValue({ kind: "scalar", place, text, quoted: true }), text);
  }
});

test("keys keep their order, integers too, and each node its place", () => {
  const root = parseYaml("z: 1\n10: {b: 2}\n2: [x,\n   y]\n", "dir/f.yaml");
  assert.ok(root.kind === "map");
  assert.deepEqual(
    root.entries.map(({ key }) => key.text),
    ["z", "10", "2"],
  );
  assert.deepEqual(entryOf(childOf(root, "10"), "b")?.value.place, { file: "dir/f.yaml", line: 2, column: 9 });
  const list = childOf(root, "2");
  assert.ok(list?.kind === "list");
  assert.deepEqual(list.items[1]?.place, { file: "dir/f.yaml", line: 4, column: 4 });
});

test("an empty file and an empty value are nothing", () => {
  assert.ok(isEmpty(parseYaml("", "f")));
  assert.ok(isEmpty(parseYaml("# a comment\n", "f")));
  const devices = childOf(parseYaml("devices:\nlinks: 1\n", "f"), "devices");
  assert.ok(devices !== undefined && isEmpty(devices));
  assert.deepEqual(devices.place, { file: "f", line: 1, column: 9 });
});

test("anchors, aliases and merge keys are followed; own keys win over merged ones", () => {
  const root = parseYaml("base: &b { x: 1, y: 2 }\nmore: &m { y: 9, z: 3 }\nuse: { y: 5, <<: [*b, *m] }\n", "f");
  const use = childOf(root, "use");
  assert.ok(use?.kind === "map");
  assert.deepEqual(
    use.entries.map(({ key, value }) => [key.text, value.kind === "scalar" ? value.text : "?"]),
    [
      ["y", "5"],
      ["x", "1"],
      ["z", "3"],
    ],
  );
});

test("a tag of ours stays with its word; a tag of YAML decides between text and not", () => {
  const root = parseYaml("a: !secret psk\nb: !!str 5\n", "f");
  const secret = childOf(root, "a");
  assert.ok(secret?.kind === "scalar");
  assert.equal(secret.tag, "!secret");
  assert.deepEqual(scalarAt(root, "b"), { text: "5", quoted: true });
  assert.deepEqual(problemsOf("a: !secret { x: 1 }"), [
    "f.yaml:1:12: error: the tag !secret is for a word, not for a map or a list",
  ]);
});

test("what is no YAML is said in words for people, at its place", () => {
  assert.deepEqual(problemsOf("a: 1\nb: 2\na: 3\n"), ['f.yaml:3:1: error: "a" stands here twice; first in line 1']);
  assert.deepEqual(problemsOf("a:\n\tb: 1\n"), [
    "f.yaml:2:1: error: a tab stands in the indentation: YAML wants spaces there",
  ]);
  assert.deepEqual(problemsOf("a: *n\n"), ["f.yaml:1:4: error: *n names no anchor: no &n before it"]);
  assert.deepEqual(problemsOf("a: &x [1, *x]\n"), ["f.yaml:1:11: error: *x stands inside its own anchor"]);
  assert.deepEqual(problemsOf("a: 1\n---\nb: 2\n"), [
    "f.yaml:2:1: error: a second document begins here: one file holds one document",
  ]);
  assert.deepEqual(problemsOf("? { a: 1 }\n: 2\n"), [
    "f.yaml:1:3: error: a key is a word or a number, not a map or a list",
  ]);
  assert.match(problemsOf("a: b: c\n")[0] ?? "", /^f\.yaml:1:4: error: a second ": " in this line/);
  assert.match(problemsOf("a: 'x\n")[0] ?? "", /missing closing 'quote/);
});

test("all problems of a file come at once", () => {
  assert.equal(problemsOf("a: 1\na: 2\nb: *x\nb: *y\n").length, 4);
});

test("an alias bomb, and nesting without end, are refused at once", () => {
  const words = [..."abcdefghij"];
  const bomb = words.map(
    (word, i) =>
      `${word}: &${word} [${Array(9)
        .fill(i === 0 ? "x" : `*${words[i - 1]}`)
        .join(", ")}]`,
  );
  assert.match(problemsOf(bomb.join("\n"))[0] ?? "", /more than 500000 nodes, with what its aliases stand for/);
  const chain = Array.from({ length: 200 }, (_, i) => `a${i}: &a${i} ${i === 0 ? "x" : `[*a${i - 1}]`}`);
  assert.match(problemsOf(chain.join("\n"))[0] ?? "", /nested more than/);
  for (const deep of [
    "[".repeat(10_000),
    "- ".repeat(5_000),
    "{a: ".repeat(3_000),
    "? ".repeat(5_000),
    "[".repeat(9e3) + "]".repeat(9e3),
  ]) {
    assert.match(problemsOf(deep)[0] ?? "", /nested more than/, deep.slice(0, 10));
  }
  const indented = Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
  assert.match(problemsOf(indented)[0] ?? "", /nested more than/);
});

test("whatever the text is, it is a tree or a ConfigError", () => {
  const pieces = fc.constantFrom(
    "a",
    ": ",
    "- ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    "&x ",
    "*x",
    "!t ",
    "'",
    '"',
    "|",
    ">",
    "<<: ",
    "? ",
    "#",
    "\t",
    "%",
    "---\n",
    ",",
    "0",
    "\u0000",
    "é",
    "@",
    "`",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
      ),
      (text) => {
        try {
          parseYaml(text, "f");
        } catch (error) {
          if (!(error instanceof ConfigError) || error.problems.length === 0) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});
