/** `frame:` of a mapping: where a message of the device begins and ends, and how one that is damaged is known. */
import { z } from "zod";
import { durationSchema, type Millis, SECOND } from "../../../../src/adapter.ts";
import { CHECKSUMS, type ChecksumKind, widthOf } from "./checksums.ts";

/** How a frame ends. Counts are of the whole frame, from its first byte to its last. */
export type FrameEnd =
  | { readonly kind: "mark"; readonly mark: Uint8Array }
  | { readonly kind: "size"; readonly size: number }
  | { readonly kind: "length"; readonly at: number; readonly as: LengthType; readonly plus: number }
  | { readonly kind: "idle" };

export const LENGTH_TYPES = ["u8", "u16", "u16le"] as const;
export type LengthType = (typeof LENGTH_TYPES)[number];

export interface ChecksumSettings {
  readonly kind: ChecksumKind;
  /** As bytes, or as their hexadecimal digits. */
  readonly as: "binary" | "hex";
  /** Which of two bytes stands first. */
  readonly order: "high" | "low";
  /** Whether the start mark counts. */
  readonly from: "start" | "body";
  /** Behind the end mark, which counts then; else before it. */
  readonly behindEnd: boolean;
  /** What stands between the body and the checksum, and does not count. */
  readonly before: Uint8Array;
}

export interface FrameSettings {
  /** Empty: a frame begins where the one before ended. */
  readonly start: Uint8Array;
  readonly end: FrameEnd;
  readonly checksum?: ChecksumSettings | undefined;
  /** The longest frame, in bytes. */
  readonly max: number;
  /** A silence after which nothing of a frame is missing, or its rest does not come any more. */
  readonly idle: Millis;
}

/** How many bytes the checksum takes in the frame, with what stands before it. */
export function checksumLength({ kind, as, before }: ChecksumSettings): number {
  return before.length + widthOf(kind) * (as === "hex" ? 2 : 1);
}

const LONGEST = 8192;
const USUAL_LONGEST = 256;
const MOST_MARK = 8;

/** Each character is a byte: "\x02". */
const mark = z
  .string()
  .min(1)
  .max(MOST_MARK)
  .refine((text) => /^[\0-\xff]*$/.test(text), "expected characters that are one byte each")
  .transform((text) => Uint8Array.from(text, (character) => character.charCodeAt(0)));

const KINDS = z.enum(CHECKSUMS);
const checksumFields = z.strictObject({
  kind: KINDS.describe("Which one"),
  as: z.enum(["binary", "hex"]).optional().describe("As bytes, or as hexadecimal digits"),
  order: z.enum(["high", "low"]).optional().describe("Of two bytes, which stands first"),
  from: z.enum(["start", "body"]).optional().describe("Whether the start mark counts (start) or not (body)"),
  behind_end: z.boolean().default(false).describe("It stands behind the end mark, which counts then"),
});

const frameFields = z.strictObject({
  start: mark.optional().describe('With what a frame begins: "\\x02", "$$" for a dollar'),
  end: mark.optional().describe('With what it ends: "\\r\\n"'),
  size: z.int().min(1).max(LONGEST).optional().describe("Bytes of the whole frame, where all are of one size"),
  length: z
    .strictObject({
      at: z.int().min(0).max(64).describe("Byte at which the frame says how long it is, from 0, start mark included"),
      as: z.enum(LENGTH_TYPES).default("u8").describe("Type of that number"),
      plus: z
        .int()
        .min(-64)
        .max(1024)
        .default(0)
        .describe("Added to it: the bytes of the frame that it does not count"),
    })
    .optional()
    .describe("The frame says how long it is"),
  idle: durationSchema
    .refine((idle) => idle > 0, "a silence is longer than 0")
    .optional()
    .describe("A silence that ends a frame; beside end, size or length: after which the rest of one is not awaited"),
  max: z.int().min(1).max(LONGEST).default(USUAL_LONGEST).describe("Longest frame, in bytes"),
  checksum: z
    .union([KINDS, checksumFields])
    .optional()
    .describe("How a damaged frame is known: nmea, crc16-modbus, crc16-ccitt, xor, sum, lrc, …"),
});
type Fields = z.output<typeof frameFields>;

export const frameSchema: z.ZodType<FrameSettings> = frameFields.transform((fields, context) => {
  const problem = problemOf(fields);
  if (problem !== undefined) {
    context.addIssue({ code: "custom", path: [...problem.path], message: problem.message });
    return z.NEVER;
  }
  return settingsOf(fields);
});

interface FrameProblem {
  readonly path: readonly string[];
  readonly message: string;
}

function problemOf(fields: Fields): FrameProblem | undefined {
  const { start, end, size, length, idle, max, checksum } = fields;
  const ends = Object.entries({ end, size, length }).flatMap(([key, given]) => (given === undefined ? [] : [key]));
  const [, second] = ends;
  if (second !== undefined) return { path: [second], message: `a frame ends in one way: ${ends.join(" or ")}` };
  if (ends.length === 0 && idle === undefined) {
    return { path: [], message: "expected how a frame ends: end, size, length, or idle where nothing else says it" };
  }
  if (size !== undefined && size > max) return { path: ["size"], message: `a frame has at most ${max} bytes (max)` };
  if (end === undefined && start === undefined && idle === undefined) {
    return { path: [], message: "nothing says where a frame begins: give start, or idle, the silence before each" };
  }
  const behind = typeof checksum === "object" && checksum.behind_end;
  return behind && end === undefined
    ? { path: ["checksum"], message: "behind_end: there is no end mark that it could stand behind" }
    : undefined;
}

/** Devices think in the middle of a frame, and networks tear it apart, but not for so long. */
const USUAL_IDLE = SECOND;

function settingsOf({ start, max, idle, checksum, ...rest }: Fields): FrameSettings {
  const given = typeof checksum === "string" ? { kind: checksum, behind_end: false } : checksum;
  return {
    start: start ?? new Uint8Array(0),
    end: endOf(rest),
    ...(given === undefined ? {} : { checksum: checksumSettings(given) }),
    max,
    idle: idle ?? USUAL_IDLE,
  };
}

function endOf({ end, size, length }: Pick<Fields, "end" | "size" | "length">): FrameEnd {
  if (end !== undefined) return { kind: "mark", mark: end };
  if (size !== undefined) return { kind: "size", size };
  return length === undefined ? { kind: "idle" } : { kind: "length", ...length };
}

/** As it is usual for each: NMEA 0183 has "*" and two digits, a Modbus CRC its low byte first. */
function checksumSettings({
  kind,
  as,
  order,
  from,
  behind_end: behindEnd,
}: z.output<typeof checksumFields>): ChecksumSettings {
  const nmea = kind === "nmea";
  const low = kind === "crc16-modbus" || kind === "crc16-kermit";
  return {
    kind,
    as: as ?? (nmea ? "hex" : "binary"),
    order: order ?? (low ? "low" : "high"),
    from: from ?? (nmea ? "body" : "start"),
    behindEnd,
    before: nmea ? Uint8Array.of(0x2a) : new Uint8Array(0),
  };
}
