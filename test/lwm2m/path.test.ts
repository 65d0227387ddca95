import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  childPath,
  isWithin,
  makePath,
  type Path,
  type PathParts,
  PREFIX,
  parentPath,
  parsePath,
  pathDepth,
  pathOfSegments,
  pathParts,
  prefixOf,
} from "../../src/lwm2m/path.ts";

const id = fc.integer({ min: 0, max: 65534 });
const prefix = fc.oneof(fc.constant(""), fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/));
const parts: fc.Arbitrary<PathParts> = fc.tuple(prefix, fc.array(id, { maxLength: 4 })).map(([prefix, ids]) => {
  const names = ["object", "instance", "resource", "resourceInstance"];
  return { prefix, ...Object.fromEntries(ids.map((id, i) => [names[i], id])) };
});

test("a path has an optional prefix and up to four IDs", () => {
  assert.deepEqual(pathParts(parsePath("/")), { prefix: "" });
  assert.deepEqual(pathParts(parsePath("/meter-1")), { prefix: "meter-1" });
  assert.deepEqual(pathParts(parsePath("/3303/0/5700")), { prefix: "", object: 3303, instance: 0, resource: 5700 });
  const whole = { prefix: "meter-1", object: 3, instance: 0, resource: 7, resourceInstance: 65534 };
  assert.deepEqual(pathParts(parsePath("/meter-1/3/0/7/65534")), whole);
});

test("parts make their path, and the path its parts", () => {
  fc.assert(fc.property(parts, (parts) => assert.deepEqual(pathParts(parsePath(makePath(parts))), parts)));
});

test("text that is no path is refused with what is wrong", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /does not begin/],
    ["3/0", /does not begin/],
    ["//", /is no ID/],
    ["/3/", /"" in path "\/3\/" is no ID/],
    ["/3//0", /is no ID/],
    ["/meter-1/", /is no ID/],
    ["/03", /"03" in path/],
    ["/00", /"00" in path/],
    ["/+3", /"\+3" in path/],
    ["/3.0", /"3.0" in path/],
    ["/ 3", /" 3" in path/],
    ["/3/x/0", /"x" in path/],
    ["/3é", /"3é" in path/],
    ["/1meter/3", /"1meter" in path/],
    ["/mé/3", /"mé" in path/],
    ["/65535", /above 65534/],
    ["/99999", /above 65534/],
    ["/123456", /"123456" in path/],
    ["/1/2/3/4/5", /more than four IDs/],
    [`/${"m".repeat(33)}/3`, /is no ID/],
    ["/a/b/3", /"b" in path/],
  ];
  for (const [text, message] of wrong) assert.throws(() => parsePath(text), { name: "RangeError", message }, text);
});

test("any text is a path, or refused with RangeError", () => {
  const piece = fc.constantFrom("/", "3", "0", "65535", "a", "-", "", " ");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join("")),
      ),
      (text) => {
        try {
          assert.equal(makePath(pathParts(parsePath(text))), text);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("segments of a request make a path", () => {
  assert.equal(pathOfSegments(["meter-1", "3303", "0"]), "/meter-1/3303/0");
  assert.equal(pathOfSegments([]), "/");
  assert.throws(() => pathOfSegments(["3", "0/1"].concat("2", "3", "4")), RangeError);
});

test("depth counts the IDs, and each level has the one above", () => {
  const levels = ["/meter-1/3/0/7/1", "/meter-1/3/0/7", "/meter-1/3/0", "/meter-1/3", "/meter-1"].map(parsePath);
  assert.deepEqual(levels.map(pathDepth), [4, 3, 2, 1, 0]);
  assert.deepEqual(levels.map(parentPath), [...levels.slice(1), undefined]);
  assert.equal(parentPath(parsePath("/3")), "/");
  assert.equal(parentPath(parsePath("/")), undefined);
  assert.equal(pathDepth(parsePath("/")), 0);
});

test("a child lies within its parent", () => {
  assert.equal(childPath(parsePath("/"), 3), "/3");
  assert.equal(childPath(parsePath("/meter-1"), 3), "/meter-1/3");
  fc.assert(
    fc.property(parts, (parts) => {
      const path = makePath(parts);
      for (let above: typeof path | undefined = path; above !== undefined; above = parentPath(above)) {
        assert(isWithin(path, above), `${path} within ${above}`);
      }
    }),
  );
});

test("what only looks alike does not lie within", () => {
  assert(!isWithin(parsePath("/33"), parsePath("/3")));
  assert(!isWithin(parsePath("/3"), parsePath("/3/0")));
  assert(!isWithin(parsePath("/meter-1/3"), parsePath("/")));
  assert(!isWithin(parsePath("/meter-10/3"), parsePath("/meter-1")));
  assert(isWithin(parsePath("/3"), parsePath("/")));
});

test("the prefix of a path is its first segment where that is no ID", () => {
  assert.deepEqual(
    ["/", "/3/0", "/meter-1", "/meter-1/3"].map((text) => prefixOf(parsePath(text))),
    ["", "", "meter-1", "meter-1"],
  );
});

test("a first segment is a prefix exactly where PREFIX says so", () => {
  const character = fc.constantFrom(..."aZ09_-.~ é/");
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 40 }), (text) => {
      const [segment = ""] = text.split("/");
      assert.equal(prefixOf(`/${text}` as Path), PREFIX.test(segment) ? segment : "");
    }),
    { numRuns: 1000 },
  );
  for (const length of [31, 32, 33]) {
    assert.equal(prefixOf(`/${"a".repeat(length)}/3` as Path).length, length > 32 ? 0 : length);
  }
});

test("what is wrong with a path is told in a line, however long the path", () => {
  const long = "x".repeat(5000);
  for (const path of [`/3/${long}`, `/${long}`, long, `/${"1/".repeat(3000)}`, `/3/${"9".repeat(5000)}`]) {
    assert.throws(
      () => parsePath(path),
      ({ message }: RangeError) => message.length < 250 && /no ID$|four IDs$|begin with "\/"$/.test(message),
    );
  }
});
