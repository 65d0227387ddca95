import assert from "node:assert/strict";
import test from "node:test";
import { silentLogger } from "../../src/log.ts";
import { type KnownTime, openStore } from "../../src/store/store.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("the time that was known last survives closing and opening", async (t) => {
  const directory = temporaryDirectory(t);
  const first: KnownTime = { time: 1_780_272_000_000, boot: "boot-1", uptime: 61_234.5, trusted: true };
  const last: KnownTime = { ...first, time: 1_780_272_600_000, uptime: 661_234.5, trusted: false };
  const store = await openStore({ directory, log: silentLogger });
  assert.equal(await store.loadTime(), undefined);
  await store.saveTime(first);
  assert.deepEqual(await store.loadTime(), first);
  await store.saveTime(last);
  await store.close();
  const again = await openStore({ directory, log: silentLogger });
  assert.deepEqual(await again.loadTime(), last);
  await again.close();
});
