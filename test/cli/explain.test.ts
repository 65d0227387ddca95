import assert from "node:assert/strict";
import test from "node:test";
import { ERROR_CODES } from "../../src/error-codes.ts";
import { command } from "../support/command.ts";

test("explain prints the section of a code, however it is typed", async (t) => {
  const [one, other, json] = await Promise.all([
    command(t, "explain", "LG701"),
    command(t, "explain", "[lg701]"),
    command(t, "explain", "701", "--json"),
  ]);
  assert.equal(one.code, 0, one.stderr);
  assert.match(one.stdout, /^LG701: no gateway is running\n\n.+\n\nWhy: .+\n\nWhat to do: [\s\S]+\n {4}Try: /);
  assert.doesNotMatch(one.stdout, /```|\*\*/);
  assert.equal(other.stdout, one.stdout);
  const { code, title, text } = JSON.parse(json.stdout);
  assert.deepEqual([code, title], ["LG701", "no gateway is running"]);
  assert.match(text, /\*\*What to do:\*\*/);
});

test("a code that there is not is told the nearest one, and the list has all of them", async (t) => {
  const [wrong, none, list] = await Promise.all([
    command(t, "explain", "LG700"),
    command(t, "explain"),
    command(t, "explain", "--list"),
  ]);
  assert.deepEqual([wrong.code, none.code, list.code], [2, 2, 0]);
  assert.match(
    wrong.stderr,
    /there is no code "LG700"; the nearest one is LG701 \[LG101\]\nTry: lwm2m-gateway explain --list\n$/,
  );
  assert.match(none.stderr, /which code\?/);
  assert.equal(list.stdout.trimEnd().split("\n").length, Object.keys(ERROR_CODES).length);
});
