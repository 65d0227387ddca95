/**
 * Thermometers of Xiaomi and others with a firmware of atc1441 (github.com/atc1441/ATC_MiThermometer) or pvvx
 * (github.com/pvvx/ATC_MiThermometer, its "custom" format); the encrypted ones as the programs of pvvx have them. The length tells
 * which it is. Its newest firmware speaks BTHome.
 */
import type { Advertisement } from "../radio/radio.ts";
import { addressBytes, KEY_BYTES, neededKey, openSealed, seal } from "./ccm.ts";
import type { AdvertisementDecoder, Decoded, EncodeOptions, FieldValue } from "./decoder.ts";
import { bitAt, kindsOf, malformed, numberAt, numberOf, type Part, readParts, writeParts } from "./parts.ts";

const SERVICE = "181a";

const TEMPERATURE = { about: "temperature", unit: "Cel" } as const;
const HUMIDITY = { about: "relative humidity", unit: "%RH" } as const;
const BATTERY = { about: "state of charge", unit: "%" } as const;
const VOLTAGE = { about: "voltage of the battery", unit: "V" } as const;
const COUNTER = { about: "counts measurements, from 255 on to 0" } as const;

/** Its address in order, everything else from the most significant byte on. */
const ATC1441: readonly Part[] = [
  numberAt("temperature", 6, { bytes: 2, big: true, signed: true, per: 10 }, TEMPERATURE),
  numberAt("humidity", 8, { bytes: 1 }, HUMIDITY),
  numberAt("battery", 9, { bytes: 1 }, BATTERY),
  numberAt("battery_voltage", 10, { bytes: 2, big: true, per: 1000 }, VOLTAGE),
  numberAt("counter", 12, { bytes: 1 }, COUNTER),
];

/** All of it from the least significant byte on. */
const PVVX: readonly Part[] = [
  numberAt("temperature", 6, { bytes: 2, signed: true, per: 100 }, TEMPERATURE),
  numberAt("humidity", 8, { bytes: 2, per: 100 }, HUMIDITY),
  numberAt("battery_voltage", 10, { bytes: 2, per: 1000 }, VOLTAGE),
  numberAt("battery", 12, { bytes: 1 }, BATTERY),
  numberAt("counter", 13, { bytes: 1 }, COUNTER),
  ...flagsAt(14),
];

const SEALED_PVVX: readonly Part[] = [
  numberAt("temperature", 0, { bytes: 2, signed: true, per: 100 }, TEMPERATURE),
  numberAt("humidity", 2, { bytes: 2, per: 100 }, HUMIDITY),
  numberAt("battery", 4, { bytes: 1 }, BATTERY),
  ...flagsAt(5),
];

const SEALED_ATC1441: readonly Part[] = [
  numberAt("temperature", 0, { bytes: 1, plus: -80, per: 2 }, TEMPERATURE),
  numberAt("humidity", 1, { bytes: 1, per: 2 }, HUMIDITY),
  {
    name: "battery",
    kind: { type: "number", ...BATTERY },
    read: (bytes) => (bytes[2] ?? 0) & 0x7f,
    write: (bytes, value) => {
      bytes[2] = (bytes[2] ?? 0) | Math.min(127, Math.max(0, Math.round(numberOf(value) ?? 0)));
    },
  },
  bitAt("output", 2, 7, "its output is on"),
];

interface Layout {
  readonly length: number;
  readonly parts: readonly Part[];
  readonly sealed: boolean;
}

const PVVX_PLAIN: Layout = { length: 15, parts: PVVX, sealed: false };
const PVVX_SEALED: Layout = { length: 11, parts: SEALED_PVVX, sealed: true };
const LAYOUTS: readonly Layout[] = [
  PVVX_PLAIN,
  { length: 13, parts: ATC1441, sealed: false },
  PVVX_SEALED,
  { length: 8, parts: SEALED_ATC1441, sealed: true },
];
/** The counter in front and the check behind. */
const SEALED_BY = 1 + 4;
const COUNTER_AT = 13;

export const atc: AdvertisementDecoder = {
  name: "atc",
  title: "ATC (firmware of atc1441 or pvvx)",
  data: [{ service: SERVICE }],
  fields: kindsOf(...LAYOUTS.map(({ parts }) => parts)),
  keyBytes: KEY_BYTES,
  decode(advertisement, key) {
    const data = advertisement.serviceData.get(SERVICE);
    const layout = LAYOUTS.find(({ length }) => length === data?.length);
    // Environmental Sensing is anybody's: another length is another format.
    if (data === undefined || layout === undefined) return undefined;
    if (layout.sealed) return decodeSealed(data, layout, advertisement, neededKey(key));
    if (key !== undefined) throw malformed("it is not encrypted, though the device has a key");
    const decoded = readParts(layout.parts, data);
    return { fields: decoded.fields, packet: String(decoded.fields.get("counter")) };
  },
  encode(fields, options) {
    const data = options.key === undefined ? encodePlain(fields, options) : encodeSealed(fields, options, options.key);
    return { services: [], serviceData: new Map([[SERVICE, data]]), manufacturerData: new Map() };
  },
};

function flagsAt(at: number): Part[] {
  return [
    bitAt("input", at, 0, "its input, e.g. a reed switch, is closed"),
    bitAt("output", at, 1, "its output is on"),
    bitAt("temperature_trigger", at, 3, "the temperature is beyond its limit"),
    bitAt("humidity_trigger", at, 4, "the humidity is beyond its limit"),
  ];
}

function decodeSealed(data: Uint8Array, layout: Layout, { address }: Advertisement, key: Uint8Array): Decoded {
  const opened = openSealed(data.subarray(1), { key, nonce: nonceOf(address, data), associated: ASSOCIATED });
  const { fields } = readParts(layout.parts, opened);
  const counter = data[0] ?? 0;
  return { fields: new Map<string, FieldValue>([...fields, ["counter", counter]]), packet: String(counter) };
}

function encodePlain(fields: ReadonlyMap<string, FieldValue>, { address, packet }: EncodeOptions): Uint8Array {
  const bytes = writeParts(PVVX_PLAIN.parts, fields, PVVX_PLAIN.length);
  bytes.set(addressBytes(address).reverse());
  if (!fields.has("counter")) bytes[COUNTER_AT] = packet;
  return bytes;
}

function encodeSealed(
  fields: ReadonlyMap<string, FieldValue>,
  { address, packet }: EncodeOptions,
  key: Uint8Array,
): Uint8Array {
  const { length, parts } = PVVX_SEALED;
  const counter = numberOf(fields.get("counter")) ?? packet;
  const message = writeParts(parts, fields, length - SEALED_BY);
  const data = new Uint8Array(length);
  data[0] = counter;
  data.set(seal(message, { key, nonce: nonceOf(address, data), associated: ASSOCIATED }), 1);
  return data;
}

const ASSOCIATED = Uint8Array.of(0x11);

/** The address from its end on, the head of the AD structure, the counter. */
function nonceOf(address: string, data: Uint8Array): Uint8Array {
  return Uint8Array.of(...addressBytes(address).reverse(), data.length + 3, 0x16, 0x1a, 0x18, data[0] ?? 0);
}
