/** An image that arrives, in a file of a test. */
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ImageError, type IncomingImage, type StoredImage } from "../../src/firmware/images.ts";
import type { Lifetime } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

export class AnIncomingImage implements IncomingImage {
  readonly file: string;
  readonly maxSize: number;
  /** What was done with it, but for what was written. */
  readonly calls: ("sync" | "restart")[] = [];

  private constructor(file: string, maxSize: number) {
    this.file = file;
    this.maxSize = maxSize;
  }

  static begin(t: Lifetime, maxSize = 1 << 20): AnIncomingImage {
    const image = new AnIncomingImage(join(temporaryDirectory(t), "image"), maxSize);
    writeFileSync(image.file, "");
    return image;
  }

  /** The same file, as another process has it. */
  resumed(): AnIncomingImage {
    return new AnIncomingImage(this.file, this.maxSize);
  }

  get length(): number {
    return statSync(this.file).size;
  }

  get content(): Buffer {
    return readFileSync(this.file);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.length + bytes.length > this.maxSize) throw new ImageError("too-large", "it is larger than allowed");
    appendFileSync(this.file, bytes);
  }

  async sync(): Promise<void> {
    this.calls.push("sync");
  }

  async restart(): Promise<void> {
    this.calls.push("restart");
    truncateSync(this.file);
  }

  finish(): Promise<StoredImage> {
    throw new Error("nobody asks for that here");
  }

  async discard(): Promise<void> {
    rmSync(this.file);
  }

  async leave(): Promise<void> {}
}
