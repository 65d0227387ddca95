/**
 * Govee's thermometers with a hygrometer, as people have found it out (github.com/Thrilleratplay/GoveeWatcher, gist mkjanke "Govee 5074
 * decoding notes", the tests of github.com/Bluetooth-Devices/govee-ble): H5072, H5075; H5100 to H5105, H5174, H5177; H5051, H5074.
 */
import type { AdvertisementDecoder, Decoded, FieldKind, FieldValue } from "./decoder.ts";
import { isTrue, numberAt, numberOf, readParts, writeParts } from "./parts.ts";

/** Not a number that Govee was given. */
const GOVEE = 0xec88;
/** Nokia's. */
const OTHER = 0x0001;
const SERVICE = "ec88";
/** Some append an iBeacon as text, which has nothing to say. */
const APPENDED = 25;
const LOWEST = -40;
const HIGHEST = 100;

const FIELDS: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ["temperature", { type: "number", about: "temperature", unit: "Cel" }],
  ["humidity", { type: "number", about: "relative humidity", unit: "%RH" }],
  ["battery", { type: "number", about: "state of charge", unit: "%" }],
  ["fault", { type: "boolean", about: "the sensor has a fault" }],
]);

/** H5051, H5074: from the least significant byte on. */
const SEPARATE = [
  numberAt("temperature", 1, { bytes: 2, signed: true, per: 100 }, { about: "temperature", unit: "Cel" }),
  numberAt("humidity", 3, { bytes: 2, per: 100 }, { about: "relative humidity", unit: "%RH" }),
  numberAt("battery", 5, { bytes: 1 }, { about: "state of charge", unit: "%" }),
];
const SEPARATE_LENGTHS = [7, 9];
const PACKED_LENGTH = 6;

export const govee: AdvertisementDecoder = {
  name: "govee",
  title: "Govee thermometer",
  data: [{ company: GOVEE }, { company: OTHER }],
  fields: FIELDS,
  decode({ manufacturerData }) {
    const own = withoutAppended(manufacturerData.get(GOVEE));
    if (own?.length === PACKED_LENGTH) return packed(own.subarray(1));
    if (own !== undefined && SEPARATE_LENGTHS.includes(own.length)) return believable(readParts(SEPARATE, own).fields);
    const other = withoutAppended(manufacturerData.get(OTHER));
    return other?.length === PACKED_LENGTH && other[0] === 1 && other[1] === 1 ? packed(other.subarray(2)) : undefined;
  },
  encode(fields) {
    const bytes = fields.has("fault") ? encodePacked(fields) : writeParts(SEPARATE, fields, SEPARATE_LENGTHS[0] ?? 0);
    return { services: [SERVICE], serviceData: new Map(), manufacturerData: new Map([[GOVEE, bytes]]) };
  },
};

function withoutAppended(data: Uint8Array | undefined): Uint8Array | undefined {
  return data !== undefined && data.length > APPENDED ? data.subarray(0, -APPENDED) : data;
}

/** Three bytes have a sign, tenths of a degree, and behind the thousands tenths of a per cent; the fourth the battery and a fault. */
function packed(bytes: Uint8Array): Decoded {
  const [first = 0, second = 0, third = 0, last = 0] = bytes;
  const magnitude = ((first & 0x7f) << 16) | (second << 8) | third;
  const tenths = Math.floor(magnitude / 1000);
  const fault = (last & 0x80) !== 0;
  const fields = new Map<string, FieldValue>([
    ["temperature", (first & 0x80 && tenths !== 0 ? -tenths : tenths) / 10],
    ["humidity", (magnitude % 1000) / 10],
    ["battery", last & 0x7f],
    ["fault", fault],
  ]);
  return fault ? withoutValues(fields, "the sensor says that it has a fault") : believable(fields);
}

/** A broken sensor says what no such thermometer can measure. */
function believable(fields: ReadonlyMap<string, FieldValue>): Decoded {
  const temperature = Number(fields.get("temperature"));
  if (temperature >= LOWEST && temperature <= HIGHEST) return { fields };
  return withoutValues(fields, `it says ${temperature} Cel, which it cannot measure`);
}

function withoutValues(fields: ReadonlyMap<string, FieldValue>, reason: string): Decoded {
  const kept = new Map(fields);
  const lost = ["temperature", "humidity"].filter((name) => kept.delete(name));
  return { fields: kept, bad: new Map(lost.map((name) => [name, reason])) };
}

function encodePacked(fields: ReadonlyMap<string, FieldValue>): Uint8Array {
  const temperature = Math.min(HIGHEST, Math.max(LOWEST, numberOf(fields.get("temperature")) ?? 0));
  const humidity = Math.min(99.9, Math.max(0, numberOf(fields.get("humidity")) ?? 0));
  const magnitude = Math.round(Math.abs(temperature) * 10) * 1000 + Math.round(humidity * 10);
  const battery = Math.min(100, Math.max(0, Math.round(numberOf(fields.get("battery")) ?? 0)));
  return Uint8Array.of(
    0,
    (magnitude >> 16) | (temperature < 0 ? 0x80 : 0),
    magnitude >> 8,
    magnitude,
    battery | (isTrue(fields.get("fault")) ? 0x80 : 0),
    0,
  );
}
