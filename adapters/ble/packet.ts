/** One advertisement that was heard, and what the decoders make of it: each of them once, for however many devices. */
import { DeviceError } from "../../src/adapter.ts";
import type { AdvertisementDecoder, Decoded } from "./decoders/decoder.ts";
import type { Advertisement } from "./radio/radio.ts";
import type { DecodeSpec } from "./section.ts";

/** Undefined: it is of another format. `fault`: it is of this one, but wrong, or encrypted otherwise; for a person. */
export type Outcome = { readonly decoded: Decoded } | { readonly fault: string } | undefined;

export class Packet {
  readonly advertisement: Advertisement;
  private readonly outcomes = new Map<AdvertisementDecoder, Outcome>();

  constructor(advertisement: Advertisement) {
    this.advertisement = advertisement;
  }

  /** Of the devices that have a key each has its own. */
  outcome({ decoder, key }: DecodeSpec): Outcome {
    if (key !== undefined) return decode(decoder, this.advertisement, key);
    const known = this.outcomes.get(decoder);
    if (known !== undefined || this.outcomes.has(decoder)) return known;
    const outcome = decode(decoder, this.advertisement);
    this.outcomes.set(decoder, outcome);
    return outcome;
  }
}

function decode(decoder: AdvertisementDecoder, advertisement: Advertisement, key?: Uint8Array): Outcome {
  try {
    const decoded = decoder.decode(advertisement, key);
    return decoded === undefined ? undefined : { decoded };
  } catch (error) {
    if (error instanceof DeviceError) return { fault: error.message };
    throw error;
  }
}
