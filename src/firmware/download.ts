/** Fetches what a Package URI names: contract of `download/`. */
import type { UpdateResult } from "../lwm2m/firmware/update-result.ts";
import type { IncomingImage } from "./images.ts";

/** Who fetches by one scheme of URI. */
export interface Downloader {
  /** e.g. ["http", "https"]. */
  readonly schemes: readonly string[];
  /** The number of resource 8 for each of them: 0 CoAP, 1 CoAPS, 2 HTTP, 3 HTTPS, 4 CoAP over TCP, 5 over TLS. */
  readonly protocols: readonly number[];
  /**
   * Writes what is missing behind what `into` has, and resolves when that is all. Broken connections are its business: it waits,
   * goes on where it was, and gives up after `limits`. Rejects with DownloadError.
   */
  fetch(uri: string, into: IncomingImage, signal: AbortSignal, hears: DownloadListener): Promise<void>;
}

export interface DownloadListener {
  /** `total`: where it is known. */
  onProgress(bytes: number, total?: number): void;
  /** What tells whether the file is still the same when it is gone on with: an ETag, to be handed in by `resumed` next time. */
  onMark(mark: string): void;
  readonly mark?: string;
}

/** Why there is no image. */
export class DownloadError extends Error {
  /** 2, 3, 4, 5, 6, 7 or 9. */
  readonly result: UpdateResult;

  constructor(result: UpdateResult, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DownloadError";
    this.result = result;
  }
}
