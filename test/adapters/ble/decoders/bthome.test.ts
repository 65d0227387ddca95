import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { bthome } from "../../../../adapters/ble/decoders/bthome.ts";
import { BTHOME_FIELDS, BTHOME_OBJECTS } from "../../../../adapters/ble/decoders/bthome-objects.ts";
import { isReplay } from "../../../../adapters/ble/decoders/replay.ts";
import {
  ADDRESS,
  advertisement,
  badOf,
  fieldsOf,
  heard,
  hex,
  roundTrip,
  service,
} from "../../../support/advertisements.ts";

/** The examples of bthome.io/format, object by object; mass in pounds is in kilograms here, lengths in metres, volumes in litres. */
const EXAMPLES: readonly (readonly [object: string, fields: Record<string, unknown>])[] = [
  ["0009", { packet_id: 9 }],
  ["0161", { battery: 97 }],
  ["02CA09", { temperature: 25.06 }],
  ["03BF13", { humidity: 50.55 }],
  ["04138A01", { pressure: 1008.83 }],
  ["05138A14", { illuminance: 13460.67 }],
  ["065E1F", { mass: 80.3 }],
  ["073E1D", { mass: 33.955924818200003 }],
  ["08CA06", { dew_point: 17.38 }],
  ["0960", { count: 96 }],
  ["0A138A14", { energy: 1346.067 }],
  ["0B021B00", { power: 69.14 }],
  ["0C020C", { voltage: 3.074 }],
  ["0D120C", { pm2_5: 3090 }],
  ["0E021C", { pm10: 7170 }],
  ["0F01", { generic_boolean: true }],
  ["12E204", { co2: 1250 }],
  ["133301", { tvoc: 307 }],
  ["14020C", { moisture: 30.74 }],
  ["1501", { battery_low: true }],
  ["1601", { battery_charging: true }],
  ["1700", { carbon_monoxide: false }],
  ["1801", { cold: true }],
  ["1900", { connectivity: false }],
  ["1A00", { door: false }],
  ["1B01", { garage_door: true }],
  ["1C01", { gas_detected: true }],
  ["1D00", { heat: false }],
  ["2800", { safety: false }],
  ["2901", { smoke: true }],
  ["2A00", { sound: false }],
  ["2B00", { tamper: false }],
  ["2C01", { vibration: true }],
  ["2D01", { window: true }],
  ["2E23", { humidity: 35 }],
  ["2F23", { moisture: 35 }],
  ["3A00", {}],
  ["3A01", { button: "press" }],
  ["3A02", { button: "double_press" }],
  ["3A03", { button: "triple_press" }],
  ["3A04", { button: "long_press" }],
  ["3A05", { button: "long_double_press" }],
  ["3A06", { button: "long_triple_press" }],
  ["3A80", { button: "hold_press" }],
  ["3C0000", {}],
  ["3C0103", { dimmer: "rotate_left", dimmer_steps: 3 }],
  ["3C020A", { dimmer: "rotate_right", dimmer_steps: 10 }],
  ["3D0960", { count: 24585 }],
  ["3E2A2C0960", { count: 1611213866 }],
  ["3F020C", { rotation: 307.4 }],
  ["400C00", { distance: 0.012 }],
  ["414E00", { distance: 7.8 }],
  ["424E3400", { duration: 13.39 }],
  ["434E34", { current: 13.39 }],
  ["444E34", { speed: 133.9 }],
  ["451101", { temperature: 27.3 }],
  ["4632", { uv_index: 5 }],
  ["478756", { volume: 2215.1 }],
  ["48DC87", { volume: 34.78 }],
  ["49DC87", { volume_flow_rate: 34.78 }],
  ["4A020C", { voltage: 307.4 }],
  ["4B138A14", { gas: 1346.067 }],
  ["4C41018A01", { gas: 25821.505 }],
  ["4D12138A14", { energy: 344593.17 }],
  ["4E87562A01", { volume: 19551.879 }],
  ["4F87562A01", { water: 19551.879 }],
  // 2023-05-14 19:41:17 UTC.
  ["505D396164", { timestamp: 1684093277 }],
  ["528756", { gyroscope: 22.151 }],
  ["530C48656C6C6F20576F726C6421", { text: "Hello World!" }],
  ["540C48656C6C6F20576F726C6421", { raw: hex("48656c6c6f20576f726c6421") }],
  ["5587562A01", { volume_storage: 19551.879 }],
  ["57EA", { temperature: -22 }],
  ["58EA", { temperature: -7.7 }],
  ["5C02FBFFFF", { power: -12.78 }],
  ["5E9F8C", { direction: 359.99 }],
  ["F00100", { device_type: 1 }],
  ["F100010204", { firmware_version: "4.2.1.0" }],
  ["F2000106", { firmware_version: "6.1.0" }],
];

/** bthome.io/encryption: this device, and this key. */
const SENDER = "54:48:e6:8f:80:a5";
const KEY = hex("231d39c1d7cc1ab1aee224cd096db932");

test("every example of the format is read", () => {
  for (const [object, fields] of EXAMPLES)
    assert.deepEqual(fieldsOf(bthome.decode(service("fcd2", `40${object}`))), fields, object);
});

test("a packet as it is on the air has all its objects", () => {
  // bthome.io/format, "Advertising payload".
  const decoded = bthome.decode(advertisement("020106 0B094449592D73656E736F72 0A16D2FC4002C40903BF13"));
  assert.deepEqual(fieldsOf(decoded), { temperature: 25, humidity: 50.55 });
});

test("several of one kind are numbered, with and without those in between", () => {
  // bthome.io/format, "Multiple measurements of the same type" and "Multiple events of the same type".
  assert.deepEqual(fieldsOf(bthome.decode(service("fcd2", "4002CA0902CF0945 1101"))), {
    temperature: 25.06,
    temperature_2: 25.11,
    temperature_3: 27.3,
  });
  assert.deepEqual(fieldsOf(bthome.decode(service("fcd2", "403A003A01"))), { button_2: "press" });
  assert.deepEqual(fieldsOf(bthome.decode(service("fcd2", "403C00003C0203"))), {
    dimmer_2: "rotate_right",
    dimmer_steps_2: 3,
  });
});

test("what is on or off has another name than what is measured", () => {
  assert.deepEqual(fieldsOf(bthome.decode(service("fcd2", "400161 0B021B00 1001 1501"))), {
    battery: 97,
    power: 69.14,
    power_on: true,
    battery_low: true,
  });
});

test("behind an object that is not known, nothing is believed, and that is said", () => {
  // bthome.io/format: a receiver stops at an id that it does not support.
  const decoded = bthome.decode(service("fcd2", "4002CA09EE0102CA09"));
  assert.deepEqual(fieldsOf(decoded), { temperature: 25.06 });
  assert.deepEqual(decoded?.notes, ["object 0xee is not known: it and what follows is left out"]);
});

test("an event that is not known is none", () => {
  const decoded = bthome.decode(service("fcd2", "403A09"));
  assert.deepEqual([fieldsOf(decoded), badOf(decoded)], [{}, ["button"]]);
});

test("a packet that ends within an object, of another version, or empty is malformed", () => {
  for (const [data, message] of [
    ["4002CA", /ends within object 0x02 \(temperature\)/],
    ["405305", /ends within object 0x53 \(text\)/],
    ["E102000C", /BTHome of version 7/],
    ["", /has 0 bytes/],
    ["42A580", /has 3 bytes/],
  ] as const) {
    assert.throws(() => bthome.decode(service("fcd2", data)), { name: "DeviceError", kind: "malformed", message });
  }
});

test("what is not of BTHome is somebody else's", () => {
  assert.equal(bthome.decode(service("181a", "4002CA09")), undefined);
});

test("encrypted packets are opened with the key and the address", () => {
  // The tests of github.com/Bluetooth-Devices/bthome-ble (tests/test_parser_v2.py), and of bthome.io/encryption.
  for (const [data, counter] of [
    ["41 a47266c95f73 00112233 78237214", 0x33221100],
    ["41 e445f3c9962b 33221100 6c7c4519", 0x00112233],
  ] as const) {
    const decoded = bthome.decode(service("fcd2", data, SENDER), KEY);
    assert.deepEqual(fieldsOf(decoded), { temperature: 25.06, humidity: 50.55 });
    assert.deepEqual([decoded?.counter, decoded?.packet], [counter, `counter ${counter}`]);
  }
});

test("the address in a packet counts more than that of the radio which passed it on", () => {
  const sealed = bthome.encode(new Map([["temperature", 21]]), { address: SENDER, packet: 1, key: KEY });
  const body = sealed.serviceData.get("fcd2") ?? hex("");
  // The information is part of the nonce: with the bit for the address it is another packet, which cannot be opened.
  const withAddress = Uint8Array.of(0x43, ...hex("a5808fe64854"), ...body.subarray(1));
  const passedOn = heard({ services: [], serviceData: new Map([["fcd2", withAddress]]), manufacturerData: new Map() });
  assert.throws(() => bthome.decode(passedOn, KEY), { kind: "malformed", message: /cannot be decrypted/ });
});

test("with a wrong key, or none, or one of another length nothing is believed", () => {
  const packet = service("fcd2", "41 e445f3c9962b 33221100 6c7c4519", SENDER);
  assert.throws(() => bthome.decode(packet), { kind: "malformed", message: /is encrypted, and the device has no key/ });
  assert.throws(() => bthome.decode(packet, hex("00")), { kind: "malformed", message: /has 1 bytes; 16/ });
  assert.throws(() => bthome.decode(packet, KEY.toReversed()), { kind: "malformed", message: /cannot be decrypted/ });
  assert.throws(() => bthome.decode({ ...packet, address: ADDRESS }, KEY), { message: /cannot be decrypted/ });
});

test("a device with a key is not believed where it does not encrypt", () => {
  assert.throws(() => bthome.decode(service("fcd2", "4002CA09"), KEY), { message: /is not encrypted, though/ });
});

test("an old packet is a replay, but not the first hundred of a device that starts again", () => {
  assert.deepEqual(
    [isReplay(undefined, 5000), isReplay(5000, 5001), isReplay(5000, 5000), isReplay(5000, 4999), isReplay(5000, 3)],
    [false, false, false, true, false],
  );
});

test("the packet id, where there is one, tells packets apart", () => {
  assert.equal(bthome.decode(service("fcd2", "40000902CA09"))?.packet, "9");
  assert.equal(bthome.decode(service("fcd2", "4002CA09"))?.packet, undefined);
});

test("what it encodes it decodes, encrypted and not", () => {
  const fields = {
    battery: 97,
    temperature: -7.5,
    temperature_2: 300.25,
    window: true,
    button: "long_press",
    text: "Ä",
    count: 70_000,
  };
  for (const key of [undefined, KEY])
    assert.deepEqual(fieldsOf(roundTrip(bthome, fields, { key })), { packet_id: 7, ...fields });
});

test("of the objects for one kind the one is taken that carries the value", () => {
  for (const [name, values] of Object.entries({
    count: [96, 24_585, 1_611_213_866, -5, -300, -70_000],
    power: [69.14, 500_000, -12.78],
    energy: [1346.067, 344_593.17],
    voltage: [3.074, 307.4],
    distance: [0.012, 780],
    temperature: [25.06],
  }))
    for (const value of values) assert.equal(roundTrip(bthome, { [name]: value })?.fields.get(name), value, name);
});

test("every object is decoded from what was encoded", () => {
  for (const object of BTHOME_OBJECTS.filter(({ type }) => type === "number" || type === "boolean")) {
    const value = object.type === "boolean" ? true : 5;
    const decoded = roundTrip(bthome, { [object.name]: value })?.fields.get(object.name);
    assert.ok(decoded === value || Math.abs(Number(decoded) - 5) < 0.01, object.name);
  }
});

test("every object has a name that is a field", () => {
  for (const { name } of BTHOME_OBJECTS) assert.ok(BTHOME_FIELDS.has(name), name);
});

test("whatever is said of numbers is carried as well as they can be", () => {
  fc.assert(
    fc.property(fc.double({ min: -300, max: 300, noNaN: true }), (temperature) => {
      const decoded = Number(roundTrip(bthome, { temperature })?.fields.get("temperature"));
      assert.ok(Math.abs(decoded - temperature) <= 0.0051);
    }),
  );
});
