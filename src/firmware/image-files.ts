/** Images in a directory: `meter-1.part` arrives, `meter-1.image` is whole, and `meter-1.json` says what it must be. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, systemCode } from "../errors.ts";
import type { Logger } from "../log.ts";
import { DiskWork } from "./disk-work.ts";
import { draftOf, type ImageDescription, readDescription, writeDescription } from "./image-description.ts";
import { ImageError, type Images, type IncomingImage, type StoredImage } from "./images.ts";
import { IncomingFile } from "./incoming-file.ts";
import { hashOfFile, StoredFile } from "./stored-file.ts";

/** In the state directory. */
export const FIRMWARE = "firmware";

export interface ImageFilesOptions {
  readonly directory: string;
  readonly log: Logger;
}

interface Files {
  readonly part: string;
  readonly image: string;
  readonly description: string;
}

export class ImageFiles implements Images {
  private readonly directory: string;
  private readonly log: Logger;
  private readonly work = new DiskWork();

  constructor({ directory, log }: ImageFilesOptions) {
    this.directory = directory;
    this.log = log;
  }

  /** Whether the disk is waited for. */
  get busy(): boolean {
    return this.work.busy;
  }

  begin(owner: string, maxSize: number): Promise<IncomingImage> {
    return this.work.of(() => this.begun(owner, maxSize));
  }

  resume(owner: string, maxSize: number): Promise<IncomingImage | undefined> {
    return this.work.of(() => this.resumed(owner, maxSize));
  }

  open(owner: string): Promise<StoredImage | undefined> {
    return this.work.of(() => this.opened(owner));
  }

  remove(owner: string): Promise<void> {
    return this.work.of(() => this.removed(owner));
  }

  private async begun(owner: string, maxSize: number): Promise<IncomingImage> {
    const files = this.filesOf(owner);
    try {
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      await this.remove(owner);
      return this.incoming(files, await IncomingFile.create(files.part, maxSize));
    } catch (error) {
      throw diskError(files.part, error);
    }
  }

  private async resumed(owner: string, maxSize: number): Promise<IncomingImage | undefined> {
    const files = this.filesOf(owner);
    try {
      const file = await IncomingFile.reopen(files.part, maxSize);
      if (file.length <= maxSize) return this.incoming(files, file);
      await file.discard();
    } catch (error) {
      if (systemCode(error) !== "ENOENT") await this.removeDamaged(owner, reasonOf(error));
    }
    return undefined;
  }

  private async opened(owner: string): Promise<StoredImage | undefined> {
    const { image, description } = this.filesOf(owner);
    try {
      const told = await readDescription(description);
      const { size, sha256 } = await hashOfFile(image);
      if (told !== undefined && size === told.size && sha256.equals(told.sha256))
        return new StoredFile(image, told, this.work);
      await this.removeDamaged(owner, told === undefined ? "nothing says what it is" : "it is not what arrived");
    } catch (error) {
      if (systemCode(error) !== "ENOENT") await this.removeDamaged(owner, reasonOf(error));
    }
    return undefined;
  }

  private async removed(owner: string): Promise<void> {
    const { part, image, description } = this.filesOf(owner);
    for (const file of [part, image, description, draftOf(description)]) await rm(file, { force: true });
  }

  private incoming(files: Files, file: IncomingFile): IncomingImage {
    return new Whole(file, this.work, (told) => this.keep(files, told));
  }

  /** First what it is, then the image: whenever the power fails, what is called whole can be compared. */
  private async keep({ part, image, description }: Files, told: ImageDescription): Promise<StoredImage> {
    await writeDescription(description, told);
    await rename(part, image);
    const directory = await open(this.directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    return new StoredFile(image, told, this.work);
  }

  private async removeDamaged(owner: string, reason: string): Promise<void> {
    this.log.warn(
      { code: "LG570", prefix: owner, directory: this.directory, reason },
      "a firmware image is damaged and was removed: it must be sent again",
    );
    // Where it cannot be removed, it is not taken all the same.
    await this.remove(owner).catch(() => {});
  }

  private filesOf(owner: string): Files {
    const base = join(this.directory, fileName(owner));
    return { part: `${base}.part`, image: `${base}.image`, description: `${base}.json` };
  }
}

/** A prefix begins with a letter: the gateway itself can have this name. */
const OWN = "_gateway";

/** Whatever an owner is called, one name in this directory. */
export function fileName(owner: string): string {
  if (owner === "") return OWN;
  return [...Buffer.from(owner)].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : escaped(byte))).join("");
}

function isPlain(byte: number): boolean {
  return /[A-Za-z0-9_-]/.test(String.fromCharCode(byte));
}

function escaped(byte: number): string {
  return `%${byte.toString(16).padStart(2, "0")}`;
}

function diskError(file: string, error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  return new ImageError("disk", `${file}: ${reasonOf(error)}`, { cause: error });
}

/** One that arrives in a file, with what becomes of it when it is whole. */
class Whole implements IncomingImage {
  private readonly inner: IncomingFile;
  private readonly work: DiskWork;
  private readonly keep: (told: ImageDescription) => Promise<StoredImage>;

  constructor(inner: IncomingFile, work: DiskWork, keep: (told: ImageDescription) => Promise<StoredImage>) {
    this.inner = inner;
    this.work = work;
    this.keep = keep;
  }

  get file(): string {
    return this.inner.file;
  }

  get length(): number {
    return this.inner.length;
  }

  get maxSize(): number {
    return this.inner.maxSize;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.onDisk(() => this.inner.write(bytes));
  }

  sync(): Promise<void> {
    return this.onDisk(() => this.inner.sync());
  }

  restart(): Promise<void> {
    return this.onDisk(() => this.inner.restart());
  }

  finish(told: Pick<StoredImage, "name" | "version">): Promise<StoredImage> {
    const { length: size } = this;
    if (size === 0) return Promise.reject(new ImageError("empty", "there is not one byte of it"));
    return this.onDisk(async () => this.keep({ ...told, size, sha256: await this.inner.close() }));
  }

  discard(): Promise<void> {
    return this.work.of(() => this.inner.discard());
  }

  leave(): Promise<void> {
    return this.onDisk(() => this.inner.leave());
  }

  private async onDisk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.work.of(work);
    } catch (error) {
      throw diskError(this.file, error);
    }
  }
}
