/** What bytes of Bluetooth say, for a person and for a script. */
import { DeviceError, table } from "../../../src/adapter.ts";
import { type AdStructure, advertisementOf, parseAdvertisingData } from "../decoders/ad-structures.ts";
import { AD_TYPE, adTypeName } from "../decoders/ad-types.ts";
import type {
  AdvertisementDecoder,
  CharacteristicDecoder,
  DataPlace,
  Decoded,
  FieldKind,
  FieldValue,
} from "../decoders/decoder.ts";
import { advertisementDecoders, fieldKind } from "../decoders/index.ts";
import type { Advertisement } from "../radio/radio.ts";

export interface Explanation {
  readonly lines: readonly string[];
  /** What JSON can say. */
  readonly data: unknown;
  /** Whether it has a value. */
  readonly ok: boolean;
}

export interface ExplainedFrom {
  readonly address: string | undefined;
  readonly key: Uint8Array | undefined;
  /** It is said to be of this format; then it may be the data of its service or company alone. */
  readonly only: AdvertisementDecoder | undefined;
}

type Outcome = { readonly decoder: Understanding } & ({ readonly decoded: Decoded } | { readonly fault: string });
type Understanding = Pick<AdvertisementDecoder, "title" | "fields">;

/** `bytes`: AD structures, or where the format is said the bytes behind the UUID or the number of the company, or both. */
export function explainAdvertisement(bytes: Uint8Array, from: ExplainedFrom): Explanation {
  const parsed = parseAdvertisingData(bytes);
  const whole = advertisementOf(bytes, { address: from.address ?? "" });
  const outcomes = outcomesOf(whole, from);
  const bare = from.only === undefined || outcomes.length > 0 ? undefined : bareOutcome(bytes, from.only, from);
  if (bare !== undefined) return explanation([], [bare], []);
  const unknown = from.only === undefined ? "no format that is known is in it" : `there is no ${from.only.title} in it`;
  const notes = [...parsed.problems, ...(outcomes.length === 0 ? [unknown] : [])];
  return explanation(parsed.structures, outcomes, notes);
}

export function explainCharacteristic(bytes: Uint8Array, decoder: CharacteristicDecoder): Explanation {
  return explanation([], [outcome(decoder, () => decoder.decode(bytes))].flat(), []);
}

function outcomesOf(advertisement: Advertisement, { key, only }: ExplainedFrom): readonly Outcome[] {
  const decoders = only === undefined ? [...advertisementDecoders.values()] : [only];
  return decoders.flatMap((decoder) =>
    outcome(decoder, () => decoder.decode(advertisement, decoder.keyBytes === undefined ? undefined : key)),
  );
}

/** None: it is of another format. */
function outcome(decoder: Understanding, decode: () => Decoded | undefined): readonly Outcome[] {
  try {
    const decoded = decode();
    return decoded === undefined ? [] : [{ decoder, decoded }];
  } catch (error) {
    if (error instanceof DeviceError) return [{ decoder, fault: error.message }];
    throw error;
  }
}

/** As apps show it: without the UUID, or with it. What is understood counts more than what is not. */
function bareOutcome(bytes: Uint8Array, decoder: AdvertisementDecoder, from: ExplainedFrom): Outcome | undefined {
  const tried = decoder.data.flatMap((place) =>
    [bytes, withoutPlace(bytes, place)].flatMap((data) =>
      data === undefined ? [] : outcomesOf(dataAlone(data, place, from.address ?? ""), from),
    ),
  );
  return tried.find((each) => "decoded" in each) ?? tried[0];
}

function withoutPlace(bytes: Uint8Array, place: DataPlace): Uint8Array | undefined {
  const number = "service" in place ? Number.parseInt(place.service, 16) : place.company;
  return bytes[0] === (number & 0xff) && bytes[1] === number >> 8 ? bytes.subarray(2) : undefined;
}

function dataAlone(data: Uint8Array, place: DataPlace, address: string): Advertisement {
  return {
    address,
    connectable: false,
    services: [],
    serviceData: new Map("service" in place ? [[place.service, data]] : []),
    manufacturerData: new Map("service" in place ? [] : [[place.company, data]]),
  };
}

function explanation(
  structures: readonly AdStructure[],
  outcomes: readonly Outcome[],
  notes: readonly string[],
): Explanation {
  return {
    lines: [...table(structures.map(structureRow)), ...outcomes.flatMap(outcomeLines), ...notes],
    data: {
      ...(structures.length === 0 ? {} : { structures: structures.map(structureData) }),
      formats: outcomes.map(outcomeData),
      ...(notes.length === 0 ? {} : { notes }),
    },
    ok: outcomes.some((each) => "decoded" in each && each.decoded.fields.size > 0),
  };
}

function structureRow({ type, data }: AdStructure): string[] {
  return [adTypeName(type), isText(type) ? JSON.stringify(Buffer.from(data).toString()) : hexOf(data)];
}

function structureData({ type, data }: AdStructure) {
  return { type: adTypeName(type), hex: Buffer.from(data).toString("hex") };
}

function isText(type: number): boolean {
  return type === AD_TYPE.name || type === AD_TYPE.shortenedName;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}

function outcomeLines(found: Outcome): string[] {
  if ("fault" in found) return [`${found.decoder.title}: ${found.fault}`];
  const { decoder, decoded } = found;
  const values = [...decoded.fields].map(([name, value]) => [name, valueText(value, fieldKind(decoder.fields, name))]);
  const missing = [...(decoded.bad ?? [])].map(([name, reason]) => [name, `no value: ${reason}`]);
  return [decoder.title, ...table([...values, ...missing], "  "), ...(decoded.notes ?? []).map((note) => `  ${note}`)];
}

function valueText(value: FieldValue, kind: FieldKind | undefined): string {
  const text =
    value instanceof Uint8Array ? hexOf(value) : typeof value === "string" ? JSON.stringify(value) : String(value);
  return kind?.unit === undefined ? text : `${text} ${kind.unit}`;
}

function outcomeData(found: Outcome) {
  const { title } = found.decoder;
  if ("fault" in found) return { format: title, fault: found.fault };
  const { fields, bad, notes, packet, counter } = found.decoded;
  const values = [...fields].map(([name, value]) => [
    name,
    value instanceof Uint8Array
      ? Buffer.from(value).toString("hex")
      : typeof value === "bigint"
        ? String(value)
        : value,
  ]);
  return {
    format: title,
    fields: Object.fromEntries(values),
    ...(bad === undefined || bad.size === 0 ? {} : { bad: Object.fromEntries(bad) }),
    ...(notes === undefined ? {} : { notes }),
    ...(packet === undefined ? {} : { packet }),
    ...(counter === undefined ? {} : { counter }),
  };
}
