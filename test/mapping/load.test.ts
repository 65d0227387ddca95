import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus, parsed, resolved } from "./mapping-text.ts";

const OBJECT = "  3316: { sensor_value: { input: 0 } }";

test("a mapping may say whether its addresses were compared with a real device", () => {
  for (const source of ["from-manual", "field-verified"])
    assert.equal(parsed(modbus(OBJECT, `source: ${source}\n`)).source, source);
  assert.equal(parsed(modbus(OBJECT)).source, undefined);
});

test("any other source of a mapping is refused at its place", () => {
  const [problem = ""] = resolved(modbus(OBJECT, "source: from-manuel\n")).problems;
  assert.match(problem, /^4:9: error: .*from-manual/);
});
