/** Teltonika EYE Sensor and EYE Beacon (wiki.teltonika-gps.com, "EYE SENSOR / BTSMP1", protocol description). */
import type { AdvertisementDecoder, FieldValue } from "./decoder.ts";
import { bitAt, hexOf, kindsOf, malformed, needBytes, numberAt, type Part, readParts, writeParts } from "./parts.ts";

const TELTONIKA = 0x089a;
const VERSION = 1;
const FLAGS_AT = 1;
const BODY_AT = 2;

interface Group {
  /** The bit of the flags that says that it is there. */
  readonly bit: number;
  readonly length: number;
  /** At places from the beginning of the group on. */
  readonly parts: readonly Part[];
}

/** In the order in which they follow the flags. */
const GROUPS: readonly Group[] = [
  { bit: 0, length: 2, parts: [number("temperature", 2, { signed: true, per: 100 }, "temperature", "Cel")] },
  { bit: 1, length: 1, parts: [number("humidity", 1, {}, "relative humidity", "%RH")] },
  {
    bit: 4,
    length: 2,
    parts: [bitAt("moving", 0, 7, "it moves"), lowerBits("movement_counter", "counts movements")],
  },
  {
    bit: 5,
    length: 3,
    parts: [
      number("pitch", 1, { signed: true }, "pitch", "deg"),
      numberAt("roll", 1, { bytes: 2, big: true, signed: true }, { about: "roll", unit: "deg" }),
    ],
  },
  { bit: 7, length: 1, parts: [number("battery_voltage", 1, { plus: 200, per: 100 }, "voltage of the battery", "V")] },
];

const HAS_MAGNET = 2;
const MAGNET = bitAt("magnet", FLAGS_AT, 3, "a magnet is near: the door is closed");
const BATTERY_LOW = bitAt("battery_low", FLAGS_AT, 6, "the battery is low");

export const teltonikaEye: AdvertisementDecoder = {
  name: "teltonika-eye",
  title: "Teltonika EYE",
  data: [{ company: TELTONIKA }],
  fields: kindsOf(...GROUPS.map(({ parts }) => parts), [MAGNET, BATTERY_LOW]),
  decode({ manufacturerData }) {
    const data = manufacturerData.get(TELTONIKA);
    if (data === undefined) return undefined;
    needBytes(data, BODY_AT, "data of Teltonika EYE");
    if (data[0] !== VERSION) throw malformed(`Teltonika EYE of version ${hexOf(data.subarray(0, 1))}; 01 was expected`);
    const flags = data[FLAGS_AT] ?? 0;
    const fields = new Map<string, FieldValue>(readParts([BATTERY_LOW], data).fields);
    if ((flags & (1 << HAS_MAGNET)) !== 0) fields.set(MAGNET.name, MAGNET.read(data) ?? false);
    let at = BODY_AT;
    for (const { bit, length, parts } of GROUPS) {
      if ((flags & (1 << bit)) === 0) continue;
      needBytes(data, at + length, "data of Teltonika EYE");
      for (const [name, value] of readParts(parts, data.subarray(at, at + length)).fields) fields.set(name, value);
      at += length;
    }
    return { fields };
  },
  encode(fields) {
    const groups = GROUPS.filter(({ parts }) => parts.some(({ name }) => fields.has(name)));
    const head = writeParts([MAGNET, BATTERY_LOW], fields, BODY_AT);
    head[0] = VERSION;
    const bits = [...groups.map(({ bit }) => bit), ...(fields.has(MAGNET.name) ? [HAS_MAGNET] : [])];
    head[FLAGS_AT] = bits.reduce((sum, bit) => sum | (1 << bit), head[FLAGS_AT] ?? 0);
    const body = groups.flatMap(({ parts, length }) => [...writeParts(parts, fields, length)]);
    return {
      services: [],
      serviceData: new Map(),
      manufacturerData: new Map([[TELTONIKA, Uint8Array.of(...head, ...body)]]),
    };
  },
};

type Scale = { readonly signed?: true; readonly plus?: number; readonly per?: number };

function number(
  name: string,
  bytes: 1 | 2,
  scale: Scale,
  ...[about, unit]: readonly [about: string, unit: string]
): Part {
  return numberAt(name, 0, { bytes, big: true, ...scale }, { about, unit });
}

/** The fifteen bits below the first. */
function lowerBits(name: string, about: string): Part {
  const whole = numberAt(name, 0, { bytes: 2, big: true }, { about });
  return {
    ...whole,
    read: (bytes) => Number(whole.read(bytes)) & 0x7fff,
    write: (bytes, value) => {
      const first = (bytes[0] ?? 0) & 0x80;
      whole.write(bytes, Math.min(0x7fff, Math.max(0, Number(value ?? 0) || 0)));
      bytes[0] = (bytes[0] ?? 0) | first;
    },
  };
}
