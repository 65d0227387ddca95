/** Weight Measurement (2a9d): GATT Specification Supplement; Weight Scale Service, 3.2. In kilograms and metres always. */
import type { CharacteristicDecoder, FieldKind } from "../decoder.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

const IMPERIAL = 0x01;
const TIME_STAMP = 0x02;
const USER = 0x04;
const BODY = 0x08;
const FAILED = 0xffff;
const UNKNOWN_USER = 0xff;

/** A hundredth of a pound, and a tenth of an inch: 0.45359237 kg, 25.4 mm. */
const POUND = { times: 45_359_237, per: 1e10 } as const;
const INCH = { times: 254, per: 100_000 } as const;
const KILOGRAM = { times: 1, per: 200 } as const;
const METRE = { times: 1, per: 1000 } as const;

export const weightMeasurement: CharacteristicDecoder = {
  uuid: "2a9d",
  title: "Weight Measurement",
  fields: new Map<string, FieldKind>([
    ["weight", { type: "number", about: "weight", unit: "kg" }],
    ["time", { type: "text", about: "when it was measured, by the clock of the device" }],
    ["user", { type: "number", about: "whose it is, as the device numbers them" }],
    ["bmi", { type: "number", about: "body mass index" }],
    ["height", { type: "number", about: "height of the body", unit: "m" }],
  ]),
  decode(bytes) {
    const reader = new ValueReader(bytes);
    const flags = reader.u8();
    const weight = reader.u16();
    reader.set("weight", weight === FAILED ? undefined : scaled(weight, flags & IMPERIAL ? POUND : KILOGRAM));
    if (flags & TIME_STAMP) reader.set("time", reader.dateTime());
    if (flags & USER) {
      const user = reader.u8();
      reader.set("user", user === UNKNOWN_USER ? undefined : user);
    }
    if (flags & BODY) {
      reader.set("bmi", reader.u16() / 10);
      reader.set("height", scaled(reader.u16(), flags & IMPERIAL ? INCH : METRE));
    }
    return reader.decoded();
  },
  encode(fields) {
    const writer = new ValueWriter(fields);
    const body = writer.has("bmi") || writer.has("height");
    writer.u8((writer.has("time") ? TIME_STAMP : 0) | (writer.has("user") ? USER : 0) | (body ? BODY : 0));
    const weight = writer.number("weight");
    writer.u16(weight === undefined ? FAILED : Math.min(FAILED - 1, weight * KILOGRAM.per));
    if (writer.has("time")) writer.dateTime("time");
    if (writer.has("user")) writer.u8(writer.number("user") ?? UNKNOWN_USER);
    if (body) {
      writer.u16((writer.number("bmi") ?? 0) * 10);
      writer.u16((writer.number("height") ?? 0) * METRE.per);
    }
    return writer.done();
  },
};

function scaled(integer: number, { times, per }: { readonly times: number; readonly per: number }): number {
  return (integer * times) / per;
}
