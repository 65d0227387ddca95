/** A file that grows, hashed as it does. What goes wrong is the system's error, or ImageError `too-large`. */
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { ImageError } from "./images.ts";
import { hashedBytes } from "./stored-file.ts";

export class IncomingFile {
  readonly file: string;
  readonly maxSize: number;
  private readonly handle: FileHandle;
  private hash: Hash;
  private bytes: number;
  private closed = false;

  private constructor(file: string, maxSize: number, opened: Opened) {
    this.file = file;
    this.maxSize = maxSize;
    this.handle = opened.handle;
    this.hash = opened.hash;
    this.bytes = opened.length;
  }

  static async create(file: string, maxSize: number): Promise<IncomingFile> {
    const handle = await open(file, "wx+", MODE);
    return new IncomingFile(file, maxSize, { handle, hash: createHash("sha256"), length: 0 });
  }

  /** Goes on with one that was left. */
  static async reopen(file: string, maxSize: number): Promise<IncomingFile> {
    const handle = await open(file, "r+");
    try {
      const hash = createHash("sha256");
      return new IncomingFile(file, maxSize, { handle, hash, length: await hashedBytes(handle, hash) });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get length(): number {
    return this.bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.bytes + bytes.length > this.maxSize) {
      throw new ImageError("too-large", `an image of more than ${this.maxSize} bytes is not taken`);
    }
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.handle.write(bytes, written, bytes.length - written, this.bytes + written);
      written += bytesWritten;
    }
    this.hash.update(bytes);
    this.bytes += bytes.length;
  }

  async sync(): Promise<void> {
    await this.handle.sync();
  }

  /** On the disk then: after a power cut nobody shall go on with old bytes under a new ETag. */
  async restart(): Promise<void> {
    await this.handle.truncate(0);
    await this.handle.sync();
    this.hash = createHash("sha256");
    this.bytes = 0;
  }

  /** Resolves to the hash of all of it, which is on the disk then. */
  async close(): Promise<Buffer> {
    await this.handle.sync();
    await this.leave();
    return this.hash.digest();
  }

  async leave(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.handle.close();
  }

  /** Never rejects for a file that is gone. */
  async discard(): Promise<void> {
    await this.leave();
    await rm(this.file, { force: true });
  }
}

interface Opened {
  readonly handle: FileHandle;
  readonly hash: Hash;
  readonly length: number;
}

/** Firmware is nobody else's business. */
const MODE = 0o600;
