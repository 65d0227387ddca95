import assert from "node:assert/strict";
import test from "node:test";
import { isObjectLink, sameValue, type Value } from "../../src/lwm2m/sample.ts";

test("values are the same by content, whatever holds them", () => {
  const same: readonly (readonly [Value, Value])[] = [
    [1.5, 1.5],
    [Number.NaN, Number.NaN],
    [0, -0],
    [2n ** 60n, 2n ** 60n],
    ["a", "a"],
    [Uint8Array.of(1, 2), Buffer.from([1, 2])],
    [
      { object: 3, instance: 0 },
      { object: 3, instance: 0 },
    ],
  ];
  for (const [a, b] of same) assert(sameValue(a, b) && sameValue(b, a));
});

test("values differ by content and by kind", () => {
  const different: readonly (readonly [Value, Value])[] = [
    [1, 2],
    [1, "1"],
    [1, true],
    [Uint8Array.of(1, 2), Uint8Array.of(1)],
    [Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
    [Uint8Array.of(1), "1"],
    [
      { object: 3, instance: 0 },
      { object: 3, instance: 1 },
    ],
    [{ object: 3, instance: 0 }, "3:0"],
  ];
  for (const [a, b] of different) assert(!sameValue(a, b) && !sameValue(b, a));
});

test("an object link is told from bytes", () => {
  assert(isObjectLink({ object: 3, instance: 0 }));
  assert(!isObjectLink(Uint8Array.of(1)));
  assert(!isObjectLink("3:0"));
});
