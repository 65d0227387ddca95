import assert from "node:assert/strict";
import { test } from "node:test";
import { overlap, selfAndAbove } from "../../src/lwm2m/path-overlap.ts";
import { at } from "../support/fake-backing.ts";

test("a path lies in itself and in all above it, up to its device", () => {
  assert.deepEqual(selfAndAbove(at("/m/3/0/11")), ["/m/3/0/11", "/m/3/0", "/m/3", "/m"]);
});

test("of two sets of paths what lies in the other is found, whichever is the wider", () => {
  const some = new Set(["/m/3303/0/5700", "/m/3304", "/n"].map(at));
  assert.deepEqual([...overlap(some, ["/m/3303", "/m/3304/0", "/o"].map(at))], ["/m/3303/0/5700", "/m/3304/0"]);
  assert.deepEqual([...overlap(some, [at("/m")])], ["/m/3303/0/5700", "/m/3304"]);
  assert.deepEqual([...overlap(some, [at("/n")])], ["/n"], "once");
});
