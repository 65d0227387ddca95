import assert from "node:assert/strict";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import test from "node:test";
import { silentLogger } from "../../src/log.ts";
import { loadFirmware, saveFirmware } from "../../src/store/firmware-table.ts";
import { GatewayFile } from "../../src/store/gateway-file.ts";
import { openStore } from "../../src/store/store.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("where an update stands is kept with the place of its device: renamed with it, and gone with it; the gateway has one, too", async (t) => {
  const directory = temporaryDirectory(t);
  const first = await openStore({ directory, log: silentLogger });
  await first.assignDevices([{ id: "a" }, { id: "b" }, { id: "c" }]);
  await first.saveFirmware({ owner: "", content: "0" });
  await first.saveFirmware({ owner: "", content: "own" });
  await first.saveFirmware({ owner: "a", content: "1" });
  await first.saveFirmware({ owner: "a", content: "2" });
  await first.saveFirmware({ owner: "b", content: "3" });
  await first.saveFirmware({ owner: "c", content: "4" });
  await first.saveFirmware({ owner: "c" });
  await first.saveFirmware({ owner: "nobody", content: "5" });
  await first.close();
  const store = await openStore({ directory, log: silentLogger });
  try {
    assert.deepEqual(await store.loadFirmware(), [
      { owner: "", content: "own" },
      { owner: "a", content: "2" },
      { owner: "b", content: "3" },
    ]);
    await store.assignDevices([{ id: "d", was: "a" }]);
    await store.forgetDevice("b");
    await store.saveFirmware({ owner: "" });
    assert.deepEqual(await store.loadFirmware(), [{ owner: "d", content: "2" }]);
  } finally {
    await store.close();
  }
});

test("of a file that breaks it goes into the new one", (t) => {
  const file = new GatewayFile(temporaryDirectory(t), () => {});
  const kept = file.use(({ db, devices }) => {
    devices.assign([{ id: "a" }]);
    saveFirmware(db, { owner: "", content: "own" });
    saveFirmware(db, { owner: "a", content: "1" });
    return loadFirmware(db);
  });
  file.use(({ db }) => db.pragma("wal_checkpoint(TRUNCATE)"));
  const handle = openSync(file.name, "r+");
  writeSync(handle, Buffer.alloc(statSync(file.name).size - 4096, 0x5a), 0, undefined, 4096);
  closeSync(handle);
  assert.match(file.check() ?? "", /is damaged/);
  assert.deepEqual(
    file.use(({ db }) => loadFirmware(db)),
    kept,
  );
  file.close();
});
