/** Advertisements as recordings and specifications have them: in hexadecimal. */
import { advertisementOf } from "../../adapters/ble/decoders/ad-structures.ts";
import type {
  AdvertisementDecoder,
  Decoded,
  EncodedAdvertisement,
  EncodeOptions,
} from "../../adapters/ble/decoders/decoder.ts";
import type { Advertisement } from "../../adapters/ble/radio/radio.ts";

export const ADDRESS = "a4:c1:38:aa:bb:cc";

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
}

/** `text`: AD structures. */
export function advertisement(text: string, address = ADDRESS): Advertisement {
  return advertisementOf(hex(text), { address });
}

export function manufacturer(company: number, text: string): Advertisement {
  return heard({ services: [], serviceData: new Map(), manufacturerData: new Map([[company, hex(text)]]) });
}

export function service(uuid: string, text: string, address = ADDRESS): Advertisement {
  return heard({ services: [], serviceData: new Map([[uuid, hex(text)]]), manufacturerData: new Map() }, address);
}

export function heard(encoded: EncodedAdvertisement, address = ADDRESS): Advertisement {
  return { address, connectable: false, ...encoded };
}

/** The fields as an object; those without a value are not there. */
export function fieldsOf(decoded: Decoded | undefined): Record<string, unknown> | undefined {
  return decoded === undefined ? undefined : Object.fromEntries(decoded.fields);
}

/** The values of these fields; undefined where it has none. */
export function valuesOf(decoded: Decoded | undefined, ...names: readonly string[]): unknown[] {
  return names.map((name) => decoded?.fields.get(name));
}

export function badOf(decoded: Decoded | undefined): readonly string[] {
  return [...(decoded?.bad?.keys() ?? [])];
}

/** What is understood of what the decoder itself says. */
export function roundTrip(
  decoder: AdvertisementDecoder,
  fields: Readonly<Record<string, string | number | boolean>>,
  options: Partial<EncodeOptions> = {},
): Decoded | undefined {
  const all = { address: ADDRESS, packet: 7, ...options };
  return decoder.decode(heard(decoder.encode(new Map(Object.entries(fields)), all), all.address), all.key);
}
