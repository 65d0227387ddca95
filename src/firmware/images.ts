/** Images on the disk: written as they arrive, read as they are sent. */
import type { FirmwareImage } from "../adapter.ts";

/** A whole one. */
export interface StoredImage extends FirmwareImage {
  /** Its file, in the directory of images. */
  readonly file: string;
}

/** One that arrives. Calls come one after the other. */
export interface IncomingImage {
  readonly file: string;
  /** Bytes that are there. */
  readonly length: number;
  /** The most that it may become, in bytes. */
  readonly maxSize: number;
  /** Appends. Rejects with ImageError `too-large` or `disk`. */
  write(bytes: Uint8Array): Promise<void>;
  /** What is there is on the disk: a restart goes on from it. */
  sync(): Promise<void>;
  /** Nothing of what is there counts: it begins at its first byte again. */
  restart(): Promise<void>;
  /** It is all. Rejects with ImageError: `empty`. */
  finish(told: Pick<FirmwareImage, "name" | "version">): Promise<StoredImage>;
  /** Removes it. */
  discard(): Promise<void>;
  /** Closes the file and leaves it where it is, for `resume`. */
  leave(): Promise<void>;
}

export interface Images {
  /** A new one for this owner (a prefix; "" is the gateway); what it had is removed. `maxSize`: bytes. */
  begin(owner: string, maxSize: number): Promise<IncomingImage>;
  /** The one that arrived when the process before this one ended; undefined: none, or it is damaged. */
  resume(owner: string, maxSize: number): Promise<IncomingImage | undefined>;
  /** The whole one of this owner, its hash compared; undefined: none, or it is damaged. */
  open(owner: string): Promise<StoredImage | undefined>;
  remove(owner: string): Promise<void>;
}

export type ImageErrorKind = "too-large" | "disk" | "empty";

export class ImageError extends Error {
  readonly kind: ImageErrorKind;

  constructor(kind: ImageErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImageError";
    this.kind = kind;
  }
}
