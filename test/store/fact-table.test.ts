import assert from "node:assert/strict";
import test from "node:test";
import { silentLogger } from "../../src/log.ts";
import { openStore } from "../../src/store/store.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("what a device said of itself is kept with its place: renamed with it, and gone with it", async (t) => {
  const directory = temporaryDirectory(t);
  const first = await openStore({ directory, log: silentLogger });
  await first.assignDevices([{ id: "a" }, { id: "b" }]);
  await first.saveFacts({ device: "a", content: "1" });
  await first.saveFacts({ device: "a", content: "2" });
  await first.saveFacts({ device: "b", content: "3" });
  await first.saveFacts({ device: "nobody", content: "4" });
  await first.close();
  const store = await openStore({ directory, log: silentLogger });
  try {
    assert.deepEqual(await store.loadFacts(), [
      { device: "a", content: "2" },
      { device: "b", content: "3" },
    ]);
    await store.assignDevices([{ id: "c", was: "a" }]);
    await store.forgetDevice("b");
    assert.deepEqual(await store.loadFacts(), [{ device: "c", content: "2" }]);
  } finally {
    await store.close();
  }
});
