/** What an advertisement, or the value of a characteristic, has for a point, before the core converts it. */
import { DeviceError, type RawValue } from "../../src/adapter.ts";
import type { Decoded, FieldValue } from "./decoders/decoder.ts";
import type { AdvertisementSource, CharacteristicSource, Slice } from "./points.ts";
import type { Advertisement } from "./radio/radio.ts";

/** Why what should have a value has none that is to be believed. */
export class Refusal {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Undefined: the advertisement says nothing of this point. `decoded`: where the decoder of the section knows it. */
export function advertisedValue(
  source: AdvertisementSource,
  advertisement: Advertisement,
  decoded: Decoded | undefined,
): RawValue | Refusal | undefined {
  switch (source.kind) {
    case "field":
      return decoded === undefined ? undefined : fieldValue(source.field, decoded, source.bytes);
    case "data": {
      const data = dataOf(source, advertisement);
      return data === undefined || !begins(data, source.begins) ? undefined : slice(data, source.bytes);
    }
  }
}

/** The advertised bytes of which a point is a part; undefined: there are none. */
export function dataOf(
  { data }: Extract<AdvertisementSource, { readonly kind: "data" }>,
  { serviceData, manufacturerData }: Advertisement,
): Uint8Array | undefined {
  return "service" in data ? serviceData.get(data.service) : manufacturerData.get(data.company);
}

/** Undefined: these bytes are about something else, and say nothing of this point. */
export function characteristicValue(
  { part, begins: beginning }: CharacteristicSource,
  bytes: Uint8Array,
): RawValue | Refusal | undefined {
  // Some stacks make an empty value of a read that the device has refused.
  if (bytes.length === 0) return new Refusal("it is empty: the device has no value, or does not let it be read");
  if (!begins(bytes, beginning)) return undefined;
  if (!("decoder" in part)) return slice(bytes, part);
  try {
    return fieldValue(part.field, part.decoder.decode(bytes), undefined);
  } catch (error) {
    if (error instanceof DeviceError) return new Refusal(error.message);
    throw error;
  }
}

function fieldValue(field: string, { fields, bad }: Decoded, bytes: Slice | undefined): RawValue | Refusal | undefined {
  const value = fields.get(field);
  const reason = bad?.get(field);
  if (value === undefined) return reason === undefined ? undefined : new Refusal(reason);
  return bytes === undefined ? scalarOf(value) : partOf(value, bytes, field);
}

/** Bytes as a text of hexadecimal digits: the core takes them where `at` says that they are bytes. */
function scalarOf(value: FieldValue): RawValue {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

function partOf(value: FieldValue, bytes: Slice, field: string): RawValue | Refusal {
  return value instanceof Uint8Array ? slice(value, bytes) : new Refusal(`the field ${field} has no bytes`);
}

/** A copy: what it is a part of would be kept with it. */
function slice(from: Uint8Array, { at, length }: Slice): Uint8Array | Refusal {
  const end = length === undefined ? from.length : at + length;
  if (end > from.length || at > end || at === from.length) return new Refusal(`it has ${from.length} bytes only`);
  return from.slice(at, end);
}

export function begins(bytes: Uint8Array, beginning: Uint8Array | undefined): boolean {
  return beginning === undefined || beginning.every((byte, i) => bytes[i] === byte);
}
