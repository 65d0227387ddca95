/** What is looked at before anything of an image is sent: size, magic, what its header says, and whether it is whole still. */
import { createHash } from "node:crypto";
import type { FirmwareImage } from "../adapter.ts";
import { UPDATE_RESULT, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import type { AcceptRule } from "../mapping/firmware-plan.ts";

export type ImageVerdict =
  /** `version`: by its header, or as it was told beside it; absent: nobody says. */
  | { readonly ok: true; readonly version?: string }
  | { readonly ok: false; readonly result: UpdateResult; readonly reason: string };

/** Rejects where the file cannot be read. */
export async function checkImage(image: FirmwareImage, accept: AcceptRule): Promise<ImageVerdict> {
  if (image.size > accept.maxSize) {
    const reason = `it has ${image.size} bytes, and the device takes ${accept.maxSize} at most`;
    return { ok: false, result: UPDATE_RESULT.flashFull, reason };
  }
  const { magic, header } = accept;
  if (magic !== undefined) {
    const found = await bytesAt(image, magic.offset, magic.bytes.length);
    if (!Buffer.from(magic.bytes).equals(found))
      return noImage(`at byte ${magic.offset} it has ${hex(found)}, not ${hex(magic.bytes)}`);
  }
  const told = await versionOf(image, header);
  if (told === undefined) return noImage(`its header says no version`);
  if (!(await isWhole(image))) {
    return { ok: false, result: UPDATE_RESULT.integrity, reason: "it is not what arrived: its SHA-256 is another" };
  }
  const version = told === "" ? image.version : told;
  return { ok: true, ...(version === undefined ? {} : { version }) };
}

function noImage(reason: string): ImageVerdict {
  return { ok: false, result: UPDATE_RESULT.unsupportedPackage, reason };
}

/** "" where it has no header that says one; undefined: there should be one. */
async function versionOf(image: FirmwareImage, header: AcceptRule["header"]): Promise<string | undefined> {
  if (header === undefined) return "";
  if (header === "mcuboot") return mcubootVersion(await bytesAt(image, 0, MCUBOOT_HEADER));
  // Text, which ends at a NUL, or in flash that was never written.
  const [text = ""] = (await bytesAt(image, header.offset, header.length)).toString("latin1").split(/[\0\xff]/);
  return /^[\x20-\x7e]*[\x21-\x7e]/.test(text) ? text.trim() : undefined;
}

/**
 * MCUboot's image_header, little-endian: magic at 0; at 20 the version as major (u8), minor (u8), revision (u16), build (u32), which
 * is left out where it is 0.
 */
export function mcubootVersion(header: Buffer): string | undefined {
  if (header.length < MCUBOOT_HEADER || header.readUInt32LE(0) !== MCUBOOT_MAGIC) return undefined;
  const build = header.readUInt32LE(24);
  const version = `${header[20]}.${header[21]}.${header.readUInt16LE(22)}`;
  return build === 0 ? version : `${version}+${build}`;
}

async function isWhole(image: FirmwareImage): Promise<boolean> {
  const hash = createHash("sha256");
  for (let at = 0; at < image.size; at += PIECE) hash.update(await image.read(at, PIECE));
  return hash.digest().equals(image.sha256);
}

async function bytesAt(image: FirmwareImage, offset: number, length: number): Promise<Buffer> {
  return Buffer.from(offset >= image.size ? [] : await image.read(offset, length));
}

function hex(bytes: Uint8Array): string {
  return bytes.length === 0 ? "nothing" : Buffer.from(bytes).toString("hex");
}

const MCUBOOT_MAGIC = 0x96f3b83d;
const MCUBOOT_HEADER = 28;
const PIECE = 65_536;
