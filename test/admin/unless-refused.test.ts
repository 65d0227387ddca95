import assert from "node:assert/strict";
import test from "node:test";
import { unlessRefused } from "../../src/admin/unless-refused.ts";

test("what was refused is told", () => {
  assert.deepEqual(unlessRefused({ prefix: "a" }), { prefix: "a" });
  assert.throws(() => unlessRefused({ refused: "it is configured" }), /^AdminRefusal: it is configured$/);
});
