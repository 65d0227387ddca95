/** Temperature Measurement (2a1c) and Intermediate Temperature (2a1e): GATT Specification Supplement, the chapters of these names. */
import type { CharacteristicDecoder, FieldKind } from "../decoder.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

const FAHRENHEIT = 0x01;
const TIME_STAMP = 0x02;
const TYPE = 0x04;

/** Temperature Type (2a1d): where it was measured. */
const PLACES: ReadonlyMap<number, string> = new Map([
  [1, "armpit"],
  [2, "body"],
  [3, "ear"],
  [4, "finger"],
  [5, "gastro-intestinal tract"],
  [6, "mouth"],
  [7, "rectum"],
  [8, "toe"],
  [9, "tympanum"],
]);

const FIELDS: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ["temperature", { type: "number", about: "temperature", unit: "Cel" }],
  ["time", { type: "text", about: "when it was measured, by the clock of the device" }],
  ["place", { type: "text", about: `where it was measured: ${[...PLACES.values()].join(", ")}` }],
]);

export const temperatureMeasurement = thermometer("2a1c", "Temperature Measurement");
export const intermediateTemperature = thermometer("2a1e", "Intermediate Temperature");

function thermometer(uuid: string, title: string): CharacteristicDecoder {
  return {
    uuid,
    title,
    fields: FIELDS,
    decode(bytes) {
      const reader = new ValueReader(bytes);
      const flags = reader.u8();
      const value = reader.float();
      reader.set("temperature", value !== undefined && flags & FAHRENHEIT ? celsius(value) : value);
      if (flags & TIME_STAMP) reader.set("time", reader.dateTime());
      if (flags & TYPE) reader.set("place", PLACES.get(reader.u8()));
      return reader.decoded();
    },
    encode(fields) {
      const writer = new ValueWriter(fields);
      const place = [...PLACES].find(([, name]) => name === fields.get("place"))?.[0];
      writer.u8((writer.has("time") ? TIME_STAMP : 0) | (place === undefined ? 0 : TYPE));
      writer.float(writer.number("temperature"));
      if (writer.has("time")) writer.dateTime("time");
      if (place !== undefined) writer.u8(place);
      return writer.done();
    },
  };
}

/** What a float makes of 5/9 is no better than that. */
const DIGITS = 12;

function celsius(fahrenheit: number): number {
  return Number((((fahrenheit - 32) * 5) / 9).toPrecision(DIGITS));
}
