/** What is known of the bytes of one kind of advertisement, or of one characteristic: fields with names. */
import type { Advertisement } from "../radio/radio.ts";

export type FieldValue = number | bigint | string | boolean | Uint8Array;

export interface Decoded {
  readonly fields: ReadonlyMap<string, FieldValue>;
  /**
   * Packets with the same id are one packet that was sent several times. Absent: the format has none, and packets with the same bytes
   * are one. Digits alone count packets: what is left out did not come.
   */
  readonly packet?: string | undefined;
  /** Fields whose value the device marked as not known, each with why. */
  readonly bad?: ReadonlyMap<string, string> | undefined;
  /** Of an encrypted packet: rises, and only who has the key can make one. What an older one means says isReplay in replay.ts. */
  readonly counter?: number | undefined;
  /** What a person who looks at the packet should know, each a sentence. */
  readonly notes?: readonly string[] | undefined;
}

/** A format of advertisements, e.g. BTHome. */
export interface AdvertisementDecoder {
  /** The word behind `decode:`, e.g. "bthome". */
  readonly name: string;
  /** For the reader, e.g. "BTHome v2". */
  readonly title: string;
  /** Every field that it may have; for near misses, `scan` and editors. Whether it has a field of a name says fieldKind in index.ts. */
  readonly fields: ReadonlyMap<string, FieldKind>;
  /** Which bytes of an advertisement it understands. */
  readonly data: readonly DataPlace[];
  /** Whether packets may be encrypted, so that a device may have a `key`; its length in bytes. */
  readonly keyBytes?: number | undefined;
  /**
   * Undefined: the advertisement is of another format. Throws DeviceError `malformed` where it is of this one, but wrong, or encrypted
   * and `key` is absent or wrong. Never anything else, whatever comes.
   */
  decode(advertisement: Advertisement, key?: Uint8Array): Decoded | undefined;
  /** Plays it: what a device with these fields says. `packet`: counts up with each. */
  encode(fields: ReadonlyMap<string, FieldValue>, options: EncodeOptions): EncodedAdvertisement;
}

/** The data of a service, by its UUID as `normalUuid` makes it, or of a company. */
export type DataPlace = { readonly service: string } | { readonly company: number };

export interface FieldKind {
  readonly type: "number" | "boolean" | "text" | "bytes";
  /** As `unit:` of a mapping says it, e.g. "Cel"; absent where it has none. */
  readonly unit?: string | undefined;
  /** For the reader. */
  readonly about: string;
  /** A packet may have it several times; then the second is `name_2`, the third `name_3` and so on. */
  readonly repeats?: true | undefined;
}

export interface EncodeOptions {
  readonly address: string;
  readonly packet: number;
  readonly key?: Uint8Array | undefined;
}

export type EncodedAdvertisement = Pick<Advertisement, "services" | "serviceData" | "manufacturerData">;

/** A characteristic of the Bluetooth SIG whose value has parts, e.g. Temperature Measurement (2a1c). */
export interface CharacteristicDecoder {
  /** As `normalUuid` makes it. */
  readonly uuid: string;
  readonly title: string;
  readonly fields: ReadonlyMap<string, FieldKind>;
  /** Throws DeviceError `malformed`, and never anything else. */
  decode(bytes: Uint8Array): Decoded;
  encode(fields: ReadonlyMap<string, FieldValue>): Uint8Array;
}
