/** MikroTik TG-BT5-IN and TG-BT5-OUT (help.mikrotik.com, "MikroTik Tag advertisement formats"), not encrypted. */
import type { AdvertisementDecoder } from "./decoder.ts";
import { bitAt, hexOf, kindsOf, malformed, needBytes, numberAt, type Part, readParts, writeParts } from "./parts.ts";

const MIKROTIK = 0x094f;
const VERSION = 1;
const LENGTH = 18;
const FLAGS_AT = 16;
const SALT_AT = 2;

/** Of Celsius and of m/s², in 1/256. */
const FIXED_POINT = { bytes: 2, signed: true, per: 256 } as const;

const PARTS: readonly Part[] = [
  ...["x", "y", "z"].map((axis, i) =>
    numberAt(`acceleration_${axis}`, 4 + 2 * i, FIXED_POINT, { about: `acceleration along ${axis}`, unit: "m/s2" }),
  ),
  // The tag for indoors has no thermometer.
  numberAt("temperature", 10, { ...FIXED_POINT, unknown: -32_768 }, { about: "temperature", unit: "Cel" }),
  numberAt("uptime", 12, { bytes: 4 }, { about: "since it started", unit: "s" }),
  bitAt("tilted", FLAGS_AT, 1, "it was tilted"),
  bitAt("dropped", FLAGS_AT, 2, "it fell"),
  bitAt("impact_x", FLAGS_AT, 3, "it was hit along x"),
  bitAt("impact_y", FLAGS_AT, 4, "it was hit along y"),
  bitAt("impact_z", FLAGS_AT, 5, "it was hit along z"),
  numberAt("battery", 17, { bytes: 1 }, { about: "state of charge", unit: "%" }),
];

export const mikrotik: AdvertisementDecoder = {
  name: "mikrotik",
  title: "MikroTik tag",
  data: [{ company: MIKROTIK }],
  fields: kindsOf(PARTS),
  decode({ manufacturerData }) {
    const data = manufacturerData.get(MIKROTIK);
    if (data === undefined) return undefined;
    needBytes(data, LENGTH, "data of a MikroTik tag");
    if (data[0] !== VERSION) throw malformed(`a MikroTik tag of version ${data[0]}; 1 was expected`);
    if (data[1] !== 0) throw malformed("it is encrypted: switch that off in the Beacon Manager app");
    const { fields, bad } = readParts(PARTS, data);
    // Each packet has a salt of its own, by chance: it tells packets apart, and counts nothing.
    const packet = `salt ${hexOf(data.subarray(SALT_AT, SALT_AT + 2))}`;
    return { fields, bad, packet };
  },
  encode(fields, { packet }) {
    const bytes = writeParts(PARTS, fields, LENGTH);
    bytes.set([VERSION, 0, (packet >> 8) & 0xff, packet & 0xff]);
    return { services: [], serviceData: new Map(), manufacturerData: new Map([[MIKROTIK, bytes]]) };
  },
};
