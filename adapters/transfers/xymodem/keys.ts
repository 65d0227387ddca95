/** What a mapping says of a transfer by YMODEM or XMODEM, whatever carries the bytes. */
import { z } from "zod";
import { durationSchema, MINUTE, type Millis, orIssue, SECOND } from "../../../src/adapter.ts";
import type { SenderSettings } from "./sender-settings.ts";

export interface XymodemOptions {
  readonly protocol: SenderSettings["protocol"];
  /** Awaited before `start` is sent. */
  readonly prompt?: string | undefined;
  /** Makes the bootloader listen. */
  readonly start?: Uint8Array | undefined;
  /** How long the prompt, and then the wish for the file, may take. */
  readonly startTimeout: Millis;
  readonly ackTimeout: Millis;
  readonly retries: number;
  readonly block: 128 | 1024;
  /** By which name YMODEM sends the file; absent: the image's own. */
  readonly name?: string | undefined;
}

/** The shortest wait that receivers know for the first block is 60 s in all. */
const START_TIMEOUT: Millis = MINUTE;
const LONGEST_NAME = 100;

const text = z.string().min(1).max(256);

export const xymodemKeys = {
  prompt: text.optional().describe("What the bootloader prints before it takes what `start` says"),
  start: z
    .union([
      text.transform((written) => Uint8Array.from(Buffer.from(written))),
      z.strictObject({ hex: z.string() }).transform(({ hex }, context) => orIssue(context, () => bytesOf(hex))),
    ])
    .optional()
    .describe('What makes the bootloader listen: a text, e.g. "1", or { hex: 0D 75 }'),
  start_timeout: durationSchema
    .refine((span) => span >= SECOND && span <= 10 * MINUTE, "expected 1s to 10m")
    .default(START_TIMEOUT)
    .describe("How long the prompt, and then the wish for the file, may take"),
  ack_timeout: durationSchema
    .refine((span) => span >= SECOND / 2 && span <= 2 * MINUTE, "expected 500ms to 2m")
    .default(10 * SECOND)
    .describe("How long a block may go without an answer before it is sent again"),
  retries: z.int().min(0).max(100).default(10).describe("How often one block is sent again"),
  block: z
    .literal([128, 1024])
    .default(1024)
    .describe("The longest block, in bytes; receivers that know sums alone get 128"),
};

export const ymodemKeys = {
  ...xymodemKeys,
  name: z
    .string()
    .regex(/^[!-~]+$/, "expected letters, digits and signs, without spaces")
    .max(LONGEST_NAME)
    .optional()
    .describe("Name of the file, where the device wants a certain one; default: that of the image"),
};

const fields = z.object(ymodemKeys);

export function xymodemOptions(
  protocol: SenderSettings["protocol"],
  { start_timeout: startTimeout, ack_timeout: ackTimeout, ...rest }: z.output<typeof fields>,
): XymodemOptions {
  return { protocol, startTimeout, ackTimeout, ...rest };
}

/** A name that every receiver takes: what is odd in that of an image is no part of it. */
export function fileName({ name = "" }: { readonly name?: string | undefined }): string {
  const plain = (name.split(/[\\/]/).at(-1) ?? "").replace(/[^!-~]/g, "_").slice(-LONGEST_NAME);
  return plain === "" ? "firmware.bin" : plain;
}

function bytesOf(hex: string): Uint8Array {
  const digits = hex.replaceAll(/\s/g, "");
  if (digits !== "" && /^(?:[0-9a-f]{2})+$/i.test(digits)) return Uint8Array.from(Buffer.from(digits, "hex"));
  throw new RangeError(`"${hex}" is no row of bytes, each of two hexadecimal digits, e.g. 0D 75`);
}
