/** Everything that is understood: a new format is a file here, and a line. */
import type { AdvertisementDecoder, CharacteristicDecoder } from "./decoder.ts";

const formats: readonly AdvertisementDecoder[] = [];

const characteristics: readonly CharacteristicDecoder[] = [];

/** By the word behind `decode:`. */
export const advertisementDecoders: ReadonlyMap<string, AdvertisementDecoder> = new Map(
  formats.map((decoder) => [decoder.name, decoder]),
);

/** By `normalUuid`. */
export const characteristicDecoders: ReadonlyMap<string, CharacteristicDecoder> = new Map(
  characteristics.map((decoder) => [decoder.uuid, decoder]),
);
