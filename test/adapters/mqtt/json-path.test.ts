import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatJsonPath, JsonPathError, parseJsonPath, valueAt } from "../../../adapters/mqtt/json-path.ts";

test("paths name members and items, in every spelling", () => {
  const spelled: readonly (readonly [string, readonly (string | number)[]])[] = [
    [".", []],
    ["temperature", ["temperature"]],
    [".temperature", ["temperature"]],
    ["a.b[0].c", ["a", "b", 0, "c"]],
    ["[2][3]", [2, 3]],
    ['a["x y"].b', ["a", "x y", "b"]],
    ["['switch:0'].output", ["switch:0", "output"]],
    ["switch:0.output", ["switch:0", "output"]],
    ['["a.b"]["\\u00e4\\""]', ["a.b", 'ä"']],
    ["BME280-76.Temperature", ["BME280-76", "Temperature"]],
    ["__proto__.x", ["__proto__", "x"]],
  ];
  for (const [text, path] of spelled) assert.deepEqual(parseJsonPath(text), path, text);
});

test("what is no path is told with its place", () => {
  const wrong: readonly (readonly [string, number])[] = [
    ["", 0],
    ["a..b", 1],
    ["a b", 1],
    ["a.", 1],
    ["[0]b", 3],
    ["a[", 1],
    ["a[x]", 1],
    ["a[-1]", 1],
    ['a["b]', 1],
    ["$.a b", 3],
  ];
  for (const [text, at] of wrong) {
    assert.throws(
      () => parseJsonPath(text),
      (error) => error instanceof JsonPathError && error.at === at,
      text,
    );
  }
  assert.throws(() => parseJsonPath("a".concat(".a".repeat(40))), /at most 32 steps/);
});

test("values are found, and what is not there is not there", () => {
  const document = { a: { b: [{ c: 1 }] }, n: null, t: "text" };
  const at = (path: string): unknown => valueAt(document, parseJsonPath(path));
  assert.equal(at("a.b[0].c"), 1);
  assert.equal(at("."), document);
  assert.equal(at("n"), null);
  for (const path of ["a.b[1]", "a.b.c", "a[0]", "t[0]", "t.length", "a.b.length", "n.x", "x.y"]) {
    assert.equal(at(path), undefined, path);
  }
});

test("names of JavaScript's own are names like any other", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"];
  for (const name of names) {
    assert.equal(valueAt({}, [name]), undefined, name);
    assert.equal(valueAt([], [name]), undefined, name);
    const document: unknown = JSON.parse(`{ "${name}": { "${name}": 5 } }`);
    assert.equal(valueAt(document, parseJsonPath(`${name}.${name}`)), 5, name);
  }
});

test("a path that is spelled is read as the same, and nothing but JsonPathError is thrown", () => {
  const step = fc.oneof(fc.string({ unit: "binary" }), fc.nat(999_999));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (path) => {
      assert.deepEqual(parseJsonPath(formatJsonPath(path)), path);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", ".", "[", "]", '"', "'", "0", "\\", " ") }), (text) => {
      try {
        parseJsonPath(text);
      } catch (error) {
        assert.ok(error instanceof JsonPathError);
      }
    }),
  );
});
