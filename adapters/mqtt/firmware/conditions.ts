/** What a device says is wrong, in its own words, as one of the conditions that the core knows. */
import { z } from "zod";
import { type FirmwareCondition, FirmwareError } from "../../../src/adapter.ts";

const CONDITIONS = [
  "flash-full",
  "out-of-memory",
  "bad-image",
  "crc",
  "busy",
  "failed",
] as const satisfies readonly FirmwareCondition[];

/** Pieces of what devices say, and what is meant. */
export type ErrorWords = readonly (readonly [piece: string, condition: FirmwareCondition])[];

/** Said by many, in whatever case; those of the mapping come first. */
const USUAL: ErrorWords = [
  // That it failed, many say before they say why.
  ...CONDITIONS.filter((condition) => condition !== "failed").map((condition) => [condition, condition] as const),
  ...(["no space", "not enough space", "too large", "too big"] as const).map((word) => [word, "flash-full"] as const),
  ...(["checksum", "integrity", "sha256", "hash", "digest"] as const).map((word) => [word, "crc"] as const),
  ...(["signature", "magic", "invalid image", "wrong image"] as const).map((word) => [word, "bad-image"] as const),
  ...(["in progress", "battery"] as const).map((word) => [word, "busy"] as const),
  ["memory", "out-of-memory"],
];

export const errorsSchema: z.ZodType<ErrorWords> = z
  .record(z.string().min(1), z.enum(CONDITIONS))
  .transform((given): ErrorWords => Object.entries(given));

const MOST_SHOWN = 200;

/** `said`: by the device; undefined: nothing. */
export function refusal(said: string | undefined, words: ErrorWords): FirmwareError {
  if (said === undefined || said.trim() === "") return new FirmwareError("failed", "the device says that it failed");
  const text = plain(said);
  const [, condition] = [...words, ...USUAL].find(([piece]) => text.includes(plain(piece))) ?? [];
  const shown = said.length > MOST_SHOWN ? `${said.slice(0, MOST_SHOWN)}…` : said;
  return new FirmwareError(condition ?? "failed", `the device says ${JSON.stringify(shown)}`);
}

/** FLASH_FULL and flash-full are the same to a reader. */
function plain(text: string): string {
  return text.toLowerCase().replace(/[_-]/g, " ");
}
