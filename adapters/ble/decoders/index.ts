/** Everything that is understood: a new format is a file here, and a line. */
import { atc } from "./atc.ts";
import { bthome } from "./bthome.ts";
import { bloodPressureMeasurement } from "./characteristics/blood-pressure.ts";
import { cscMeasurement } from "./characteristics/csc.ts";
import { heartRateMeasurement } from "./characteristics/heart-rate.ts";
import { intermediateTemperature, temperatureMeasurement } from "./characteristics/temperature.ts";
import { weightMeasurement } from "./characteristics/weight.ts";
import type { AdvertisementDecoder, CharacteristicDecoder, FieldKind } from "./decoder.ts";
import { eddystone } from "./eddystone.ts";
import { govee } from "./govee.ts";
import { ibeacon } from "./ibeacon.ts";
import { mikrotik } from "./mikrotik.ts";
import { ruuvi } from "./ruuvi.ts";
import { teltonikaEye } from "./teltonika-eye.ts";

/** Those that cannot be mistaken for another come first: in this order it is found out whose an advertisement is. */
const formats: readonly AdvertisementDecoder[] = [
  bthome,
  ruuvi,
  eddystone,
  ibeacon,
  teltonikaEye,
  mikrotik,
  atc,
  govee,
];

const characteristics: readonly CharacteristicDecoder[] = [
  temperatureMeasurement,
  intermediateTemperature,
  heartRateMeasurement,
  bloodPressureMeasurement,
  weightMeasurement,
  cscMeasurement,
];

/** By the word behind `decode:`. */
export const advertisementDecoders: ReadonlyMap<string, AdvertisementDecoder> = new Map(
  formats.map((decoder) => [decoder.name, decoder]),
);

/** By `normalUuid`. */
export const characteristicDecoders: ReadonlyMap<string, CharacteristicDecoder> = new Map(
  characteristics.map((decoder) => [decoder.uuid, decoder]),
);

/** What people call formats otherwise, and the word for each. */
export const otherNames: ReadonlyMap<string, string> = new Map([
  ["pvvx", atc.name],
  ["atc1441", atc.name],
  ["shelly", bthome.name],
  ["ruuvitag", ruuvi.name],
  ["teltonika", teltonikaEye.name],
]);

/** The field of that name, also `temperature_2` where there may be several temperatures; undefined: there is none. */
export function fieldKind(fields: ReadonlyMap<string, FieldKind>, name: string): FieldKind | undefined {
  const exact = fields.get(name);
  if (exact !== undefined) return exact;
  const first = fields.get(name.replace(/_(?:[2-9]|[12]\d|3[01])$/, ""));
  return first?.repeats === true ? first : undefined;
}
