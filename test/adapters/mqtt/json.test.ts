import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseJson } from "../../../adapters/mqtt/json.ts";

function readValue(text: string): unknown {
  const parsed = parseJson(text);
  assert.ok("value" in parsed, text);
  return parsed.value;
}

function faultOf(text: string): string {
  const parsed = parseJson(text);
  assert.ok("fault" in parsed, text);
  return parsed.fault;
}

test("numbers are never read as others", () => {
  assert.deepEqual(readValue('{"a":9007199254740991,"b":9007199254740993,"c":-18446744073709551615}'), {
    a: 9007199254740991,
    b: 9007199254740993n,
    c: -18446744073709551615n,
  });
  assert.deepEqual(readValue("[1e400,-1e999,1e308,0.30000000000000004,1e-400]"), [
    "1e400",
    "-1e999",
    1e308,
    0.3 + 1e-17 * 4,
    0,
  ]);
  assert.equal(readValue('"9007199254740993"'), "9007199254740993");
});

test("what is no JSON is told in words", () => {
  assert.equal(faultOf("21,5"), 'is no JSON: "21,5"');
  assert.equal(faultOf(""), "is empty, and no JSON");
  assert.equal(faultOf("{".concat("x".repeat(100))), `is no JSON: "{${"x".repeat(39)}…"`);
  assert.match(faultOf('{"a":NaN}'), /is no JSON/);
});

test("however deep it is nested, nothing breaks", () => {
  const deep = "[".repeat(130_000).concat("]".repeat(130_000));
  assert.ok("value" in parseJson(deep));
  // With a large number in it each level is looked at again.
  assert.equal(faultOf("[".repeat(130_000).concat("9007199254740993", "]".repeat(130_000))), "is nested too deeply");
});

test("of a name that stands twice the last counts, and names of JavaScript's own are plain", () => {
  assert.deepEqual(readValue('{"a":1,"a":2}'), { a: 2 });
  const parsed = readValue('{"__proto__":{"polluted":true},"constructor":1}');
  assert.deepEqual(Object.keys(Object(parsed)), ["__proto__", "constructor"]);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

test("JSON is read as it was written, and any text is either JSON or told", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 2 }), (text) => {
      assert.deepEqual(
        JSON.parse(text),
        JSON.parse(JSON.stringify(readValue(text), (_, value) => (typeof value === "bigint" ? Number(value) : value))),
      );
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (number) => {
      assert.equal(BigInt(String(readValue(String(number)))), number);
    }),
  );
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseJson(text)));
});
