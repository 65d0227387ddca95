import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { bloodPressureMeasurement } from "../../../../../adapters/ble/decoders/characteristics/blood-pressure.ts";
import { cscMeasurement } from "../../../../../adapters/ble/decoders/characteristics/csc.ts";
import { heartRateMeasurement } from "../../../../../adapters/ble/decoders/characteristics/heart-rate.ts";
import {
  FLOAT,
  readMedicalFloat,
  SFLOAT,
  writeMedicalFloat,
} from "../../../../../adapters/ble/decoders/characteristics/ieee-11073.ts";
import {
  intermediateTemperature,
  temperatureMeasurement,
} from "../../../../../adapters/ble/decoders/characteristics/temperature.ts";
import { weightMeasurement } from "../../../../../adapters/ble/decoders/characteristics/weight.ts";
import type { CharacteristicDecoder } from "../../../../../adapters/ble/decoders/decoder.ts";
import { badOf, fieldsOf, hex } from "../../../../support/advertisements.ts";

function decode(decoder: CharacteristicDecoder, text: string): Record<string, unknown> | undefined {
  return fieldsOf(decoder.decode(hex(text)));
}

function replayed(
  decoder: CharacteristicDecoder,
  fields: Readonly<Record<string, string | number | boolean>>,
): unknown {
  return fieldsOf(decoder.decode(decoder.encode(new Map(Object.entries(fields)))));
}

test("floats of 32 bits are an integer and a power of ten", () => {
  // Bluetooth SIG, "Personal Health Devices Transcoding": 36.4 is 0xFF00016C; the others are its special values.
  assert.equal(readMedicalFloat(FLOAT, hex("6C0100FF")), 36.4);
  assert.equal(readMedicalFloat(FLOAT, hex("000000 00")), 0);
  assert.equal(readMedicalFloat(FLOAT, hex("FFFFFF FE")), -0.01);
  for (const special of ["FFFF7F00", "00008000", "FEFF7F00", "02008000", "01008000"])
    assert.equal(readMedicalFloat(FLOAT, hex(special)), undefined, special);
});

test("floats of 16 bits are, too", () => {
  // The same paper: 114 is 0x0072, 36.4 is 0xF16C.
  assert.equal(readMedicalFloat(SFLOAT, hex("7200")), 114);
  assert.equal(readMedicalFloat(SFLOAT, hex("6CF1")), 36.4);
  for (const special of ["FF07", "0008", "FE07", "0208", "0108"])
    assert.equal(readMedicalFloat(SFLOAT, hex(special)), undefined, special);
});

test("what a float can say it says", () => {
  for (const value of [0, 36.4, -36.4, 36.65, 114, 2045, -2045, 1_000_000, 0.01])
    for (const format of value === 1_000_000 || value === 36.65 ? [FLOAT] : [SFLOAT, FLOAT])
      assert.equal(readMedicalFloat(format, writeMedicalFloat(format, value)), value);
  assert.equal(readMedicalFloat(SFLOAT, writeMedicalFloat(SFLOAT, undefined)), undefined);
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (value) => {
      const read = readMedicalFloat(FLOAT, writeMedicalFloat(FLOAT, value)) ?? Number.NaN;
      assert.ok(Math.abs(read - value) <= Math.max(1e-6, Math.abs(value) * 1e-6), `${read}`);
    }),
  );
});

test("a temperature is in Celsius, whatever the thermometer has", () => {
  // GATT Specification Supplement, Temperature Measurement: flags, value, time stamp, type.
  assert.deepEqual(decode(temperatureMeasurement, "00 6C0100FF"), { temperature: 36.4 });
  assert.deepEqual(decode(intermediateTemperature, "01 DA0300FF"), { temperature: 37 });
  assert.deepEqual(decode(temperatureMeasurement, "06 6E0100FF EA07 05 01 0C 1E 00 06"), {
    temperature: 36.6,
    time: "2026-05-01T12:30:00",
    place: "mouth",
  });
});

test("a thermometer that has no value, no clock or a place of its own says so", () => {
  const decoded = temperatureMeasurement.decode(hex("06 FFFF7F00 0000 00 00 0C1E00 63"));
  assert.deepEqual([fieldsOf(decoded), badOf(decoded)], [{}, ["temperature", "time", "place"]]);
});

test("a heart rate has one byte or two, and what else its flags name", () => {
  // GATT Specification Supplement, Heart Rate Measurement.
  assert.deepEqual(decode(heartRateMeasurement, "00 48"), { heart_rate: 72 });
  assert.deepEqual(decode(heartRateMeasurement, "1F 2C01 6400 0004 0002"), {
    heart_rate: 300,
    contact: true,
    energy_expended: 100,
    rr_interval: 0.5,
  });
  assert.deepEqual(decode(heartRateMeasurement, "04 48"), { heart_rate: 72, contact: false });
});

test("a blood pressure is in kilopascals, whatever the device has", () => {
  // GATT Specification Supplement, Blood Pressure Measurement: 120, 80 and 93 mmHg, time, 72 a minute, user 1, irregular.
  assert.deepEqual(decode(bloodPressureMeasurement, "1E 7800 5000 5D00 EA07050108001E 4800 01 0400"), {
    systolic: 15.9986864898,
    diastolic: 10.6657909932,
    mean: 12.3989820296,
    time: "2026-05-01T08:00:30",
    pulse_rate: 72,
    user: 1,
    moved: false,
    cuff_loose: false,
    pulse_irregular: true,
  });
  assert.deepEqual(decode(bloodPressureMeasurement, "01 A0F0 6BF0 FF07"), { systolic: 16, diastolic: 10.7 });
});

test("a weight is in kilograms, whatever the scales have", () => {
  // GATT Specification Supplement, Weight Measurement: 0.005 kg, or 0.01 lb and 0.1 in.
  assert.deepEqual(decode(weightMeasurement, "00 B43C"), { weight: 77.7 });
  assert.deepEqual(decode(weightMeasurement, "09 1027 F000 BC02"), { weight: 45.359237, bmi: 24, height: 1.778 });
  assert.deepEqual(decode(weightMeasurement, "0E B43C EA07050108001E 02 F000 0807"), {
    weight: 77.7,
    time: "2026-05-01T08:00:30",
    user: 2,
    bmi: 24,
    height: 1.8,
  });
  assert.deepEqual(badOf(weightMeasurement.decode(hex("04 FFFF FF"))), ["weight", "user"]);
});

test("turns of a wheel and of a crank are counted", () => {
  // GATT Specification Supplement, CSC Measurement: 1/1024 s.
  assert.deepEqual(decode(cscMeasurement, "03 40420F00 0004 E803 0002"), {
    wheel_revolutions: 1_000_000,
    wheel_time: 1,
    crank_revolutions: 1000,
    crank_time: 0.5,
  });
  assert.deepEqual(decode(cscMeasurement, "00"), {});
});

test("a value that ends before what its flags name is malformed", () => {
  for (const [decoder, text] of [
    [temperatureMeasurement, ""],
    [temperatureMeasurement, "00 6C01"],
    [temperatureMeasurement, "02 6C0100FF EA07"],
    [heartRateMeasurement, "01 48"],
    [heartRateMeasurement, "10 48 01"],
    [bloodPressureMeasurement, "00 7800"],
    [weightMeasurement, "00"],
    [cscMeasurement, "01 00"],
  ] as const)
    assert.throws(
      () => decoder.decode(hex(text)),
      { name: "DeviceError", kind: "malformed" },
      `${decoder.uuid} ${text}`,
    );
});

test("each is played", () => {
  for (const [decoder, fields] of [
    [temperatureMeasurement, { temperature: 36.65, time: "2026-05-01T12:30:59", place: "ear" }],
    [intermediateTemperature, { temperature: -7.5 }],
    [heartRateMeasurement, { heart_rate: 300, contact: true, energy_expended: 100, rr_interval: 0.5 }],
    [heartRateMeasurement, { heart_rate: 72 }],
    [bloodPressureMeasurement, { systolic: 16, diastolic: 10.7, mean: 12.4, pulse_rate: 72, user: 1 }],
    [
      bloodPressureMeasurement,
      {
        systolic: 16,
        diastolic: 10.7,
        mean: 12,
        time: "2026-05-01T12:30:59",
        moved: true,
        cuff_loose: false,
        pulse_irregular: true,
      },
    ],
    [weightMeasurement, { weight: 77.7, time: "2026-05-01T12:30:59", user: 3, bmi: 24.1, height: 1.8 }],
    [cscMeasurement, { wheel_revolutions: 70_000, wheel_time: 1, crank_revolutions: 3, crank_time: 0.5 }],
  ] as const)
    assert.deepEqual(replayed(decoder, fields), fields, decoder.title);
});
