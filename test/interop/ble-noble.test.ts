/** The emulated controller and its peripherals before a host that we did not write: the whole of noble, with its own ATT and GATT. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { advertisingData } from "../../adapters/ble/emulator/advertising-data.ts";
import { locateData } from "../../src/locate.ts";
import { aBleController } from "../support/ble-controller.ts";
import { everyTestIsAgainst } from "../support/peer.ts";
import { run } from "../support/process.ts";

const { version } = JSON.parse(readFileSync(locateData("node_modules/@stoprocent/noble/package.json"), "utf8"));
everyTestIsAgainst("noble", version);

const ADDRESS = "f0:00:00:00:00:01";
const CENTRAL = fileURLToPath(new URL("../support/noble-central.mjs", import.meta.url));

test("noble finds a peripheral, reads, writes, in pieces too, and is notified", async (t) => {
  const serial = await aBleController(t);
  if (serial === undefined) return;
  const peripheral = serial.controller.add({
    ...{ address: ADDRESS, addressType: "random" },
    advertising: { data: advertisingData({ name: "Room" }), interval: 50 },
    services: [
      {
        uuid: "181a",
        characteristics: [
          { uuid: "2a6e", properties: ["read", "write"], value: Uint8Array.of(1, 2) },
          { uuid: "2a6f", properties: ["read", "write"], value: new Uint8Array(400).fill(7) },
          {
            uuid: "2a77",
            properties: ["write-without-response", "notify"],
            onWrite: () => {
              setImmediate(() => peripheral.characteristic("2a77").notify(Uint8Array.of(0xab)));
              return undefined;
            },
          },
        ],
      },
    ],
  });
  const { code, stdout, stderr } = await run(t, process.execPath, [CENTRAL, serial.port, ADDRESS]);
  assert.equal(code, 0, stderr);
  const { uuids, ...seen } = JSON.parse(stdout);
  assert.ok(uuids.includes("181a") && uuids.includes("1800"), String(uuids));
  assert.deepEqual(seen, {
    ...{ localName: "Room", first: "0102", long: "07".repeat(400), written: "beef", prepared: "09".repeat(300) },
    ...{ notified: "ab", rssi: -60, mtu: 247, state: "disconnected" },
  });
});
