import assert from "node:assert/strict";
import { test } from "node:test";
import { childOf } from "../../src/yaml/nodes.ts";
import { parseYaml } from "../../src/yaml/parse.ts";
import { placeInside } from "../../src/yaml/place-inside.ts";

/** "line:column" of the X in the text of the scalar behind `k`. */
function placeOfX(yaml: string): string {
  const node = childOf(parseYaml(yaml, "f.yaml"), "k");
  assert.ok(node?.kind === "scalar");
  const { line, column } = placeInside(node, node.text.indexOf("X"));
  return `${line}:${column}`;
}

test("a character of a scalar is found in the file, however the scalar is written", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["k: a + X", "1:8"],
    ["k: 'a + X'", "1:9"],
    ['k: "a + X"', "1:9"],
    ["k: 'it''s ''y'' X'", "1:17"],
    ['k: "say \\"yes\\" X"', "1:17"],
    ["k: a\n  + X", "2:5"],
    ["k: |\n  a\n  + X\n", "3:5"],
    ["k: >-\n  a +\n  b + X\n", "3:7"],
    ["{ k: 'a + X', j: 1 }", "1:11"],
  ];
  for (const [yaml, place] of cases) assert.equal(placeOfX(yaml), place, JSON.stringify(yaml));
});
