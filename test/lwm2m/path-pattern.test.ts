import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePath, pathParts, prefixOf } from "../../src/lwm2m/path.ts";
import { meansIds, meansPrefix, parsePattern } from "../../src/lwm2m/path-pattern.ts";

/** Whether what is at the path is meant, or lies below. */
function means(pattern: string, path: string): boolean {
  const parsed = parsePattern(pattern);
  const at = parsePath(path);
  return meansPrefix(parsed, prefixOf(at)) && meansIds(parsed, pathParts(at));
}

const LEAF = "/meter-1/3303/0/5700";

test("a path means itself and what lies below it", () => {
  for (const pattern of [LEAF, "/meter-1/3303/0", "/meter-1/3303", "/meter-1"])
    assert.ok(means(pattern, LEAF), pattern);
  for (const pattern of [
    "/meter-1/3303/0/5701",
    "/meter-1/3303/1",
    "/meter-1/330",
    "/meter",
    "/3303/0/5700",
    `${LEAF}/0`,
  ]) {
    assert.ok(!means(pattern, LEAF), pattern);
  }
  assert.ok(means("/3/0/11", "/3/0/11/0"));
});

test("* is any prefix, object, instance or resource; a part of a prefix with * is any rest of it", () => {
  for (const pattern of [
    "/*",
    "/*/3303",
    "/*/*/0/5700",
    "/*/3303/*/5700",
    "/*/3303/0/*",
    "/meter-*/3303",
    "/*-1",
    "/m*1",
  ]) {
    assert.ok(means(pattern, LEAF), pattern);
  }
  for (const pattern of ["/*/3304", "/*/*/1", "/meter-2*", "/*-2", "/*/3303/0/5700/*"])
    assert.ok(!means(pattern, LEAF), pattern);
});

test("* in the place of the prefix is never the gateway itself", () => {
  assert.ok(!means("/*", "/3/0/9"));
  assert.ok(!means("/*/3/0/9", "/3/0/9"));
  assert.ok(means("/3/0/9", "/3/0/9"));
  assert.ok(!means("/3/0/9", "/meter-1/3/0/9"));
});

test("what is no such path is refused with what is wrong", () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    "meter-1/3303": /"meter-1\/3303" does not begin with "\/"/,
    "/": /"\/" names no object/,
    "/meter-1/": /"" in "\/meter-1\/" is neither an ID nor \*/,
    "/meter-1/33O3": /"33O3" in .* is neither an ID nor \*/,
    "/33*/0": /"33\*" in .* is no prefix of a device, and no ID/,
    "/*/3303/0/5700/1/2": /more than four IDs/,
    "/*/65535": /ID 65535 in .* is above 65534/,
    "/*/03": /"03"/,
  };
  for (const [text, expected] of Object.entries(wrong)) assert.throws(() => parsePattern(text), expected, text);
});

test("any text is a pattern or a RangeError, and every path is a pattern that means it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\/[a-z0-9*/-]{0,30}$/)), (text) => {
      try {
        assert.equal(parsePattern(text).text, text);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
  );
  const id = fc.integer({ min: 0, max: 65534 });
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/),
      fc.array(id, { minLength: 1, maxLength: 4 }),
      (prefix, ids) => {
        const path = `/${prefix}/${ids.join("/")}`;
        assert.ok(means(path, path));
        assert.ok(means(`/*${"/*".repeat(ids.length)}`, path));
      },
    ),
  );
});
