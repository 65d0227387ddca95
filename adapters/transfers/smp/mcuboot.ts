/** The hash by which MCUboot knows an image: MCUboot, "Image format". It stands in the trailer, and is not that of the file. */
import type { FirmwareImage } from "../../../src/adapter.ts";

const HEADER_LENGTH = 32;
const MAGIC = 0x96f3b83d;
/** Magic number of the part of the trailer that the hash does not cover: the other one stands before it. */
const PLAIN_TRAILER = 0x6907;
const TRAILER_HEAD = 4;
const ENTRY_HEAD = 4;
/** SHA-256, SHA-384, SHA-512. */
const HASHES: readonly number[] = [0x10, 0x11, 0x12];
const LONGEST_TRAILER = 0xffff;

/** In hexadecimal; undefined where the file is no image of MCUboot, or has no hash. */
export async function mcubootHash(image: FirmwareImage): Promise<string | undefined> {
  const header = Buffer.from(await image.read(0, HEADER_LENGTH));
  if (header.length < HEADER_LENGTH || header.readUInt32LE(0) !== MAGIC) return undefined;
  const body = header.readUInt16LE(8) + header.readUInt32LE(12);
  const trailer = body + header.readUInt16LE(10);
  if (trailer + TRAILER_HEAD > image.size) return undefined;
  return hashIn(Buffer.from(await image.read(trailer, Math.min(LONGEST_TRAILER, image.size - trailer))));
}

function hashIn(trailer: Buffer): string | undefined {
  if (trailer.length < TRAILER_HEAD || trailer.readUInt16LE(0) !== PLAIN_TRAILER) return undefined;
  const end = Math.min(trailer.length, trailer.readUInt16LE(2));
  for (let at = TRAILER_HEAD; at + ENTRY_HEAD <= end; ) {
    const type = trailer.readUInt16LE(at);
    const next = at + ENTRY_HEAD + trailer.readUInt16LE(at + 2);
    if (next > end) return undefined;
    if (HASHES.includes(type)) return trailer.subarray(at + ENTRY_HEAD, next).toString("hex");
    at = next;
  }
  return undefined;
}
