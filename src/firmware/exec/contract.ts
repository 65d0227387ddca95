/** What a program is told, and what it says: docs/firmware/exec.md has it for those who write one. */
import { DeviceError, type FirmwareCondition, FirmwareError, type TransferContext } from "../../adapter.ts";
import type { ProgramEnd } from "./program.ts";

/** By `LWM2M_FIRMWARE_STEP`. */
export type Step = "send" | "probe" | "activate" | "confirm" | "abort";

export interface Order {
  readonly step: Step;
  /** The file of the image. */
  readonly file: string;
  readonly device: string;
  readonly offset: number;
}

export function environmentOf({ image, job }: TransferContext, order: Order): Readonly<Record<string, string>> {
  const { size, sha256, version = "", name = "" } = image;
  return {
    LWM2M_FIRMWARE_STEP: order.step,
    LWM2M_FIRMWARE_FILE: order.file,
    LWM2M_FIRMWARE_SIZE: String(size),
    LWM2M_FIRMWARE_SHA256: Buffer.from(sha256).toString("hex"),
    LWM2M_FIRMWARE_VERSION: plain(version),
    LWM2M_FIRMWARE_NAME: plain(name),
    LWM2M_FIRMWARE_DEVICE: order.device,
    LWM2M_FIRMWARE_JOB: job,
    LWM2M_FIRMWARE_OFFSET: String(order.offset),
  };
}

/** A variable ends at a null character, and what a server called an image is not for a terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, "");
}

export type Saying =
  | { readonly kind: "progress"; readonly bytes: number }
  | { readonly kind: "version"; readonly version: string }
  | { readonly kind: "offset"; readonly bytes: number }
  | { readonly kind: "staged" }
  | { readonly kind: "running" }
  | { readonly kind: "log"; readonly text: string };

/** Undefined: it is for nobody. */
export function sayingOf(line: string): Saying | undefined {
  const [, word = "", rest = ""] = /^(\w+)(?:\s+(.*\S))?\s*$/.exec(line) ?? [];
  switch (word) {
    case "progress":
    case "offset":
      return /^\d{1,15}$/.test(rest) ? { kind: word, bytes: Number(rest) } : undefined;
    case "version":
      return rest === "" || rest.length > 255 ? undefined : { kind: "version", version: rest };
    case "staged":
    case "running":
      return { kind: word };
    case "log":
      return rest === "" ? undefined : { kind: "log", text: rest };
    default:
      return undefined;
  }
}

/** By exit code. */
const CONDITIONS: Readonly<Record<number, FirmwareCondition>> = {
  10: "flash-full",
  11: "out-of-memory",
  12: "bad-image",
  13: "crc",
  14: "busy",
  15: "failed",
};

/** How a run failed; undefined: it did not. Whatever is not in the table may go better with the next try. */
export function failureOf(program: string, { code, signal, complaint }: ProgramEnd): DeviceError | undefined {
  if (code === 0) return undefined;
  const how = code === undefined ? `was ended by ${signal ?? "a signal"}` : `ended with code ${code}`;
  const message = `${program} ${how}${complaint === "" ? "" : `: ${complaint}`}`;
  const condition = code === undefined ? undefined : CONDITIONS[code];
  return condition === undefined ? new DeviceError("unreachable", message) : new FirmwareError(condition, message);
}
