import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProblem } from "../src/errors.ts";

test("a problem is one line with its place, and nothing in it steers a terminal", () => {
  const place = { file: "mappings/x.yaml", line: 12, column: 5 };
  assert.equal(
    formatProblem({
      severity: "error",
      code: "LG201",
      place,
      message: 'unknown key "\u001b[2J\u009b1m\n\u007f", größer',
    }),
    'mappings/x.yaml:12:5: error: unknown key "\\u001b[2J\\u009b1m\\u000a\\u007f", größer [LG201]',
  );
});
