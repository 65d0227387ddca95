/** CSC Measurement (2a5b): turns of a wheel and of a crank (GATT Specification Supplement). */
import type { CharacteristicDecoder, FieldKind } from "../decoder.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

const WHEEL = 0x01;
const CRANK = 0x02;
/** Times are in 1/1024 s, from 64 s on again from 0. */
const TICKS = 1024;

export const cscMeasurement: CharacteristicDecoder = {
  uuid: "2a5b",
  title: "CSC Measurement",
  fields: new Map<string, FieldKind>([
    ["wheel_revolutions", { type: "number", about: "turns of the wheel in all" }],
    ["wheel_time", { type: "number", about: "of the last turn; 0 comes after 64 s", unit: "s" }],
    ["crank_revolutions", { type: "number", about: "turns of the crank; 0 comes after 65535" }],
    ["crank_time", { type: "number", about: "of the last turn; 0 comes after 64 s", unit: "s" }],
  ]),
  decode(bytes) {
    const reader = new ValueReader(bytes);
    const flags = reader.u8();
    if (flags & WHEEL) {
      reader.set("wheel_revolutions", reader.u32());
      reader.set("wheel_time", reader.u16() / TICKS);
    }
    if (flags & CRANK) {
      reader.set("crank_revolutions", reader.u16());
      reader.set("crank_time", reader.u16() / TICKS);
    }
    return reader.decoded();
  },
  encode(fields) {
    const writer = new ValueWriter(fields);
    const wheel = writer.has("wheel_revolutions");
    const crank = writer.has("crank_revolutions");
    writer.u8((wheel ? WHEEL : 0) | (crank ? CRANK : 0));
    if (wheel) {
      writer.u32(writer.number("wheel_revolutions") ?? 0);
      writer.u16((writer.number("wheel_time") ?? 0) * TICKS);
    }
    if (crank) {
      writer.u16(writer.number("crank_revolutions") ?? 0);
      writer.u16((writer.number("crank_time") ?? 0) * TICKS);
    }
    return writer.done();
  },
};
