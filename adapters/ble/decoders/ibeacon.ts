/** iBeacon (Apple, "Proximity Beacon Specification"): a UUID, two numbers, and how strong it is at one metre. */
import type { AdvertisementDecoder, FieldKind } from "./decoder.ts";
import { digitsOf, hexOf, needBytes, numberAt, readParts, writeParts } from "./parts.ts";

const APPLE = 0x004c;
const PREFIX = [0x02, 0x15] as const;
const LENGTH = 23;
const UUID_AT = 2;
const UUID_BYTES = 16;

const PARTS = [
  numberAt("major", 18, { bytes: 2, big: true }, { about: "the first number, e.g. of the building" }),
  numberAt("minor", 20, { bytes: 2, big: true }, { about: "the second number, e.g. of the room" }),
  numberAt("tx_power", 22, { bytes: 1, signed: true }, { about: "signal at one metre", unit: "dBm" }),
];

export const ibeacon: AdvertisementDecoder = {
  name: "ibeacon",
  title: "iBeacon",
  data: [{ company: APPLE }],
  fields: new Map<string, FieldKind>([
    ["uuid", { type: "text", about: "whose beacon it is, in lower case with hyphens" }],
    ...PARTS.map(({ name, kind }): [string, FieldKind] => [name, kind]),
  ]),
  decode({ manufacturerData }) {
    const data = manufacturerData.get(APPLE);
    if (data === undefined || PREFIX.some((byte, i) => data[i] !== byte)) return undefined;
    needBytes(data, LENGTH, "an iBeacon");
    return { fields: new Map([["uuid", uuidOf(data)], ...readParts(PARTS, data).fields]) };
  },
  encode(fields) {
    const bytes = writeParts(PARTS, fields, LENGTH);
    bytes.set(PREFIX);
    bytes.set(digitsOf(fields.get("uuid"), UUID_BYTES) ?? [], UUID_AT);
    return { services: [], serviceData: new Map(), manufacturerData: new Map([[APPLE, bytes]]) };
  },
};

/** Always the long form: it names a beacon, not a service. */
function uuidOf(data: Uint8Array): string {
  const digits = hexOf(data.subarray(UUID_AT, UUID_AT + UUID_BYTES));
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
