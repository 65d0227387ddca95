import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mergeDeep } from "../../src/yaml/merge.ts";
import type { YamlNode } from "../../src/yaml/nodes.ts";
import { parseYaml } from "../../src/yaml/parse.ts";
import { toPlain } from "../../src/yaml/read.ts";

const never = (problem: unknown): void => assert.fail(JSON.stringify(problem));

const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom("a", "b"));
/** A key is a map wherever it stands, or never: what is a map in one file and a word in the next replaces the whole. */
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  map: fc.record(
    {
      a: fc.oneof({ maxDepth: 3 }, fc.constant({}), tie("map")),
      b: fc.oneof({ maxDepth: 3 }, fc.constant({ c: 1 }), tie("map")),
      c: scalar,
      d: fc.array(scalar, { maxLength: 2 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
})).map;

function tree(plain: unknown): YamlNode {
  return parseYaml(JSON.stringify(plain), "f");
}

function merged(...plains: readonly unknown[]): unknown {
  const [first, ...others] = plains.map(tree);
  assert.ok(first !== undefined);
  return toPlain(others.reduce((below, above) => mergeDeep(below, above, never), first));
}

test("maps laid over maps are the same whichever two are laid first", () => {
  fc.assert(
    fc.property(value, value, value, (a, b, c) => {
      assert.deepEqual(merged(a, b, c), merged(a, JSON.parse(JSON.stringify(merged(b, c)))));
    }),
  );
});

test("nothing laid over a map, and a map laid over itself or over nothing, change nothing", () => {
  fc.assert(
    fc.property(value, (a) => {
      assert.deepEqual(merged(a, {}), merged(a));
      assert.deepEqual(merged({}, a), merged(a));
      assert.deepEqual(merged(a, a), merged(a));
    }),
  );
});

test("whatever the upper map says stands, where it stands in the upper file", () => {
  const below = parseYaml("a: { x: 1, y: [1, 2] }\nb: 2", "below.yaml");
  const above = parseYaml("a: { y: [3], z: 4 }\nc: 5", "above.yaml");
  const both = mergeDeep(below, above, never);
  assert.deepEqual(JSON.parse(JSON.stringify(toPlain(both))), { a: { x: 1, y: [3], z: 4 }, b: 2, c: 5 });
  const places = both.kind === "map" ? both.entries.map(({ value: { place } }) => place.file) : [];
  assert.deepEqual(places, ["above.yaml", "below.yaml", "above.yaml"]);
});

test("an empty value takes a key away, and says so where there is none", () => {
  const problems: string[] = [];
  const both = mergeDeep(
    parseYaml("a: 1\nb: 2", "below.yaml"),
    parseYaml("a: null\nc:", "above.yaml"),
    ({ place, message }) => problems.push(`${place?.line}:${place?.column}: ${message}`),
  );
  assert.deepEqual(JSON.parse(JSON.stringify(toPlain(both))), { b: 2 });
  assert.deepEqual(problems, [
    '2:1: "c" has nothing behind it, which takes away what is extended, but below.yaml has no such key there',
  ]);
});
