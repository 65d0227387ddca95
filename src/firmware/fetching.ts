/** One image that is fetched for an owner, from its Package URI to its file: begun, gone on with after a restart, given up. */
import { reasonOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { UPDATE_RESULT, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import { DownloadError, type Downloader } from "./download.ts";
import { ImageError, type Images, type IncomingImage, type StoredImage } from "./images.ts";

export interface FetchingPort {
  /** What the file was when it began to come, for the process after this one; undefined: nothing. */
  keepMark(mark: string | undefined): void;
  onProgress(bytes: number, total?: number): void;
  arrived(image: StoredImage): void;
  failed(result: UpdateResult): void;
}

export interface FetchingOptions {
  readonly owner: string;
  readonly images: Images;
  readonly maxSize: number;
  readonly downloaders: readonly Downloader[];
  readonly log: Logger;
  readonly port: FetchingPort;
}

export class Fetching {
  private readonly options: FetchingOptions;
  private running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: FetchingOptions) {
    this.options = options;
  }

  /** `mark`: what was kept of one that a process before this one began. */
  begin(uri: string, resumed?: { readonly mark: string | undefined }): void {
    const abort = new AbortController();
    const before = this.stop();
    const done = before.then(() => (abort.signal.aborted ? undefined : this.run(uri, abort.signal, resumed)));
    this.running = { abort, done };
  }

  /** Resolves when nothing is written any more; what is there stays. Never rejects. */
  async stop(): Promise<void> {
    const { running } = this;
    running?.abort.abort();
    await running?.done;
  }

  private async run(uri: string, signal: AbortSignal, resumed?: { readonly mark: string | undefined }): Promise<void> {
    const { owner, images, maxSize, port } = this.options;
    let incoming: IncomingImage | undefined;
    try {
      const downloader = this.downloaderOf(uri);
      incoming = (resumed === undefined ? undefined : await images.resume(owner, maxSize)) ?? undefined;
      const mark = incoming === undefined ? undefined : resumed?.mark;
      incoming ??= await images.begin(owner, maxSize);
      await downloader.fetch(uri, incoming, signal, {
        onProgress: (bytes, total) => port.onProgress(bytes, total),
        onMark: (known) => port.keepMark(known),
        ...(mark === undefined ? {} : { mark }),
      });
      if (signal.aborted) return;
      const image = await incoming.finish({});
      incoming = undefined;
      port.arrived(image);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      await incoming?.leave().catch(() => {});
    }
  }

  private downloaderOf(uri: string): Downloader {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase() ?? "";
    const found = this.options.downloaders.find(({ schemes }) => schemes.includes(scheme));
    if (found !== undefined) return found;
    throw new DownloadError(UPDATE_RESULT.invalidUri, "it is no URI");
  }

  private fail(error: unknown): void {
    const { log, owner, port } = this.options;
    if (!(error instanceof DownloadError) && !(error instanceof ImageError)) throw error;
    const result = error instanceof DownloadError ? error.result : resultOf(error);
    log.warn({ code: "LG571", prefix: owner, result, reason: reasonOf(error) }, "a firmware image was not fetched");
    port.failed(result);
  }
}

/** The gateway's disk is where the image has no room. */
function resultOf({ kind }: ImageError): UpdateResult {
  return kind === "empty" ? UPDATE_RESULT.unsupportedPackage : UPDATE_RESULT.flashFull;
}
