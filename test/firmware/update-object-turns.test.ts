/** What a server asks of object 5 while something else of it is on its way to the disk. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../support/fake-clock.ts";
import { anUpdateObject } from "./an-update-object.ts";

test("a server that has read why an image failed, and writes the next URI at once, gets that one", async (t) => {
  const world = anUpdateObject(t);
  await world.put("/meter-1/5/0/1", "http://a/1");
  const { settle: isKept } = world.object.apply({ type: "downloadFailed", result: 6 });
  assert.equal(await world.get("/meter-1/5/0/5"), "2.05 6");
  const written = world.put("/meter-1/5/0/1", "http://a/2");
  await settle();
  await isKept();
  assert.equal(await written, "2.04");
  assert.deepEqual(world.done.slice(-3), ["discard", "save 1/0", "download http://a/2"]);
});
