import assert from "node:assert/strict";
import test from "node:test";
import { govee } from "../../../../adapters/ble/decoders/govee.ts";
import { mikrotik } from "../../../../adapters/ble/decoders/mikrotik.ts";
import { teltonikaEye } from "../../../../adapters/ble/decoders/teltonika-eye.ts";
import { badOf, fieldsOf, manufacturer, roundTrip, valuesOf } from "../../../support/advertisements.ts";

const [TELTONIKA, MIKROTIK, GOVEE] = [0x089a, 0x094f, 0xec88];

test("Teltonika EYE says what its flags announce", () => {
  // wiki.teltonika-gps.com, "EYE SENSOR / BTSMP1", the parsed example of its protocol description.
  assert.deepEqual(fieldsOf(teltonikaEye.decode(manufacturer(TELTONIKA, "01B708B4120CCB0BFFC767"))), {
    battery_low: false,
    magnet: false,
    temperature: 22.28,
    humidity: 18,
    moving: false,
    movement_counter: 3275,
    pitch: 11,
    roll: -57,
    battery_voltage: 3.03,
  });
  // EYE Beacon has a battery alone.
  assert.deepEqual(fieldsOf(teltonikaEye.decode(manufacturer(TELTONIKA, "01C050"))), {
    battery_low: true,
    battery_voltage: 2.8,
  });
});

test("frost, a magnet and movement are told", () => {
  const fields = fieldsOf(teltonikaEye.decode(manufacturer(TELTONIKA, "011DFF3880FF")));
  assert.deepEqual(fields, { battery_low: false, magnet: true, temperature: -2, moving: true, movement_counter: 255 });
});

test("EYE of another version, or cut off, is malformed", () => {
  for (const data of ["", "01", "02B7", "01B708B412"])
    assert.throws(() => teltonikaEye.decode(manufacturer(TELTONIKA, data)), { name: "DeviceError", kind: "malformed" });
});

test("EYE is played", () => {
  const fields = {
    battery_low: true,
    magnet: true,
    temperature: -12.34,
    humidity: 77,
    moving: true,
    movement_counter: 32_767,
    pitch: -90,
    roll: 180,
    battery_voltage: 2.95,
  };
  assert.deepEqual(fieldsOf(roundTrip(teltonikaEye, fields)), fields);
  assert.deepEqual(fieldsOf(roundTrip(teltonikaEye, { temperature: 1 })), { battery_low: false, temperature: 1 });
});

test("a MikroTik tag says temperature, acceleration and how long it runs", () => {
  // help.mikrotik.com, "Sending temperature readings from the TG-BT5-OUT tag to ThingsBoard".
  assert.deepEqual(fieldsOf(mikrotik.decode(manufacturer(MIKROTIK, "010032a500000000ffff5019bd5954000061"))), {
    acceleration_x: 0,
    acceleration_y: 0,
    acceleration_z: -1 / 256,
    temperature: 25.3125,
    uptime: 5_527_997,
    tilted: false,
    dropped: false,
    impact_x: false,
    impact_y: false,
    impact_z: false,
    battery: 97,
  });
});

test("what happened to a tag is told", () => {
  // help.mikrotik.com, "MikroTik Tag advertisement formats": 02 is tilted, 04 dropped, 38 hit along all three axes.
  const happened = (flags: string) => {
    const fields = fieldsOf(mikrotik.decode(manufacturer(MIKROTIK, `010032a500000000ffff5019bd595400${flags}61`)));
    return Object.entries(fields ?? {}).flatMap(([name, value]) => (value === true ? [name] : []));
  };
  assert.deepEqual(["02", "04", "38"].map(happened), [["tilted"], ["dropped"], ["impact_x", "impact_y", "impact_z"]]);
});

test("a tag without a thermometer, one that encrypts, and one that is cut off", () => {
  const indoors = mikrotik.decode(manufacturer(MIKROTIK, "010032a500000000ffff0080bd5954000061"));
  assert.deepEqual(badOf(indoors), ["temperature"]);
  assert.throws(() => mikrotik.decode(manufacturer(MIKROTIK, "010132a500000000ffff5019bd5954000061")), {
    message: /encrypted/,
  });
  for (const data of ["", "0100", "020032a500000000ffff5019bd5954000061"])
    assert.throws(() => mikrotik.decode(manufacturer(MIKROTIK, data)), { name: "DeviceError", kind: "malformed" });
});

test("a tag is played, each packet by itself", () => {
  const decoded = roundTrip(mikrotik, { temperature: -1.5, battery: 50, dropped: true, uptime: 100_000 });
  assert.deepEqual([decoded?.fields.get("temperature"), decoded?.fields.get("dropped")], [-1.5, true]);
  assert.notEqual(decoded?.packet, roundTrip(mikrotik, {}, { packet: 8 })?.packet);
});

test("Govee's thermometers are read, with and without what some append", () => {
  // github.com/Bluetooth-Devices/govee-ble, tests/test_parser.py: H5075, H5075, H5100, H5074, H5051.
  const appended = "4C000215494E54454C4C495F524F434B535F48575075F2FF0C";
  for (const [company, data, temperature, humidity, battery] of [
    [GOVEE, `000341C26400${appended}`, 21.3, 44.2, 100],
    [GOVEE, "00034DB26400", 21.6, 49.8, 100],
    [0x0001, "010103465464", 21.4, 61.2, 100],
    [GOVEE, "00E609BC126402", 25.34, 47.96, 100],
    [GOVEE, "00BA0AF90F63020101", 27.46, 40.89, 99],
  ] as const) {
    const decoded = govee.decode(manufacturer(company, data));
    assert.deepEqual(valuesOf(decoded, "temperature", "humidity", "battery"), [temperature, humidity, battery]);
  }
});

test("frost has the first bit, and what nobody can measure is no value", () => {
  // github.com/Thrilleratplay/GoveeWatcher, issue 2: the first bit is the sign.
  assert.equal(govee.decode(manufacturer(GOVEE, "0080C5746400"))?.fields.get("temperature"), -5);
  const oversized = govee.decode(manufacturer(GOVEE, "004A00283B00"));
  assert.deepEqual(badOf(oversized), ["temperature", "humidity"]);
  assert.deepEqual(fieldsOf(oversized), { battery: 59, fault: false });
});

test("a Govee with a fault has no values", () => {
  // github.com/Bluetooth-Devices/govee-ble, GVH5108_SERVICE_INFO_ERROR: the first bit beside the battery.
  const decoded = govee.decode(manufacturer(0x0001, "010103C730E4"));
  assert.deepEqual([fieldsOf(decoded), badOf(decoded)], [{ battery: 100, fault: true }, ["temperature", "humidity"]]);
});

test("what other lengths and other companies say is none of Govee's", () => {
  assert.equal(govee.decode(manufacturer(GOVEE, "0003")), undefined);
  assert.equal(govee.decode(manufacturer(0x0001, "020103465464")), undefined);
  assert.equal(govee.decode(manufacturer(0x004c, "000341C26400")), undefined);
});

test("Govee is played, with and without a fault", () => {
  const fields = { temperature: -7.5, humidity: 44.4, battery: 80 };
  assert.deepEqual(fieldsOf(roundTrip(govee, fields)), fields);
  assert.deepEqual(fieldsOf(roundTrip(govee, { ...fields, fault: false })), { ...fields, fault: false });
});
