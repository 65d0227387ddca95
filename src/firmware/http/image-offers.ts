/** Where devices fetch images from this gateway: what a job needs of it. */
import type { FirmwareImage } from "../../adapter.ts";

export interface ImageOffers {
  /**
   * From now on whoever knows its path may fetch this image. `token`, `fetched`: of a job that a process before this one began. Rejects
   * with DeviceError `unreachable` where the address of `gateway.firmware.http` cannot be had.
   */
  offer(image: FirmwareImage, before?: { readonly token?: string; readonly fetched?: number }): Promise<ImageOffer>;
  /** Nobody may fetch anything any more. */
  close(): Promise<void>;
}

export interface ImageOffer {
  /** For TransferContext. */
  readonly url: string;
  /** What makes the path its own: kept with the job, on the disk before anybody is told of `url`. */
  readonly token: string;
  /** For TransferContext. */
  onFetched(hears: (bytes: number) => void): () => void;
  /** Nobody may fetch it any more. The server ends with the last offer. */
  withdraw(): Promise<void>;
}
