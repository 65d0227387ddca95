import assert from "node:assert/strict";
import test from "node:test";
import { BluezHearing } from "../../../../../../adapters/ble/radio/child/bluez/hearing.ts";

const PATH = "/org/bluez/hci0/dev_F0_00_00_00_00_01";
const FCD2 = "0000fcd2-0000-1000-8000-00805f9b34fb";
const data = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

test("what BlueZ knew before was heard by nobody; what changes is", () => {
  const hearing = new BluezHearing();
  hearing.know(PATH, { Name: "Room", AddressType: "random", ServiceData: { [FCD2]: data("01") } });
  assert.equal(hearing.take(PATH, { Connected: true }), undefined);
  const heard = hearing.take(PATH, { RSSI: -60 });
  assert.deepEqual([heard?.name, heard?.addressType, heard?.rssi, heard?.serviceData.size], ["Room", "random", -60, 0]);
});

test("of data of several packets only what is new is of this one; what is all as before was said again", () => {
  const hearing = new BluezHearing();
  hearing.take(PATH, { ManufacturerData: { 1177: data("05") } });
  const second = hearing.take(PATH, { ManufacturerData: { 1177: data("05"), 76: data("02") } });
  assert.deepEqual([...(second?.manufacturerData ?? [])], [[76, data("02")]]);
  const again = hearing.take(PATH, { ManufacturerData: { 1177: data("05"), 76: data("02") } });
  assert.equal(again?.manufacturerData.size, 2);
});

test("the name that BlueZ makes of an address is none", () => {
  assert.equal(new BluezHearing().take(PATH, { RSSI: -60, Alias: "F0-00-00-00-00-01" })?.name, undefined);
});
