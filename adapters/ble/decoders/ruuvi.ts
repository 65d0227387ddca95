/** Ruuvi sensors (docs.ruuvi.com/communication/bluetooth-advertisements): data formats 3 and 5 of tags, 6 and E1 of Ruuvi Air. */
import type { AdvertisementDecoder, Decoded, FieldKind, FieldValue } from "./decoder.ts";
import { hexOf, kindsOf, malformed, needBytes, type Part, readParts, writeParts } from "./parts.ts";
import { FORMAT_6, FORMAT_E1 } from "./ruuvi-air.ts";
import { FORMAT_3, FORMAT_5 } from "./ruuvi-tag.ts";

const RUUVI = 0x0499;

export interface RuuviFormat {
  /** The first byte. */
  readonly id: number;
  readonly length: number;
  /** How many numbers of measurements there are; then they begin anew. */
  readonly sequences: number;
  readonly parts: readonly Part[];
}

const FORMATS: readonly RuuviFormat[] = [FORMAT_3, FORMAT_5, FORMAT_6, FORMAT_E1];

export const ruuvi: AdvertisementDecoder = {
  name: "ruuvi",
  title: "Ruuvi",
  data: [{ company: RUUVI }],
  fields: new Map<string, FieldKind>([
    ["data_format", { type: "text", about: "which of the formats: 3, 5, 6, E1" }],
    ...kindsOf(...FORMATS.map(({ parts }) => parts)),
  ]),
  decode({ manufacturerData }) {
    const data = manufacturerData.get(RUUVI);
    return data === undefined ? undefined : decodeData(data);
  },
  encode(fields, { packet, address }) {
    const format = formatFor(fields);
    const all = new Map<string, FieldValue>([["sequence", packet % format.sequences], ["mac", address], ...fields]);
    const bytes = writeParts(format.parts, all, format.length);
    bytes[0] = format.id;
    return { services: [], serviceData: new Map(), manufacturerData: new Map([[RUUVI, bytes]]) };
  },
};

function decodeData(data: Uint8Array): Decoded {
  needBytes(data, 1, "data of Ruuvi");
  const format = FORMATS.find(({ id }) => id === data[0]);
  if (format === undefined)
    throw malformed(
      `Ruuvi's data format ${nameOf(data[0] ?? 0)} is not known; have: ${FORMATS.map(({ id }) => nameOf(id)).join(", ")}`,
    );
  needBytes(data, format.length, `Ruuvi's data format ${nameOf(format.id)}`);
  const { fields, bad } = readParts(format.parts, data);
  const packet = fields.get("sequence");
  return {
    fields: new Map<string, FieldValue>([["data_format", nameOf(format.id)], ...fields]),
    bad,
    ...(packet === undefined ? {} : { packet: String(packet) }),
  };
}

/** Which one is said; else that of tags, or that of Ruuvi Air which fits into an advertisement of 31 bytes, by what there is to say. */
function formatFor(fields: ReadonlyMap<string, FieldValue>): RuuviFormat {
  const named = FORMATS.find(({ id }) => nameOf(id) === String(fields.get("data_format")).toUpperCase());
  if (named !== undefined) return named;
  const tag = new Set(FORMAT_5.parts.map(({ name }) => name));
  return [...fields.keys()].some((name) => !tag.has(name) && ruuvi.fields.has(name)) ? FORMAT_6 : FORMAT_5;
}

/** As Ruuvi writes them: "5", "E1". */
function nameOf(id: number): string {
  return id < 10 ? String(id) : hexOf(Uint8Array.of(id)).toUpperCase();
}
