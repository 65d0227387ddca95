import assert from "node:assert/strict";
import { test } from "node:test";
import { findCharacteristic, refText } from "../../../../adapters/ble/central/find-characteristic.ts";
import type { Service } from "../../../../adapters/ble/radio/radio.ts";
import { DeviceError } from "../../../../src/adapter.ts";

/** Two batteries, two inputs in one service, and a service with nothing in it. */
const SERVICES = servicesOf({
  "180f": ["2a19"],
  "181a": ["2a6e", "2a6f", "2a19"],
  ffe0: ["2a56", "2a56"],
  fff0: [],
});

function servicesOf(all: Readonly<Record<string, readonly string[]>>): readonly Service[] {
  let id = 0;
  return Object.entries(all).map(([service, uuids]) => ({
    uuid: service,
    characteristics: uuids.map((uuid) => ({ id: ++id, uuid, service, properties: new Set(["read"] as const) })),
  }));
}

for (const [ref, id] of [
  [{ uuid: "2a6e" }, 2],
  [{ service: "180f", uuid: "2a19" }, 1],
  [{ service: "181a", uuid: "2a19" }, 4],
  [{ uuid: "2a19", index: 1 }, 4],
  [{ service: "ffe0", uuid: "2a56", index: 1 }, 6],
] as const) {
  test(`${refText(ref)} is found`, () => assert.equal(findCharacteristic(SERVICES, ref).id, id));
}

for (const [ref, message] of [
  [{ uuid: "2a00" }, "it has no 2a00: its services are 180f, 181a, ffe0, fff0"],
  [{ service: "181a", uuid: "2a00" }, "it has no 181a/2a00: service 181a has 2a6e, 2a6f, 2a19"],
  [{ service: "fff0", uuid: "fff1" }, "it has no fff0/fff1: service fff0 has none"],
  [{ service: "180a", uuid: "2a6e" }, "it has no 180a/2a6e: 2a6e is in 181a"],
  [{ uuid: "2a19" }, "it has 2 of 2a19, in the services 180f, 181a: say which service"],
  [{ uuid: "2a56" }, "it has 2 of 2a56, say which by index, from 0"],
  [{ uuid: "2a56", index: 2 }, "it has no 2a56, index 2: there are 2, and index counts from 0"],
  [{ uuid: "2a6e", index: 1 }, "it has no 2a6e, index 1: there is one, and index counts from 0"],
] as const) {
  test(`${refText(ref)} is missing or ambiguous, and it is told what there is instead`, () => {
    assert.throws(() => findCharacteristic(SERVICES, ref), new DeviceError("rejected", message));
  });
}

test("nobody reads more than eight names", () => {
  const services = servicesOf(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`ff${i}0`, []])));
  const names = "ff00, ff10, ff20, ff30, ff40, ff50, ff60, ff70 and 2 more";
  assert.throws(
    () => findCharacteristic(services, { uuid: "2a19" }),
    new DeviceError("rejected", `it has no 2a19: its services are ${names}`),
  );
});
