/** `gateway.store`: what is kept for servers that are away, and how much of it. */
import { z } from "zod";
import { HOUR, type Millis, SECOND } from "../clock.ts";
import { durationSchema } from "../duration.ts";
import { percentSchema, sizeSchema } from "../sizes.ts";

/** What waits for servers, of all of them together. */
export interface StoreSettings {
  /** Bytes on disk. */
  readonly max: number;
  /** What is older goes. */
  readonly keep: Millis;
  /** Part of `max` that one device may take, in (0, 1]. */
  readonly share: number;
  /** What goes where one of them is reached. */
  readonly whenFull: "drop-oldest" | "drop-newest";
  /** The commit window: what a crash may lose. */
  readonly commit: Millis;
  /** Reports that an observation keeps where no hqmax says how many. */
  readonly hqmax: number;
}

const MEBIBYTE = 2 ** 20;

const bytes = sizeSchema("1MB", "1024GB");
const percent = percentSchema("max");

export const storeSchema = z
  .strictObject({
    max: bytes.describe("What may wait on disk for all servers together, e.g. 256MB").default(256 * MEBIBYTE),
    keep: durationSchema
      .refine((millis) => millis >= HOUR, { message: "at least 1h" })
      .describe("What is older is dropped")
      .default(30 * 24 * HOUR),
    share: percent.describe("Part of max that one device may take, e.g. 25%").default(1),
    when_full: z
      .enum(["drop-oldest", "drop-newest"])
      .describe("What goes where max or share is reached")
      .default("drop-oldest"),
    commit: durationSchema
      .refine((millis) => millis >= 10 && millis <= HOUR, { message: "10ms to 1h" })
      .describe("How soon what is not delivered is on disk: what a power cut may lose")
      .default(SECOND),
    hqmax: z
      .int()
      .min(0)
      .max(10_000_000)
      .describe("Reports that are kept of an observation where the server set no hqmax")
      .default(10_000),
  })
  .transform(({ when_full: whenFull, ...rest }): StoreSettings => ({ ...rest, whenFull }));
