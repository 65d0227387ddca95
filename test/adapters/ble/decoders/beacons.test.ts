import assert from "node:assert/strict";
import test from "node:test";
import { eddystone } from "../../../../adapters/ble/decoders/eddystone.ts";
import { ibeacon } from "../../../../adapters/ble/decoders/ibeacon.ts";
import { advertisement, badOf, fieldsOf, manufacturer, roundTrip, service } from "../../../support/advertisements.ts";

test("an iBeacon says whose it is, which one, and how strong at one metre", () => {
  // Apple, "Proximity Beacon Specification": the UUID of AirLocate; -59 dBm as the sources of that program have it.
  const decoded = ibeacon.decode(advertisement("02011A 1AFF4C000215 E2C56DB5DFFB48D2B060D0F5A71096E0 0001 0102 C5"));
  assert.deepEqual(fieldsOf(decoded), {
    uuid: "e2c56db5-dffb-48d2-b060-d0f5a71096e0",
    major: 1,
    minor: 258,
    tx_power: -59,
  });
});

test("what Apple's devices say otherwise is no iBeacon, and one that is cut off is malformed", () => {
  assert.equal(ibeacon.decode(manufacturer(0x004c, "1005031C6E1F59")), undefined);
  assert.equal(ibeacon.decode(manufacturer(0x0059, "0215")), undefined);
  assert.throws(() => ibeacon.decode(manufacturer(0x004c, "0215E2C5")), {
    kind: "malformed",
    message: "an iBeacon has 4 bytes; 23 were expected",
  });
});

test("an iBeacon is played", () => {
  const fields = { uuid: "e2c56db5-dffb-48d2-b060-d0f5a71096e0", major: 65_535, minor: 0, tx_power: -128 };
  assert.deepEqual(fieldsOf(roundTrip(ibeacon, fields)), fields);
});

test("Eddystone-UID has a namespace and an instance, with and without the bytes that are reserved", () => {
  // github.com/google/eddystone, eddystone-uid/README.md: the layout, and the namespace of its example.
  const fields = { frame: "uid", tx_power: -18, namespace: "8b0ca750095477cb3e77", instance: "000000000001" };
  for (const reserved of ["0000", ""]) {
    const decoded = eddystone.decode(service("feaa", `00EE8B0CA750095477CB3E77000000000001${reserved}`));
    assert.deepEqual(fieldsOf(decoded), fields);
  }
  assert.deepEqual(fieldsOf(roundTrip(eddystone, fields)), fields);
});

test("Eddystone-URL is written out", () => {
  // github.com/google/eddystone, eddystone-url/README.md: schemes, expansions, and the example https://goo.gl/Aq18zF.
  const goo = Buffer.from("goo.gl/Aq18zF").toString("hex");
  for (const [data, url] of [
    [`03${goo}`, "https://goo.gl/Aq18zF"],
    [`00${Buffer.from("example").toString("hex")}07`, "http://www.example.com"],
    [`01${Buffer.from("example").toString("hex")}03${Buffer.from("x").toString("hex")}`, "https://www.example.net/x"],
  ] as const) {
    assert.deepEqual(fieldsOf(eddystone.decode(service("feaa", `10EE${data}`))), { frame: "url", tx_power: -18, url });
    assert.deepEqual(fieldsOf(roundTrip(eddystone, { url, tx_power: -18 })), { frame: "url", tx_power: -18, url });
  }
});

test("a web address that has a measurement in it, as it was recorded", () => {
  // mybeacons.info/packetFormats.html: "Packet as seen by hcidump".
  const decoded = eddystone.decode(advertisement("020106 0303AAFE 1716AAFE10F903 7275752E76692F2342486759414D4C7347"));
  assert.equal(decoded?.fields.get("url"), "https://ruu.vi/#BHgYAMLsG");
});

test("Eddystone-TLM has voltage, temperature, a count and the time since it started", () => {
  // github.com/google/eddystone, eddystone-tlm/tlm-plain.md: 1 mV, 1/256 Cel, 0.1 s.
  const decoded = eddystone.decode(service("feaa", "20000BB8 1580 000000FF 00000BB8"));
  assert.deepEqual(fieldsOf(decoded), {
    frame: "tlm",
    battery_voltage: 3,
    temperature: 21.5,
    advertisements: 255,
    uptime: 300,
  });
});

test("what a beacon cannot measure has no value", () => {
  // tlm-plain.md: "the value should be zeroed"; "the value should be set to 0x8000".
  const decoded = eddystone.decode(service("feaa", "20000000 8000 00000001 00000001"));
  assert.deepEqual(fieldsOf(decoded), { frame: "tlm", advertisements: 1, uptime: 0.1 });
  assert.deepEqual(badOf(decoded), ["battery_voltage", "temperature"]);
});

test("what only its owner can open is named, and has no values", () => {
  // eddystone-eid/README.md; eddystone-tlm/tlm-encrypted.md: version 1.
  assert.deepEqual(fieldsOf(eddystone.decode(service("feaa", "30EE0102030405060708"))), {
    frame: "eid",
    tx_power: -18,
    eid: "0102030405060708",
  });
  const sealed = eddystone.decode(service("feaa", "2001000102030405060708090A0B1234ABCD"));
  assert.deepEqual(fieldsOf(sealed), { frame: "tlm" });
  assert.match(sealed?.bad?.get("temperature") ?? "", /encrypted/);
});

test("frames of other types and versions, and those that are cut off, are malformed", () => {
  for (const data of ["", "40", "00EE8B0C", "10EE", "10EE04", "10EE0380", "20", "2002", "2000FFFF", "30EE01"])
    assert.throws(() => eddystone.decode(service("feaa", data)), { name: "DeviceError", kind: "malformed" }, data);
});

test("a beacon that says several things says one after the other", () => {
  const fields = { namespace: "8b0ca750095477cb3e77", instance: "000000000001", temperature: 21.5 };
  const frames = [0, 1, 2].map((packet) => roundTrip(eddystone, fields, { packet })?.fields.get("frame"));
  assert.deepEqual(frames, ["uid", "tlm", "uid"]);
});

test("what is no web address cannot be played", () => {
  for (const url of ["ftp://x", "https://ä"])
    assert.throws(() => roundTrip(eddystone, { url }), { name: "DeviceError", kind: "malformed" });
});
