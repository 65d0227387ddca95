/** Heart Rate Measurement (2a37): GATT Specification Supplement; Heart Rate Service, 3.1. */
import type { CharacteristicDecoder } from "../decoder.ts";
import { isTrue } from "../parts.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

const TWO_BYTES = 0x01;
const CONTACT = 0x02;
const TELLS_CONTACT = 0x04;
const ENERGY = 0x08;
const INTERVALS = 0x10;
/** Intervals are in 1/1024 s. */
const TICKS = 1024;

export const heartRateMeasurement: CharacteristicDecoder = {
  uuid: "2a37",
  title: "Heart Rate Measurement",
  fields: new Map([
    ["heart_rate", { type: "number", about: "heart rate", unit: "beat/min" }],
    ["contact", { type: "boolean", about: "the sensor touches the skin" }],
    ["energy_expended", { type: "number", about: "energy since it was reset", unit: "kJ" }],
    ["rr_interval", { type: "number", about: "time between the two newest beats", unit: "s" }],
  ]),
  decode(bytes) {
    const reader = new ValueReader(bytes);
    const flags = reader.u8();
    reader.set("heart_rate", flags & TWO_BYTES ? reader.u16() : reader.u8());
    if (flags & TELLS_CONTACT) reader.set("contact", (flags & CONTACT) !== 0);
    if (flags & ENERGY) reader.set("energy_expended", reader.u16());
    // The oldest comes first.
    if (flags & INTERVALS) while (reader.rest() > 0) reader.set("rr_interval", reader.u16() / TICKS);
    return reader.decoded();
  },
  encode(fields) {
    const writer = new ValueWriter(fields);
    const rate = writer.number("heart_rate") ?? 0;
    const wide = rate > 0xff;
    const contact = (writer.has("contact") ? TELLS_CONTACT : 0) | (isTrue(fields.get("contact")) ? CONTACT : 0);
    const more = (writer.has("energy_expended") ? ENERGY : 0) | (writer.has("rr_interval") ? INTERVALS : 0);
    writer.u8((wide ? TWO_BYTES : 0) | contact | more);
    if (wide) writer.u16(rate);
    else writer.u8(rate);
    if (more & ENERGY) writer.u16(writer.number("energy_expended") ?? 0);
    if (more & INTERVALS) writer.u16((writer.number("rr_interval") ?? 0) * TICKS);
    return writer.done();
  },
};
