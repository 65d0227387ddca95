/** Which checksum frames have: every way to write every kind is tried. */
import { CHECKSUMS, type ChecksumKind, widthOf } from "../../../spoken/stream/framing/checksums.ts";
import { type Frame, open } from "../../../spoken/stream/framing/seal.ts";
import { type ChecksumFields, type FrameFields, settingsOf } from "./frame-fields.ts";

export interface ChecksumGuess {
  readonly checksum: ChecksumFields;
  /** Frames that are different from each other, and in how many of them it is right. */
  readonly frames: number;
  readonly right: number;
}

/** More frames make it no surer. */
const MOST_FRAMES = 40;
/** Of the frames; the others are taken for damaged. */
const ENOUGH = 0.8;
/** Some hundred ways are tried: one that is right by chance in all frames must be rarer than that by far. */
const ENOUGH_BITS = 16;

/**
 * The one that is right in most frames, if it is so often enough to be none by chance. `fields`: without a checksum; `frames` are whole
 * ones, all of their bytes. `behind`: how many bytes stand behind the end mark.
 */
export function guessChecksum(
  fields: FrameFields,
  frames: readonly Uint8Array[],
  behind = 0,
): ChecksumGuess | undefined {
  const different = distinct(frames);
  let best: ChecksumGuess | undefined;
  for (const checksum of ways(fields, behind)) {
    const settings = settingsOf({ ...fields, max: 8192, checksum });
    const right = different.filter((frame) => isOpened(open(frame, settings))).length;
    const bits = right * 8 * widthOf(checksum.kind) + (checksum.kind === "nmea" ? 8 : 0);
    if (right < ENOUGH * different.length || bits < ENOUGH_BITS) continue;
    if (best === undefined || right > best.right) best = { checksum, frames: different.length, right };
  }
  return best;
}

/** One alone may be right by chance: said of a single frame, to be looked at. */
export function checksumsOf(fields: FrameFields, frame: Uint8Array): readonly ChecksumFields[] {
  return ways(fields, 0).filter((checksum) => isOpened(open(frame, settingsOf({ ...fields, max: 8192, checksum }))));
}

/** A frame that is nothing but marks and checksum proves nothing, nor does one of the same bytes all over. */
function isOpened(frame: Frame | undefined): boolean {
  return frame?.body.some((byte) => byte !== frame.body[0]) === true;
}

function distinct(frames: readonly Uint8Array[]): readonly Uint8Array[] {
  const seen = new Map<string, Uint8Array>();
  for (const frame of frames) {
    const key = Buffer.from(frame).toString("latin1");
    if (seen.size < MOST_FRAMES && !seen.has(key)) seen.set(key, frame);
  }
  return [...seen.values()];
}

/** The usual way of each kind first: it is what is said where several are right. */
function ways({ start = "", end = "" }: FrameFields, behind: number): readonly ChecksumFields[] {
  if (behind > 0 && end === "") return [];
  const all = CHECKSUMS.flatMap((kind) => waysOf(kind, start.length > 0));
  if (behind === 0) return all;
  return all
    .filter(({ kind, as }) => kind !== "nmea" && widthOf(kind) * (as === "hex" ? 2 : 1) === behind)
    .map((way) => ({ ...way, behind_end: true }));
}

function waysOf(kind: ChecksumKind, started: boolean): readonly ChecksumFields[] {
  if (kind === "nmea") return [{ kind }];
  const froms = started ? [{}, { from: "body" as const }] : [{}];
  const low = kind === "crc16-modbus" || kind === "crc16-kermit";
  const orders = widthOf(kind) === 1 ? [{}] : [{}, { order: low ? ("high" as const) : ("low" as const) }];
  return [{}, { as: "hex" as const }].flatMap((as) =>
    orders.flatMap((order) => froms.map((from) => ({ kind, ...as, ...order, ...from }))),
  );
}
