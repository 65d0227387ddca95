/** How what was heard is framed: every candidate is given to the framer that would run in the gateway, and judged by what that makes of it. */
import { type Millis, SECOND, TIMEOUT } from "../../../../src/adapter.ts";
import { Framer } from "../../../spoken/stream/framing/framer.ts";
import { endMark } from "../../../spoken/stream/framing/seal.ts";
import { burstsOf, type Heard, isText, joined, shareOf } from "./bursts.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import { type ChecksumGuess, guessChecksum } from "./checksum-guess.ts";
import { type FrameFields, frameText, settingsOf } from "./frame-fields.ts";

export interface FrameGuess {
  /** `{ end: "\r\n" }`: `frame:` of a mapping. */
  readonly text: string;
  readonly fields: FrameFields;
  readonly frames: number;
  /** Of the bytes, those that are part of a frame: 0 … 1. What the beginning and the end cut off does not count. */
  readonly share: number;
  readonly checksum?: ChecksumGuess;
  /** What speaks for it, each a part of a sentence. */
  readonly reasons: readonly string[];
  readonly certainty: "sure" | "likely" | "a guess";
}

/** Fewer bytes, and bytes that are nearly all the same, say nothing. */
const FEWEST_BYTES = 4;
const FEWEST_DIFFERENT = 3;
/** A candidate that leaves more than that out is none. */
const LEAST_SHARE = 0.7;
/** A longer recording makes it no surer, and every candidate goes through all of it. */
const MOST_BYTES = 16_384;

/** The best first, at most three; empty where nothing can be said. `heard`: in the order in which it came. */
export function guessFrames(heard: readonly Heard[]): readonly FrameGuess[] {
  const used = newest(heard.filter(({ bytes }) => bytes.length > 0));
  const all = joined(used);
  if (all.length < FEWEST_BYTES || new Set(all).size < FEWEST_DIFFERENT) return [];
  const judged = candidatesOf(used).flatMap((candidate) => judge(candidate, used));
  const best = new Map<string, Judged>();
  for (const each of judged.sort((a, b) => b.score - a.score)) {
    if (!best.has(each.guess.text)) best.set(each.guess.text, each);
  }
  return [...best.values()].slice(0, 3).map(({ guess }) => guess);
}

interface Judged {
  readonly guess: FrameGuess;
  readonly score: number;
}

function judge({ fields, behind }: Candidate, heard: readonly Heard[]): readonly Judged[] {
  const frames = behind === 0 ? framed(fields, heard) : sliced(fields, behind, joined(heard));
  if (frames.length === 0) return [];
  // A number that never changes says nothing that the size does not.
  if (fields.length !== undefined && new Set(frames.map(({ length }) => length)).size === 1) return [];
  const checksum = guessChecksum(fields, frames, behind);
  if (behind > 0 && checksum === undefined) return [];
  const whole = longestOf(checksum === undefined ? fields : { ...fields, checksum: checksum.checksum }, frames);
  const share = shareIn(frames, joined(heard).length);
  const judged = { fields: whole, frames, share, checksum };
  if (share < LEAST_SHARE || !isEnough(judged, heard)) return [];
  return [{ score: scoreOf(judged, heard), guess: guessOf(judged) }];
}

interface Found {
  readonly fields: FrameFields;
  readonly frames: readonly Uint8Array[];
  readonly share: number;
  readonly checksum: ChecksumGuess | undefined;
}

/** As the gateway would find them. */
function framed(fields: FrameFields, heard: readonly Heard[]): readonly Uint8Array[] {
  const framer = new Framer(settingsOf({ ...fields, max: 4096 }));
  const [first] = heard;
  const begin = first?.at ?? 0;
  framer.handle({ type: "opened" }, begin - SECOND);
  const frames: Uint8Array[] = [];
  const pass = (until: Millis): void => {
    const { deadline } = framer;
    if (deadline !== undefined && deadline <= until)
      frames.push(...framer.handle(TIMEOUT, deadline).map(({ bytes }) => bytes));
  };
  for (const { at, bytes } of heard) {
    pass(at);
    frames.push(...framer.handle({ type: "bytes", bytes }, at).map((frame) => frame.bytes));
  }
  pass(Infinity);
  return frames;
}

/** Between the marks, with so many bytes behind the end. */
function sliced({ start = "", end = "" }: FrameFields, behind: number, bytes: Buffer): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = bytes.indexOf(start, 0, "latin1"); at >= 0; ) {
    const mark = bytes.indexOf(end, at + start.length, "latin1");
    const after = mark + end.length + behind;
    if (mark < 0 || after > bytes.length) break;
    frames.push(bytes.subarray(at, after));
    at = bytes.indexOf(start, after, "latin1");
  }
  return frames;
}

/** With the key that says that frames may be longer than is usual. */
function longestOf(fields: FrameFields, frames: readonly Uint8Array[]): FrameFields {
  const longest = Math.max(...frames.map(({ length }) => length));
  return longest <= 128 ? fields : { ...fields, max: Math.min(8192, 256 * Math.ceil((2 * longest) / 256)) };
}

/** Of the first frame the beginning may be missing, of the last one the end. */
function shareIn(frames: readonly Uint8Array[], total: number): number {
  const lengths = frames.map(({ length }) => length);
  const inside = lengths.reduce((sum, length) => sum + length, 0);
  const lost = Math.max(0, total - inside - 2 * Math.max(...lengths));
  return inside / (inside + lost);
}

const isControl = (byte: number): boolean => byte < 0x20;

/** Any byte cuts anything into pieces: there must be something that speaks for it. */
function isEnough({ fields, frames, share, checksum }: Found, heard: readonly Heard[]): boolean {
  if (checksum !== undefined) return true;
  // Within noise a number fits now and then.
  if (fields.length !== undefined) return frames.length >= 5 && share >= 0.9;
  if (fields.end === undefined) return frames.length >= 3;
  return shareOf(joined(heard), (byte) => isText(byte) || isControl(byte)) >= 0.9 || aligned(fields, heard) >= 0.9;
}

/** Of the pieces between silences, those that end where a frame does. */
function aligned(fields: FrameFields, heard: readonly Heard[]): number {
  const end = endMark(settingsOf(fields));
  const bursts = burstsOf(heard).map(({ bytes }) => Buffer.from(bytes));
  const ended = bursts.filter((burst) => burst.lastIndexOf(end) === burst.length - end.length).length;
  return bursts.length < 3 ? 0 : ended / bursts.length;
}

/** A checksum outweighs all else; then marks, which a reader sees; then what is simpler. */
function scoreOf({ fields, frames, share, checksum }: Found, heard: readonly Heard[]): number {
  const { start = "", end, length, size, idle } = fields;
  const sum = checksum === undefined ? 0 : 5 + checksum.right / checksum.frames;
  const text = shareOf(joined(heard), isText);
  const way =
    end !== undefined
      ? 2 * text + 0.2 * end.length
      : length !== undefined
        ? lengthScore(length)
        : size !== undefined
          ? 1
          : 0;
  // A long beginning may be part of what is said; a short one may stand anywhere.
  const mark = start === "" ? 0 : checksum !== undefined ? 0.5 - 0.05 * start.length : 0.2 + 0.1 * start.length;
  const many = Math.min(1, frames.length / 10);
  return 4 * share + sum + way + mark + many - (idle === undefined ? 0 : 1);
}

/** Where the byte beside it is 0 each time, both together are the number. */
function lengthScore({ as }: NonNullable<FrameFields["length"]>): number {
  return as === "u8" ? 1.4 : 1.5;
}

function guessOf({ fields, frames, share, checksum }: Found): FrameGuess {
  const sizes = frames.map(({ length }) => length);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const whole = share > 0.99;
  const reasons = [
    `${frames.length} ${frames.length === 1 ? "frame" : "frames"} of ${least === most ? least : `${least} to ${most}`} bytes`,
    whole ? "nothing else came" : `${Math.round(100 * (1 - share))} % of the bytes are part of none`,
    ...(checksum === undefined
      ? []
      : [`the checksum is right in ${checksum.right} of ${checksum.frames} that are different`]),
  ];
  const enough = fields.end !== undefined ? 3 : 5;
  const likely = frames.length >= enough && share > 0.95 && fields.idle === undefined;
  return {
    text: frameText(fields),
    fields,
    frames: frames.length,
    share,
    ...(checksum === undefined ? {} : { checksum }),
    reasons,
    certainty: checksum !== undefined && share > 0.9 ? "sure" : likely ? "likely" : "a guess",
  };
}

function newest(heard: readonly Heard[]): readonly Heard[] {
  let bytes = 0;
  const from = heard.findLastIndex((piece) => {
    bytes += piece.bytes.length;
    return bytes > MOST_BYTES;
  });
  return heard.slice(from + 1);
}
