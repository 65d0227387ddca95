import assert from "node:assert/strict";
import { test } from "node:test";
import type { Path } from "../../src/lwm2m/path.ts";
import type { Sample } from "../../src/lwm2m/sample.ts";
import { tellableUntimed } from "../../src/servers/held-values.ts";
import { at } from "../support/fake-backing.ts";

const fresh = (path: string): Sample => ({ path: at(path), value: 1, time: 0 });
const held = (path: string): Sample => ({ ...fresh(path), held: true });

function told(samples: readonly Sample[], ...triggered: readonly Path[]): Path[] {
  return tellableUntimed(samples, triggered).map(({ path }) => path);
}

test("where nothing is held the report is the same one", () => {
  const samples = [fresh("/a/3303/0/5700"), fresh("/3/0/13")];
  assert.equal(tellableUntimed(samples, []), samples);
});

test("an instance with a held value is left out as a whole, others are not", () => {
  const samples = [held("/a/3303/0/5700"), fresh("/a/3303/0/5750"), fresh("/a/3303/1/5700"), fresh("/b/3303/0/5700")];
  assert.deepEqual(told(samples), ["/a/3303/1/5700", "/b/3303/0/5700"]);
});

test("news of an instance is told with all that stands beside it", () => {
  const samples = [held("/a/3303/0/5700"), fresh("/a/3303/0/6042"), held("/a/3303/1/5700")];
  assert.deepEqual(told(samples, at("/a/3303/0/6042")), ["/a/3303/0/5700", "/a/3303/0/6042"]);
});

test("instances of a resource are of the instance that it is in", () => {
  assert.deepEqual(told([held("/a/3/0/6/0"), fresh("/a/3/0/6/1"), fresh("/a/3/0/11/0")]), []);
});
