/** Blood Pressure Measurement (2a35): GATT Specification Supplement. In kilopascals, whatever the device has. */
import type { CharacteristicDecoder, FieldKind } from "../decoder.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

const KILOPASCAL = 0x01;
const TIME_STAMP = 0x02;
const PULSE = 0x04;
const USER = 0x08;
const STATUS = 0x10;
const UNKNOWN_USER = 0xff;
/** A millimetre of mercury in kPa (ISO 80000-4). */
const MILLIMETRE = 0.133322387415;
const DIGITS = 12;

/** In the order in which they come. */
const PRESSURES = ["systolic", "diastolic", "mean"] as const;

const STATUSES = ["moved", "cuff_loose", "pulse_irregular"] as const;

export const bloodPressureMeasurement: CharacteristicDecoder = {
  uuid: "2a35",
  title: "Blood Pressure Measurement",
  fields: new Map<string, FieldKind>([
    ["systolic", { type: "number", about: "systolic pressure", unit: "kPa" }],
    ["diastolic", { type: "number", about: "diastolic pressure", unit: "kPa" }],
    ["mean", { type: "number", about: "mean arterial pressure", unit: "kPa" }],
    ["time", { type: "text", about: "when it was measured, by the clock of the device" }],
    ["pulse_rate", { type: "number", about: "pulse", unit: "beat/min" }],
    ["user", { type: "number", about: "whose it is, as the device numbers them" }],
    ["moved", { type: "boolean", about: "the body moved while it was measured" }],
    ["cuff_loose", { type: "boolean", about: "the cuff was too loose" }],
    ["pulse_irregular", { type: "boolean", about: "the pulse was irregular" }],
  ]),
  decode(bytes) {
    const reader = new ValueReader(bytes);
    const flags = reader.u8();
    for (const name of PRESSURES) {
      const value = reader.sfloat();
      reader.set(name, value === undefined || flags & KILOPASCAL ? value : kilopascal(value));
    }
    if (flags & TIME_STAMP) reader.set("time", reader.dateTime());
    if (flags & PULSE) reader.set("pulse_rate", reader.sfloat());
    if (flags & USER) reader.set("user", known(reader.u8()));
    if (flags & STATUS) {
      const status = reader.u16();
      STATUSES.forEach((name, bit) => {
        reader.set(name, (status & (1 << bit)) !== 0);
      });
    }
    return reader.decoded();
  },
  encode(fields) {
    const writer = new ValueWriter(fields);
    const status = STATUSES.some((name) => writer.has(name));
    const has = [TIME_STAMP, PULSE, USER].filter((_, i) => writer.has(["time", "pulse_rate", "user"][i] ?? ""));
    writer.u8(has.reduce((sum, bit) => sum | bit, KILOPASCAL | (status ? STATUS : 0)));
    for (const name of PRESSURES) writer.sfloat(writer.number(name));
    if (writer.has("time")) writer.dateTime("time");
    if (writer.has("pulse_rate")) writer.sfloat(writer.number("pulse_rate"));
    if (writer.has("user")) writer.u8(writer.number("user") ?? UNKNOWN_USER);
    if (status) writer.u16(STATUSES.reduce((sum, name, bit) => sum | (fields.get(name) === true ? 1 << bit : 0), 0));
    return writer.done();
  },
};

function kilopascal(millimetres: number): number {
  return Number((millimetres * MILLIMETRE).toPrecision(DIGITS));
}

function known(user: number): number | undefined {
  return user === UNKNOWN_USER ? undefined : user;
}
