/** A frame, and its checksum: made of a body, and taken apart again. */
import { checksumOf, widthOf } from "./checksums.ts";
import { type ChecksumSettings, checksumLength, type FrameSettings } from "./frame-settings.ts";

export interface Frame {
  /** All of it, from the start mark on. */
  readonly bytes: Uint8Array;
  /** What stands between the marks, without the checksum. */
  readonly body: Uint8Array;
}

/** The body as the device would send it: marks around it, and the checksum. */
export function seal(body: Uint8Array, settings: FrameSettings): Uint8Array {
  const { start, checksum } = settings;
  const end = endMark(settings);
  if (checksum === undefined) return join(start, body, end);
  const covered = checksum.behindEnd ? join(start, body, end) : join(start, body);
  const sum = written(checksum, covered.subarray(checksum.from === "body" ? start.length : 0));
  return checksum.behindEnd ? join(covered, sum) : join(covered, sum, end);
}

/** The frame that these bytes are; undefined where its checksum is wrong, or it is too short to have one. */
export function open(bytes: Uint8Array, settings: FrameSettings): Frame | undefined {
  const parts = partsOf(bytes, settings);
  if (parts === undefined) return undefined;
  const { body, sum } = parts;
  return sum === undefined || sum.right ? { bytes, body } : undefined;
}

/** A frame taken apart, be its checksum right or not. */
export interface FrameParts {
  readonly body: Uint8Array;
  /** The checksum as it stands there, with what belongs to it, and as it should be. */
  readonly sum?: { readonly found: Uint8Array; readonly wanted: Uint8Array; readonly right: boolean };
}

/** Undefined where the bytes are too few for what a frame has around its body. */
export function partsOf(bytes: Uint8Array, settings: FrameSettings): FrameParts | undefined {
  const { start, checksum } = settings;
  const end = endMark(settings).length;
  const sumLength = checksum === undefined ? 0 : checksumLength(checksum);
  if (bytes.length < start.length + end + sumLength) return undefined;
  const body = bytes.subarray(start.length, bytes.length - end - sumLength);
  if (checksum === undefined) return { body };
  const at = checksum.behindEnd ? bytes.length - sumLength : bytes.length - end - sumLength;
  const wanted = written(checksum, bytes.subarray(checksum.from === "body" ? start.length : 0, at));
  const found = bytes.subarray(at, at + sumLength);
  return { body, sum: { found, wanted, right: sameText(wanted, found, checksum.as) } };
}

/** The mark behind each frame; empty where a frame has none. */
export function endMark({ end }: FrameSettings): Uint8Array {
  return end.kind === "mark" ? end.mark : new Uint8Array(0);
}

function written({ kind, as, order, before }: ChecksumSettings, covered: Uint8Array): Uint8Array {
  const sum = checksumOf(kind, covered);
  const bytes = widthOf(kind) === 1 ? [sum] : order === "high" ? [sum >> 8, sum & 0xff] : [sum & 0xff, sum >> 8];
  const digits = bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join("");
  return join(before, as === "binary" ? Uint8Array.from(bytes) : new TextEncoder().encode(digits));
}

/** Hexadecimal digits may be small or large. */
function sameText(wanted: Uint8Array, found: Uint8Array, as: "binary" | "hex"): boolean {
  if (as === "binary") return wanted.every((byte, i) => byte === found[i]);
  return Buffer.from(found).toString("latin1").toUpperCase() === Buffer.from(wanted).toString("latin1");
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
