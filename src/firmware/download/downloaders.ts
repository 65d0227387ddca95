/** Who fetches what a Package URI names, by its scheme. */
import type { Downloader } from "../download.ts";
import { CoapDownloader, type CoapParts } from "./coap.ts";
import { HttpDownloader } from "./http.ts";
import type { HttpTrust } from "./http-request.ts";

export type DownloadersOptions = CoapParts & HttpTrust;

export function makeDownloaders(options: DownloadersOptions): readonly Downloader[] {
  return [new CoapDownloader(options), new HttpDownloader(options)];
}
