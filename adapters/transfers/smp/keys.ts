/** What a mapping says of a transfer by SMP, whatever carries it. */
import { z } from "zod";
import { durationSchema, type FirmwareWay, type Millis, SECOND } from "../../../src/adapter.ts";

export interface SmpOptions {
  readonly protocol: "smp";
  /** Which one, of devices with several. */
  readonly image: number;
  /** The most bytes of the image in one request; absent: what the device takes. */
  readonly chunk?: number | undefined;
  /** Requests on their way at once. */
  readonly window: number;
  readonly ackTimeout: Millis;
  /** How often in a row something may go without an answer, or not go on. */
  readonly retries: number;
}

export const smpKeys = {
  image: z.int().min(0).max(15).default(0).describe("Which image, of devices with several; default: 0"),
  chunk: z
    .union([z.literal("auto"), z.int().min(16).max(4096)])
    .default("auto")
    .describe("The most bytes of the image in one request; auto: as many as the device says that it takes"),
  window: z
    .int()
    .min(1)
    .max(8)
    .default(1)
    .describe("Requests on their way at once, where the device has room for them"),
  ack_timeout: durationSchema
    .refine((span) => span >= 100 && span <= 60 * SECOND, "expected 100ms to 60s")
    .default(2 * SECOND)
    .describe("How long to wait for an answer"),
  retries: z.int().min(0).max(100).default(5).describe("How often in a row something may go without an answer"),
};

const fields = z.object(smpKeys);

export function smpOptions({ chunk, ack_timeout: ackTimeout, ...rest }: z.output<typeof fields>): SmpOptions {
  const { image, window, retries } = rest;
  return { protocol: "smp", image, window, retries, ackTimeout, ...(chunk === "auto" ? {} : { chunk }) };
}

/** All that is the same of it, whatever carries it. */
export const SMP = {
  actions: { key: "smp", words: ["test", "confirm", "reset", "erase"] },
  defaults: { activate: ["test", "reset"], confirm: ["confirm"] },
  staged: true,
  tellsVersion: true,
  header: "mcuboot",
} as const satisfies Omit<FirmwareWay, "transfer">;

export type SmpAction = (typeof SMP.actions.words)[number];
