/** What a device advertises: the fields of its format, and what its mapping says of bytes, in packets as they are on the air. */
import type { PointId } from "../../../src/adapter.ts";
import type { EncodedAdvertisement, FieldValue } from "../decoders/decoder.ts";
import { type AdvertisedContent, adStructures, LONGEST_ADVERTISING_DATA } from "../emulator/advertising-data.ts";
import type { AdvertisementSource, BlePoint } from "../points.ts";
import { composed, fieldValue, type Message, messagesOf, type PlayedBle, type PlayedPart } from "./composed.ts";

export interface AdvertisedPacket {
  readonly data: Uint8Array;
  readonly scanResponse: Uint8Array;
  /** How many structures had no room in either. */
  readonly left: number;
}

/** Whom it is of, as the packets have it. */
export interface AdvertisedWho {
  readonly address: string;
  readonly name?: string | undefined;
  readonly connectable: boolean;
}

/** The data of one service, or of one company, in the messages that it may have. */
interface PlayedData {
  readonly of: Extract<AdvertisementSource, { readonly kind: "data" }>["data"];
  readonly messages: readonly Message[];
}

export class PlayedAdvertisement {
  private readonly played: PlayedBle;
  private readonly who: AdvertisedWho;
  private readonly data: readonly PlayedData[];
  private readonly fields: readonly (readonly [PointId, FieldSource])[];

  constructor(played: PlayedBle, who: AdvertisedWho) {
    this.played = played;
    this.who = who;
    const sources = [...played.points].map(([id, { source }]) => [id, source] as const);
    this.data = dataOf(sources);
    this.fields = sources.flatMap(([id, source]) => (source.kind === "field" ? [[id, source] as const] : []));
  }

  /** Whether it says anything but who it is. */
  get hasValues(): boolean {
    return this.data.length > 0 || this.played.device.decode !== undefined;
  }

  /** `count`: how many were before it. Where there are several messages, they take turns. */
  packet(count: number): AdvertisedPacket {
    const serviceData = new Map<string, Uint8Array>();
    const manufacturerData = new Map<number, Uint8Array>();
    const encoded = this.encoded(count);
    for (const [uuid, bytes] of encoded?.serviceData ?? []) serviceData.set(uuid, bytes);
    for (const [company, bytes] of encoded?.manufacturerData ?? []) manufacturerData.set(company, bytes);
    for (const { of, messages } of this.data) {
      const message = messages[count % messages.length];
      const bytes = message === undefined ? undefined : composed(message, this.played);
      if (bytes === undefined) continue;
      if ("service" in of) serviceData.set(of.service, bytes);
      else manufacturerData.set(of.company, bytes);
    }
    return packed({ services: encoded?.services ?? [], serviceData, manufacturerData }, this.who);
  }

  private encoded(packet: number): EncodedAdvertisement | undefined {
    const { decode, match } = this.played.device;
    if (decode === undefined) return undefined;
    const { decoder, key } = decode;
    const fields = new Map<string, FieldValue>();
    for (const { field, words } of match.only) {
      const kind = decoder.fields.get(field);
      const value = kind === undefined ? undefined : fieldValue(words[0] ?? "", kind);
      if (value !== undefined) fields.set(field, value);
    }
    for (const [id, { field, bytes }] of this.fields) {
      const kind = decoder.fields.get(field);
      const raw = this.played.get(id);
      if (kind === undefined || raw === undefined) continue;
      const value = bytes === undefined ? fieldValue(raw, kind) : inside(fields.get(field), bytes.at, raw);
      if (value !== undefined) fields.set(field, value);
    }
    return decoder.encode(fields, { address: this.who.address, packet, key });
  }
}

type FieldSource = Extract<AdvertisementSource, { readonly kind: "field" }>;

function dataOf(sources: readonly (readonly [PointId, BlePoint["source"]])[]): readonly PlayedData[] {
  const found = new Map<
    string,
    { readonly of: PlayedData["of"]; readonly parts: (PlayedPart & Pick<Message, "begins">)[] }
  >();
  for (const [point, source] of sources) {
    if (source.kind !== "data") continue;
    const { data: of, begins, bytes: part } = source;
    const name = "service" in of ? of.service : `company ${of.company}`;
    const one = found.get(name) ?? { of, parts: [] };
    one.parts.push({ point, part, begins });
    found.set(name, one);
  }
  return [...found.values()].map(({ of, parts }) => ({ of, messages: messagesOf(parts) }));
}

/** Bytes of a field, beside those of other points. */
function inside(before: FieldValue | undefined, at: number, raw: unknown): Uint8Array | undefined {
  if (!(raw instanceof Uint8Array)) return undefined;
  const had = before instanceof Uint8Array ? before : new Uint8Array(0);
  const bytes = new Uint8Array(Math.max(had.length, at + raw.length));
  bytes.set(had);
  bytes.set(raw, at);
  return bytes;
}

/**
 * Values come first, since a gateway that scans passively hears no scan response; what has no room beside them goes there. The flags, which
 * nobody needs who cannot connect, are left out where they would take the room of something else.
 */
function packed(content: AdvertisedContent, { name, connectable }: AdvertisedWho): AdvertisedPacket {
  const flags = adStructures({ flags: true });
  const structures = adStructures({ ...content, name });
  const sizeOf = (all: readonly Uint8Array[]): number => all.reduce((sum, { length }) => sum + length, 0);
  const hasRoom = sizeOf(flags) + sizeOf(structures) <= LONGEST_ADVERTISING_DATA;
  const data = fill(hasRoom || connectable ? [...flags, ...structures] : structures);
  const answer = fill(data.rest);
  return { data: data.bytes, scanResponse: answer.bytes, left: answer.rest.length };
}

/** As many structures as one packet takes, in their order. */
function fill(structures: readonly Uint8Array[]): { readonly bytes: Uint8Array; readonly rest: readonly Uint8Array[] } {
  const taken: Uint8Array[] = [];
  const rest: Uint8Array[] = [];
  let size = 0;
  for (const structure of structures) {
    if (size + structure.length > LONGEST_ADVERTISING_DATA) {
      rest.push(structure);
      continue;
    }
    size += structure.length;
    taken.push(structure);
  }
  return { bytes: Buffer.concat(taken), rest };
}
