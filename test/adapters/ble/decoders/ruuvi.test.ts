import assert from "node:assert/strict";
import test from "node:test";
import { ruuvi } from "../../../../adapters/ble/decoders/ruuvi.ts";
import { badOf, fieldsOf, manufacturer, roundTrip, valuesOf } from "../../../support/advertisements.ts";

const RUUVI = 0x0499;
const GRAVITY = 9.80665;

function decode(data: string) {
  return ruuvi.decode(manufacturer(RUUVI, data));
}

/** Accelerations are in g there. */
function inGravities(data: string): Record<string, unknown> {
  const fields = Object.entries(fieldsOf(decode(data)) ?? {});
  return Object.fromEntries(
    fields.map(([name, value]) =>
      name.startsWith("acceleration") ? [name, Math.round((Number(value) / GRAVITY) * 1000) / 1000] : [name, value],
    ),
  );
}

test("format 5 is read as Ruuvi's vectors have it", () => {
  // docs.ruuvi.com, "Data format 5 (RAWv2)", test vectors.
  const common = { data_format: "5", mac: "cb:b8:33:4c:88:4f" };
  assert.deepEqual(inGravities("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F"), {
    ...common,
    temperature: 24.3,
    humidity: 53.49,
    pressure: 100_044,
    acceleration_x: 0.004,
    acceleration_y: -0.004,
    acceleration_z: 1.036,
    battery_voltage: 2.977,
    tx_power: 4,
    movement_counter: 66,
    sequence: 205,
  });
  assert.deepEqual(inGravities("057FFFFFFEFFFE7FFF7FFF7FFFFFDEFEFFFECBB8334C884F"), {
    ...common,
    temperature: 163.835,
    humidity: 163.835,
    pressure: 115_534,
    acceleration_x: 32.767,
    acceleration_y: 32.767,
    acceleration_z: 32.767,
    battery_voltage: 3.646,
    tx_power: 20,
    movement_counter: 254,
    sequence: 65_534,
  });
  assert.deepEqual(inGravities("058001000000008001800180010000000000CBB8334C884F"), {
    ...common,
    temperature: -163.835,
    humidity: 0,
    pressure: 50_000,
    acceleration_x: -32.767,
    acceleration_y: -32.767,
    acceleration_z: -32.767,
    battery_voltage: 1.6,
    tx_power: -40,
    movement_counter: 0,
    sequence: 0,
  });
});

test("what a tag does not know has no value", () => {
  // docs.ruuvi.com, "Data format 5 (RAWv2)", case: invalid values.
  const decoded = decode("058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF");
  assert.deepEqual(fieldsOf(decoded), { data_format: "5" });
  assert.deepEqual(new Set(badOf(decoded)), new Set([...ruuviFields("5"), "mac"]));
  assert.equal(decoded?.packet, undefined);
});

test("format 3 is read as Ruuvi's vectors have it", () => {
  // docs.ruuvi.com, "Data format 3 (RAWv1)", test vectors.
  assert.deepEqual(inGravities("03291A1ECE1EFC18F94202CA0B53"), {
    data_format: "3",
    temperature: 26.3,
    humidity: 20.5,
    pressure: 102_766,
    acceleration_x: -1,
    acceleration_y: -1.726,
    acceleration_z: 0.714,
    battery_voltage: 2.899,
  });
  const [most, least] = [decode("03FF7F63FFFF7FFF7FFF7FFFFFFF"), decode("0300FF6300008001800180010000")];
  assert.deepEqual([most?.fields.get("temperature"), most?.fields.get("pressure")], [127.99, 115_535]);
  assert.deepEqual([least?.fields.get("temperature"), least?.fields.get("pressure")], [-127.99, 50_000]);
});

test("format 6 is read as Ruuvi's vectors have it", () => {
  // github.com/ruuvi/ruuvi.endpoints.c, test/test_ruuvi_endpoint_6.c; docs.ruuvi.com, "Data format 6", for maximum and minimum.
  assert.deepEqual(fieldsOf(decode("06170C5668C79E007000C90501D94ACD004C884F")), {
    data_format: "6",
    temperature: 29.5,
    humidity: 55.3,
    pressure: 101_102,
    pm2_5: 11.2,
    co2: 201,
    voc_index: 10,
    nox_index: 2,
    illuminance: 13_026.67,
    sound: 47.6,
    sequence: 205,
    calibrating: false,
  });
  const most = decode("067FFF9C40FFFE27109C40FAFAFEFFFF074C8F4F");
  assert.deepEqual(valuesOf(most, "pm2_5", "co2", "voc_index", "nox_index", "illuminance", "calibrating"), [
    1000,
    40_000,
    500,
    500,
    65_535,
    true,
  ]);
});

test("format E1 is read as Ruuvi's vectors have it", () => {
  // github.com/ruuvi/ruuvi.endpoints.c, test/test_ruuvi_endpoint_e1.c.
  assert.deepEqual(
    fieldsOf(decode("E1170C5668C79E0065007004BD11CA00C9050113E0AC3D4A9CDECDEE00FFFFFFFFFFCBB8334C884F")),
    {
      data_format: "E1",
      temperature: 29.5,
      humidity: 55.3,
      pressure: 101_102,
      pm1: 10.1,
      pm2_5: 11.2,
      pm4: 121.3,
      pm10: 455.4,
      co2: 201,
      voc_index: 10,
      nox_index: 2,
      illuminance: 13_027,
      sound_instant: 42.4,
      sound: 47.6,
      sound_peak: 80.4,
      sequence: 14_601_710,
      calibrating: false,
      mac: "cb:b8:33:4c:88:4f",
    },
  );
});

test("what a Ruuvi Air does not know yet has no value", () => {
  // github.com/ruuvi/ruuvi.endpoints.c, test_ruuvi_endpoint_6.c: invalid data; E1 by the same rule.
  const six = decode("068000FFFFFFFFFFFFFFFFFFFFFFFFFFD0FFFFFF");
  assert.deepEqual(fieldsOf(six), { data_format: "6", sequence: 255, calibrating: false });
  const e1 = decode(`E18000${"FF".repeat(25)}F8${"FF".repeat(11)}`);
  assert.deepEqual(fieldsOf(e1), { data_format: "E1", calibrating: false });
});

test("the ninth bit of an index is elsewhere", () => {
  // docs.ruuvi.com: "least significant bit in Flags byte".
  const decoded = decode("067FFF9C40FFFE27109C40FAFBFEFFFFC14C8F4F");
  assert.deepEqual(valuesOf(decoded, "voc_index", "nox_index"), [501, 503]);
});

test("formats that are not known, and those that are cut off, are malformed", () => {
  assert.throws(() => decode("08"), {
    kind: "malformed",
    message: "Ruuvi's data format 8 is not known; have: 3, 5, 6, E1",
  });
  assert.throws(() => decode("0512FC"), {
    kind: "malformed",
    message: "Ruuvi's data format 5 has 3 bytes; 24 were expected",
  });
  assert.throws(() => decode(""), { kind: "malformed" });
  assert.equal(ruuvi.decode(manufacturer(0x004c, "05")), undefined);
});

test("tags and Ruuvi Air are played, each in the format that has what there is to say", () => {
  const tag = {
    temperature: -7.005,
    humidity: 44.5,
    pressure: 98_000,
    battery_voltage: 2.9,
    tx_power: 4,
    movement_counter: 3,
  };
  const played = roundTrip(ruuvi, tag);
  for (const [name, value] of Object.entries(tag)) assert.equal(played?.fields.get(name), value, name);
  assert.deepEqual([played?.fields.get("data_format"), played?.packet], ["5", "7"]);
  const air = { temperature: 21, pm2_5: 7.5, co2: 800, voc_index: 101, nox_index: 2, sound: 40.2 };
  const six = roundTrip(ruuvi, air);
  for (const [name, value] of Object.entries(air)) assert.equal(six?.fields.get(name), value, name);
  assert.equal(six?.fields.get("data_format"), "6");
  const e1 = roundTrip(ruuvi, { ...air, data_format: "E1", illuminance: 1234.56, pm10: 20 });
  assert.deepEqual([e1?.fields.get("illuminance"), e1?.fields.get("pm10")], [1234.56, 20]);
  const three = roundTrip(ruuvi, { data_format: "3", temperature: -1.69 });
  assert.equal(three?.fields.get("temperature"), -1.69);
});

test("what is played counts on for ever", () => {
  for (const format of ["5", "6", "E1"]) {
    const packets = [70_000, 70_001].map((packet) => roundTrip(ruuvi, { data_format: format }, { packet })?.packet);
    assert.notEqual(packets[0], packets[1], format);
  }
});

function ruuviFields(format: string): readonly string[] {
  const all = decode("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F");
  return [...(all?.fields.keys() ?? [])].filter((name) => name !== "data_format" && name !== format);
}
