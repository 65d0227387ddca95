/**
 * The part of the contract with a downstream protocol that is for devices whose mapping has a `firmware:` section: how an image
 * gets to the device. Adapters get it from `adapter.ts`. The job is the core's: stages, windows, retries, whether it was a success.
 */
import type { Schema } from "./adapter.ts";

/** A word behind `via:`: one way by which an image reaches devices of a protocol. */
export interface FirmwareWay<Options = unknown> {
  /** What stands under `transfer:` of the section, parameters filled in; the keys of this way, and no others. */
  readonly transfer: Schema<Options>;
  /**
   * What steps may ask of it, e.g. ["test", "reset", "confirm"] for `{ smp: reset }`: the key is the word behind `via:`, or what it
   * is called there. Absent: nothing.
   */
  readonly actions?: { readonly key: string; readonly words: readonly string[] };
  /** Steps where the mapping gives none, in words of `actions`. */
  readonly defaults?: FirmwareDefaults;
  /** The image lies beside the one that runs until it is activated: `stage: before-update` is possible. */
  readonly staged?: true;
  /** `probe` tells the version that the device runs: the mapping need not say where it stands. */
  readonly tellsVersion?: true;
  /** Beside `tellsVersion`: with these options it does not, after all. */
  isMute?(options: Options): boolean;
  /** The device fetches the image from the gateway by HTTP: there is a `url` then. */
  readonly fetched?: true;
  /** What images of this way are, where the mapping does not say: `accept: { header: … }`. */
  readonly header?: "mcuboot";
  /** Nobody else on the link can be asked while it runs, unless the mapping says otherwise: `lock: line`. */
  readonly needsLine?: true;
  /** What is wrong with this way for this device, as a sentence; undefined: nothing. `device`: the parsed protocol section. */
  fault?(options: Options, device: unknown): string | undefined;
}

export interface FirmwareDefaults {
  readonly activate?: readonly string[];
  readonly confirm?: readonly string[];
  readonly abort?: readonly string[];
}

/** An image, whole and checked, on the disk of the gateway. */
export interface FirmwareImage {
  /** In bytes; 1 at least. */
  readonly size: number;
  /** Of the whole file, 32 bytes. */
  readonly sha256: Uint8Array;
  /** As it was called where it came from, or by its header. */
  readonly name?: string;
  /** By its header, or as it was told beside it. */
  readonly version?: string;
  /** So many bytes from `offset` on; fewer only at its end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface TransferContext<Options = unknown> {
  /** The word behind `via:`. */
  readonly way: string;
  /** What `FirmwareWay.transfer` made of the keys. */
  readonly options: Options;
  readonly image: FirmwareImage;
  /** Of a way that is `fetched`: where the device finds the image. */
  readonly url?: string;
  /**
   * Beside `url`: hears how many bytes the device has fetched, from the beginning and without a gap, each time that they grow; all of
   * them once it has closed the connection in order. Returns what ends it.
   */
  onFetched?(hears: (bytes: number) => void): () => void;
  /** Names this job for as long as it lasts, restarts of the gateway too; letters, digits and `-`, for messages to the device. */
  readonly job: string;
  /** What `onCookie` had told last, in a process before this one too. */
  readonly cookie?: string;
}

/** How far it is. Each offset is on its way to the disk when the call returns: what a restart goes on from. */
export interface TransferListener {
  /** The device has said that it has so many bytes of the image from its beginning; it may fall back. */
  onAcknowledged(offset: number): void;
  /** What the protocol needs to go on after a restart, as text. */
  onCookie(cookie: string): void;
}

/** What the device says of itself; what the protocol cannot tell is absent. */
export interface FirmwareProbe {
  /** The version that runs. */
  readonly version?: string;
  /** It has this image already, whole, beside the one that runs. */
  readonly staged?: boolean;
  /** It runs this very image. */
  readonly running?: boolean;
  /** It can go on from here with this image. */
  readonly offset?: number;
}

/**
 * One image on its way to one device. Calls come one after the other, but for `abort` and `close`, which end what is running: that
 * rejects. Every failure is a DeviceError; a FirmwareError where the device, or the protocol, says what is wrong. A call may last
 * as long as it makes progress; a device that says nothing is given up within the way's own timeouts and retries.
 */
export interface Transfer {
  /** Asks, without changing anything. */
  probe(): Promise<FirmwareProbe>;
  /**
   * Sends what the device does not have, from `offset` at the earliest, or from where the device says; resolves when it has
   * everything and does not object. A way that cannot go on in the middle begins at 0, and says so by `onAcknowledged(0)`.
   */
  send(offset: number, listener: TransferListener): Promise<void>;
  /** One of the way's `actions`. */
  act(word: string): Promise<void>;
  /** Tells the device to forget it, as far as the protocol can; resolves within some seconds, whatever the device says. */
  abort(): Promise<void>;
  /** Gives back the wire: what was asked of the device besides goes on. Does not tell the device anything. Never rejects. */
  close(): Promise<void>;
}
