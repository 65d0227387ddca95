/** `via: exec`: a program of this machine brings the image to the device, whatever the device speaks. The core's own way. */
import { z } from "zod";
import type { FirmwareWay } from "../adapter.ts";
import { MINUTE, type Millis } from "../clock.ts";
import { durationSchema } from "../duration.ts";

/** What a program can be asked for beside sending. */
export const EXEC_STEPS = ["probe", "activate", "confirm", "abort"] as const;
export type ExecStep = (typeof EXEC_STEPS)[number];

export interface ExecOptions {
  readonly way: "exec";
  /** Its absolute path, and its arguments: no shell reads them. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly steps: readonly ExecStep[];
  /** How long one run may take. */
  readonly timeout: Millis;
  /** How long it may say nothing while it sends. */
  readonly silence: Millis;
}

const span = durationSchema.refine((millis) => millis > 0, "longer than 0");
const argument = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .refine((text) => !text.includes("\0"), "an argument has no null character");
const program = z
  .string()
  .regex(/^\/[^\0]*[^/\0]$/, "expected the absolute path of a program, e.g. /usr/local/bin/flash");

export const execOptionsSchema: z.ZodType<ExecOptions> = z
  .strictObject({
    command: z
      .tuple([program], argument)
      .describe(
        "The program, which gateway.firmware.exec must allow, and its arguments: [/usr/local/bin/flash, $port]",
      ),
    steps: z
      .array(z.enum(EXEC_STEPS))
      .default([])
      .describe("What it can do beside sending, by LWM2M_FIRMWARE_STEP: probe, activate, confirm, abort"),
    timeout: span.default(60 * MINUTE).describe("How long it may take to send"),
    silence: span.default(5 * MINUTE).describe("How long it may print nothing while it sends"),
  })
  .transform((keys): ExecOptions => ({ way: "exec", ...keys }));

/** Whether it is what the schema above made. */
export function isExecOptions(options: unknown): options is ExecOptions {
  return typeof options === "object" && options !== null && "way" in options && options.way === "exec";
}

export const execWay: FirmwareWay<ExecOptions> = {
  transfer: execOptionsSchema,
  actions: { key: "exec", words: ["activate", "confirm"] },
  staged: true,
  tellsVersion: true,
  isMute: ({ steps }) => !steps.includes("probe"),
};
