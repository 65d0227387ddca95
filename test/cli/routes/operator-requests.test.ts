import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { AdminRefusal } from "../../../src/admin/errors.ts";
import { depthOf, parseExecute, parseWrite, pathsOf } from "../../../src/cli/routes/operator-requests.ts";
import { Lwm2mError } from "../../../src/errors.ts";

test("a write names one value, values below a path, or values of several places", () => {
  assert.deepEqual(parseWrite({ path: "/a/3/0/1", value: 5 }), { type: "value", path: "/a/3/0/1", value: 5 });
  assert.deepEqual(parseWrite({ path: "/a/3/0/1", value: null }), { type: "value", path: "/a/3/0/1", value: null });
  assert.deepEqual(parseWrite({ path: "/a/3/0/", values: { "1": 5, "11/0": 6 } }), {
    ...{ type: "below", path: "/a/3/0", mode: "update" },
    values: [
      { path: "/a/3/0/1", value: 5 },
      { path: "/a/3/0/11/0", value: 6 },
    ],
  });
  assert.deepEqual(parseWrite({ values: { "/a/3/0/1": 5 } }), {
    type: "places",
    values: [{ path: "/a/3/0/1", value: 5 }],
  });
});

test("what is missing, or too much, is told", () => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /expected a path and its value; or values, each by its path/],
    [{}, /expected a path and its value/],
    [{ path: "/3/0/1" }, /expected a path and its value/],
    [{ path: "/3/0/1", value: 1, values: {} }, /expected a path and its value/],
    [{ value: 1 }, /which path\?/],
    [{ path: 3, value: 1 }, /path: expected text/],
    [{ path: "/3/x", value: 1 }, /"x" in path "\/3\/x" is no ID; expected e\.g\./],
    [{ path: "/3/0", values: {} }, /values: expected 1 to 1000 of them/],
    [{ path: "/3/0", values: [1] }, /values: expected an object/],
    [{ path: "/3/0", values: { "1": 1 }, mode: "both" }, /mode: expected "replace" or "update", not "both"/],
    [{ path: "/3/0/1", value: 1, mode: "replace" }, /mode: goes with a path and values/],
    [{ values: { "3/0/1": 1 } }, /does not begin with "\/"/],
    [{ path: "/3/0/1", vaule: 1 }, /unknown key "vaule"/],
  ];
  for (const [body, message] of rows) assert.throws(() => parseWrite(body), message, JSON.stringify(body));
  assert.throws(() => parseExecute({ path: "/3/0/4", args: 5 }), /args: expected text such as 0='60', not 5/);
  assert.throws(() => parseExecute({ path: "/3/0/4", arg: "" }), /expected a path, and args/);
  assert.throws(() => pathsOf(new URLSearchParams()), /which path\?/);
  assert.throws(() => pathsOf(new URLSearchParams("path=/3&".repeat(101))), /expected 100 paths at most, not 101/);
  assert.deepEqual([depthOf(null), depthOf("0"), depthOf("4")], [undefined, 0, 4]);
  for (const depth of ["", "5", "-1", "1.0"]) assert.throws(() => depthOf(depth), /depth: expected 0 to 4/);
});

test("whatever JSON comes, it is a wish or a refusal", () => {
  const keys = fc.constantFrom("path", "value", "values", "mode", "args", "__proto__");
  const inner = fc.oneof(fc.jsonValue(), fc.constantFrom("/3/0/1", "/a/3", "update"));
  const body = fc.oneof(fc.jsonValue(), fc.dictionary(keys, inner));
  fc.assert(
    fc.property(body, (given) => {
      for (const parse of [parseWrite, parseExecute]) {
        try {
          parse(given);
        } catch (error) {
          assert.ok(error instanceof AdminRefusal || error instanceof Lwm2mError, String(error));
        }
      }
    }),
  );
});
