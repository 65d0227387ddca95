import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { advertisementOf, parseAdvertisingData } from "../../../../adapters/ble/decoders/ad-structures.ts";
import { adStructures } from "../../../../adapters/ble/emulator/advertising-data.ts";
import { hex } from "../../../support/advertisements.ts";

test("the example of BTHome is taken apart: flags, a name, data of a service", () => {
  // bthome.io/format, "Advertising payload".
  const parsed = parseAdvertisingData(hex("020106 0B094449592D73656E736F72 0A16D2FC4002C40903BF13"));
  assert.deepEqual(parsed.problems, []);
  assert.equal(parsed.flags, 6);
  assert.equal(parsed.name, "DIY-sensor");
  assert.deepEqual([...parsed.serviceData], [["fcd2", hex("4002C40903BF13")]]);
});

test("services of every length have one name each, and TX power has a sign", () => {
  // Core Specification Supplement, Part A, 1.1, 1.5, 1.11; the UUID of Nordic's UART service.
  const uart = "9ECADC240EE5A9E093F3A3B50100406E";
  const parsed = parseAdvertisingData(hex(`020AF4 05020D180F18 0503785634 12 1107${uart} 05050F180000`));
  assert.equal(parsed.txPower, -12);
  assert.deepEqual(parsed.services, ["180d", "180f", "5678", "1234", "6e400001-b5a3-f393-e0a9-e50e24dcca9e"]);
});

test("data of services with 32 and with 128 bits belongs to them", () => {
  const uart = "9ECADC240EE5A9E093F3A3B50100406E";
  const { serviceData } = parseAdvertisingData(hex(`06 20 78563412 01  12 21 ${uart} 02`));
  assert.deepEqual(
    [...serviceData],
    [
      ["12345678", hex("01")],
      ["6e400001-b5a3-f393-e0a9-e50e24dcca9e", hex("02")],
    ],
  );
});

test("a whole name counts more than a shortened one, and zeros behind it are none of it", () => {
  assert.equal(parseAdvertisingData(hex("0409414200 02084A")).name, "AB");
  assert.equal(parseAdvertisingData(hex("02084A")).name, "J");
});

test("what is wrong is said, and what is right is read all the same", () => {
  const cut = parseAdvertisingData(hex("020106 0A16D2FC40"));
  assert.deepEqual(cut.problems, ["the structure at byte 3 says that it has 10 bytes; 4 follow"]);
  assert.equal(cut.flags, 6);
  assert.deepEqual(parseAdvertisingData(hex("02FF99")).problems, ["manufacturer data has 1 bytes; 2 were expected"]);
  assert.deepEqual(parseAdvertisingData(hex("04030D180F")).problems, [
    "services (16 bits) is no list of UUIDs of 2 bytes",
  ]);
  assert.deepEqual(parseAdvertisingData(hex("020106 00 01")).problems, ["something stands behind its end at byte 3"]);
});

test("zeros behind the last structure are no problem", () => {
  assert.deepEqual(parseAdvertisingData(hex("020106 0000000000")).problems, []);
});

test("the bytes become what a radio would hand over", () => {
  const heard = advertisementOf(hex("020106 0303D2FC"), { address: "a4:c1:38:8f:19:e9", rssi: -70 });
  assert.deepEqual(heard, {
    address: "a4:c1:38:8f:19:e9",
    connectable: false,
    rssi: -70,
    services: ["fcd2"],
    serviceData: new Map(),
    manufacturerData: new Map(),
  });
});

test("whatever comes, nothing is thrown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      parseAdvertisingData(bytes);
    }),
  );
});

test("what the emulator says is understood", () => {
  const content = fc.record({
    name: fc.string({ minLength: 1, maxLength: 10, unit: fc.constantFrom(..."abcÄ12") }),
    services: fc.uniqueArray(fc.constantFrom("180f", "fcd2", "6e400001-b5a3-f393-e0a9-e50e24dcca9e")),
    serviceData: fc.dictionary(fc.constantFrom("fcd2", "feaa"), fc.uint8Array({ maxLength: 9 })),
    manufacturerData: fc.dictionary(fc.constantFrom("76", "1177"), fc.uint8Array({ maxLength: 9 })),
  });
  fc.assert(
    fc.property(content, ({ name, services, ...data }) => {
      const serviceData = new Map(Object.entries(data.serviceData));
      const manufacturerData = new Map(Object.entries(data.manufacturerData).map(([id, bytes]) => [Number(id), bytes]));
      const bytes = Buffer.concat(adStructures({ name, services, serviceData, manufacturerData }));
      const parsed = parseAdvertisingData(bytes);
      assert.deepEqual(new Set(parsed.services), new Set(services));
      assert.deepEqual([parsed.name, parsed.problems], [name, []]);
      assert.deepEqual([parsed.serviceData, parsed.manufacturerData], [serviceData, manufacturerData]);
    }),
  );
});
