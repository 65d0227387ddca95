/** An image as a job has it: bytes that differ everywhere, kept in memory. */
import { createHash } from "node:crypto";
import type { FirmwareImage } from "../../src/adapter.ts";

export interface ImageInTest extends FirmwareImage {
  readonly bytes: Buffer;
}

export function anImage(size: number, told: Pick<FirmwareImage, "name" | "version"> = {}): ImageInTest {
  const bytes = Buffer.alloc(size);
  // No two pieces of it are alike: what is sent twice, or at another place, is seen.
  for (let at = 0, block = 0; at < size; block++) {
    const piece = createHash("sha256").update(`${size} ${block}`).digest();
    at += piece.copy(bytes, at);
  }
  return {
    ...told,
    bytes,
    size,
    sha256: createHash("sha256").update(bytes).digest(),
    read: (offset, length) => Promise.resolve(Uint8Array.prototype.slice.call(bytes, offset, offset + length)),
  };
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
