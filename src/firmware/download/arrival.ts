/** What of one file has arrived, whichever protocol brings it: on the disk, told, and within the limit. */
import { UPDATE_RESULT } from "../../lwm2m/firmware/update-result.ts";
import { DownloadError, type DownloadListener } from "../download.ts";
import { ImageError, type IncomingImage } from "../images.ts";

/** What the other side says of the file, as far as it does. */
export interface Described {
  readonly total?: number | undefined;
  /** What tells that it is still the same, in words of the protocol. */
  readonly mark?: string | undefined;
}

/** A power cut takes no more than so much. */
const SYNCED_EVERY = 256 * 1024;

export class Arrival {
  private readonly into: IncomingImage;
  private readonly hears: DownloadListener;
  private known: string | undefined;
  private size: number | undefined;
  private most: number;
  private unsynced = 0;
  private begun = 0;

  constructor(into: IncomingImage, hears: DownloadListener) {
    this.into = into;
    this.hears = hears;
    this.known = hears.mark;
    this.most = into.length;
  }

  get length(): number {
    return this.into.length;
  }

  /** Of what is there; undefined: nothing tells whether the file is still the same. */
  get mark(): string | undefined {
    return this.known;
  }

  get total(): number | undefined {
    return this.size;
  }

  /** So much was there once, in this file or in one before. */
  get furthest(): number {
    return this.most;
  }

  /** How often it was begun anew. */
  get restarts(): number {
    return this.begun;
  }

  get file(): string {
    return this.into.file;
  }

  /** Before bytes of it are taken. Throws DownloadError where it is too large. */
  describe({ total, mark }: Described): void {
    this.size = total;
    if (total !== undefined && total > this.into.maxSize) throw tooLarge(total, this.into.maxSize);
    if (mark === this.known) return;
    this.known = mark;
    if (mark !== undefined) this.hears.onMark(mark);
  }

  /** What is there is of another file, or nobody can tell. */
  async anew(): Promise<void> {
    this.known = undefined;
    this.size = undefined;
    if (this.length === 0) return;
    this.begun++;
    this.unsynced = 0;
    await this.kept(() => this.into.restart());
  }

  /** The bytes that follow what is there. */
  async take(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.kept(() => this.into.write(bytes));
    this.most = Math.max(this.most, this.length);
    this.unsynced += bytes.length;
    if (this.unsynced >= SYNCED_EVERY) await this.sync();
    this.hears.onProgress(this.length, this.size);
  }

  async sync(): Promise<void> {
    if (this.unsynced === 0) return;
    this.unsynced = 0;
    await this.kept(() => this.into.sync());
  }

  private async kept(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      throw new DownloadError(UPDATE_RESULT.flashFull, error.message, { cause: error });
    }
  }
}

function tooLarge(total: number, most: number): DownloadError {
  return new DownloadError(UPDATE_RESULT.flashFull, `it has ${total} bytes, and ${most} are taken at most`);
}
