/**
 * Eddystone (github.com/google/eddystone, protocol-specification.md): who it is (UID, EID), a web address (URL), and how it fares (TLM).
 * One packet has one of them.
 */
import type { AdvertisementDecoder, Decoded, EncodedAdvertisement, FieldKind, FieldValue } from "./decoder.ts";
import { composeUrl, readUrl } from "./eddystone-url.ts";
import { digitsOf, hexOf, malformed, needBytes, numberAt, numberOf, readParts, writeParts } from "./parts.ts";

const SERVICE = "feaa";
const FRAME = { uid: 0x00, url: 0x10, tlm: 0x20, eid: 0x30 } as const;
type Frame = keyof typeof FRAME;

const TX_POWER = numberAt(
  "tx_power",
  1,
  { bytes: 1, signed: true },
  { about: "signal at the beacon itself", unit: "dBm" },
);

const TLM_BYTES = 14;
const TLM = [
  // "If not supported the value should be zeroed": what else has no value of its own says so by its smallest integer.
  numberAt(
    "battery_voltage",
    2,
    { bytes: 2, big: true, per: 1000, unknown: 0 },
    { about: "voltage of the battery", unit: "V" },
  ),
  numberAt(
    "temperature",
    4,
    { bytes: 2, big: true, signed: true, per: 256, unknown: -32_768 },
    { about: "temperature of the beacon", unit: "Cel" },
  ),
  numberAt("advertisements", 6, { bytes: 4, big: true }, { about: "how many it has sent since it started" }),
  numberAt("uptime", 10, { bytes: 4, big: true, per: 10 }, { about: "since it started", unit: "s" }),
];

const UID_BYTES = 18;
const [NAMESPACE_BYTES, INSTANCE_BYTES, EID_BYTES] = [10, 6, 8];

export const eddystone: AdvertisementDecoder = {
  name: "eddystone",
  title: "Eddystone",
  data: [{ service: SERVICE }],
  fields: new Map<string, FieldKind>([
    ["frame", { type: "text", about: "what this packet has: uid, url, tlm, eid" }],
    ["tx_power", TX_POWER.kind],
    ["namespace", { type: "text", about: "UID: whose beacon it is, 20 digits" }],
    ["instance", { type: "text", about: "UID: which one, 12 digits" }],
    ["url", { type: "text", about: "URL: the web address" }],
    ["eid", { type: "text", about: "EID: an identifier that changes, 16 digits" }],
    ...TLM.map(({ name, kind }): [string, FieldKind] => [name, { ...kind, about: `TLM: ${kind.about}` }]),
  ]),
  decode({ serviceData }) {
    const data = serviceData.get(SERVICE);
    if (data === undefined) return undefined;
    needBytes(data, 1, "Eddystone data");
    const frame = FRAMES.find((each) => FRAME[each] === data[0]);
    if (frame === undefined) throw malformed(`an Eddystone frame of type 0x${hexOf(data.subarray(0, 1))} is not known`);
    return decodeFrame(frame, data);
  },
  encode(fields, { packet }) {
    // A beacon that says several things says one after the other.
    const frames = FRAMES.filter((frame) => hasAny(fields, frame));
    const frame = frames[packet % Math.max(1, frames.length)] ?? "tlm";
    return advertised(encodeFrame(frame, fields));
  },
};

const FRAMES: readonly Frame[] = ["uid", "url", "eid", "tlm"];

function decodeFrame(frame: Frame, data: Uint8Array): Decoded {
  switch (frame) {
    case "uid":
      needBytes(data, UID_BYTES, "an Eddystone-UID frame");
      return framed(frame, data, [
        ["namespace", hexOf(data.subarray(2, 2 + NAMESPACE_BYTES))],
        ["instance", hexOf(data.subarray(2 + NAMESPACE_BYTES, UID_BYTES))],
      ]);
    case "url":
      needBytes(data, 3, "an Eddystone-URL frame");
      return framed(frame, data, [["url", readUrl(data.subarray(2))]]);
    case "eid":
      needBytes(data, 2 + EID_BYTES, "an Eddystone-EID frame");
      return framed(frame, data, [["eid", hexOf(data.subarray(2, 2 + EID_BYTES))]]);
    case "tlm":
      return decodeTelemetry(data);
  }
}

function framed(frame: Frame, data: Uint8Array, fields: readonly (readonly [string, FieldValue])[]): Decoded {
  return { fields: new Map<string, FieldValue>([["frame", frame], ...readParts([TX_POWER], data).fields, ...fields]) };
}

function decodeTelemetry(data: Uint8Array): Decoded {
  needBytes(data, 2, "an Eddystone-TLM frame");
  // With the identity key of the beacon and its clock it could be opened; whoever gave the beacon that key has both.
  if (data[1] === 0x01)
    return { fields: new Map([["frame", "tlm"]]), bad: new Map(TLM.map(({ name }) => [name, ENCRYPTED])) };
  if (data[1] !== 0x00) throw malformed(`Eddystone telemetry of version ${data[1]}; 0 was expected`);
  needBytes(data, TLM_BYTES, "an Eddystone-TLM frame");
  const { fields, bad } = readParts(TLM, data);
  return {
    fields: new Map([["frame", "tlm"], ...fields]),
    bad,
  };
}

const ENCRYPTED = "the telemetry is encrypted, as that of a beacon with an EID is";

function hasAny(fields: ReadonlyMap<string, FieldValue>, frame: Frame): boolean {
  switch (frame) {
    case "uid":
      return fields.has("namespace") || fields.has("instance");
    case "url":
    case "eid":
      return fields.has(frame);
    case "tlm":
      return TLM.some(({ name }) => fields.has(name));
  }
}

function encodeFrame(frame: Frame, fields: ReadonlyMap<string, FieldValue>): Uint8Array {
  if (frame === "tlm") {
    const bytes = writeParts(TLM, fields, TLM_BYTES);
    bytes[0] = FRAME.tlm;
    return bytes;
  }
  const power = (numberOf(fields.get("tx_power")) ?? 0) & 0xff;
  return Uint8Array.of(FRAME[frame], power, ...identifier(frame, fields));
}

function identifier(frame: Exclude<Frame, "tlm">, fields: ReadonlyMap<string, FieldValue>): Uint8Array {
  switch (frame) {
    case "uid":
      // The last two are reserved.
      return Uint8Array.of(
        ...digits(fields, "namespace", NAMESPACE_BYTES),
        ...digits(fields, "instance", INSTANCE_BYTES),
        0,
        0,
      );
    case "url":
      return composeUrl(String(fields.get("url")));
    case "eid":
      return digits(fields, "eid", EID_BYTES);
  }
}

function digits(fields: ReadonlyMap<string, FieldValue>, name: string, length: number): Uint8Array {
  return digitsOf(fields.get(name), length) ?? new Uint8Array(length);
}

function advertised(data: Uint8Array): EncodedAdvertisement {
  return { services: [SERVICE], serviceData: new Map([[SERVICE, data]]), manufacturerData: new Map() };
}
