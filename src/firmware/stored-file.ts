/** A whole image in its file. */
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { DiskWork } from "./disk-work.ts";
import type { ImageDescription } from "./image-description.ts";
import type { StoredImage } from "./images.ts";

/** Transfers read in small steps, one after the other: so much is read at once. */
const WINDOW = 65_536;

export class StoredFile implements StoredImage {
  readonly file: string;
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly name?: string;
  readonly version?: string;
  private readonly work: DiskWork;
  private window: { readonly offset: number; readonly bytes: Uint8Array } | undefined;

  constructor(file: string, { size, sha256, name, version }: ImageDescription, work = new DiskWork()) {
    this.file = file;
    this.size = size;
    this.sha256 = sha256;
    this.work = work;
    if (name !== undefined) this.name = name;
    if (version !== undefined) this.version = version;
  }

  /** No file stays open between two reads: nobody says when there is no other. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, offset + length);
    const known = this.window;
    if (known !== undefined && offset >= known.offset && end <= known.offset + known.bytes.length) {
      return known.bytes.subarray(offset - known.offset, end - known.offset);
    }
    const bytes = await this.work.of(() => this.load(offset, Math.min(this.size - offset, Math.max(length, WINDOW))));
    this.window = { offset, bytes };
    return bytes.subarray(0, Math.max(0, end - offset));
  }

  private async load(offset: number, length: number): Promise<Uint8Array> {
    const handle = await open(this.file, "r");
    try {
      const bytes = Buffer.alloc(Math.max(0, length));
      let read = 0;
      while (read < bytes.length) {
        const { bytesRead } = await handle.read(bytes, read, bytes.length - read, offset + read);
        if (bytesRead === 0) throw new Error(`${this.file} is shorter than it was`);
        read += bytesRead;
      }
      return bytes;
    } finally {
      await handle.close();
    }
  }
}

/** Size and SHA-256 of a file as it is. Rejects with the system's error. */
export async function hashOfFile(file: string): Promise<{ readonly size: number; readonly sha256: Buffer }> {
  const handle = await open(file, "r");
  try {
    const hash = createHash("sha256");
    const size = await hashedBytes(handle, hash);
    return { size, sha256: hash.digest() };
  } finally {
    await handle.close();
  }
}

/** Feeds the hash with all that is in a file; resolves to how much that is. */
export async function hashedBytes(handle: FileHandle, hash: Hash): Promise<number> {
  const bytes = Buffer.alloc(WINDOW);
  let offset = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, 0, WINDOW, offset);
    if (bytesRead === 0) return offset;
    hash.update(bytes.subarray(0, bytesRead));
    offset += bytesRead;
  }
}
