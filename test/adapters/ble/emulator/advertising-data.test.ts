import assert from "node:assert/strict";
import test from "node:test";
import { adStructures, advertisingData } from "../../../../adapters/ble/emulator/advertising-data.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("a BTHome packet is made of the structures that its specification shows", () => {
  // https://bthome.io/format, the example "DIY-sensor"; the order of structures is free.
  const data = advertisingData({
    flags: true,
    name: "DIY-sensor",
    serviceData: new Map([["fcd2", Buffer.from("4002c40903bf13", "hex")]]),
  });
  assert.equal(hexOf(data), "020106" + "0a16d2fc4002c40903bf13" + "0b094449592d73656e736f72");
});

test("services are listed by the length of their UUIDs, companies lowest byte first", () => {
  const structures = adStructures({
    services: ["180f", "6e400001-b5a3-f393-e0a9-e50e24dcca9e", "181a"],
    manufacturerData: new Map([[0x0499, Uint8Array.of(5)]]),
  });
  assert.deepEqual(structures.map(hexOf), ["05030f181a18", "11079ecadc240ee5a9e093f3a3b50100406e", "04ff990405"]);
});

test("data of a service with a long UUID has a type of its own", () => {
  const data = adStructures({ serviceData: new Map([["6e400001-b5a3-f393-e0a9-e50e24dcca9e", Uint8Array.of(1)]]) });
  assert.deepEqual(data.map(hexOf), ["12219ecadc240ee5a9e093f3a3b50100406e01"]);
});

test("what has no room in one packet is refused", () => {
  assert.throws(() => advertisingData({ name: "n".repeat(30) }), /32 bytes: expected at most 31/);
});
