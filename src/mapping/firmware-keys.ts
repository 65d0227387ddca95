/** The keys of `firmware:` in a mapping, whatever its way. */
import { z } from "zod";
import { SECOND } from "../clock.ts";
import { durationSchema, formatDuration } from "../duration.ts";
import { FIRMWARE_CONDITIONS } from "../errors.ts";
import { sizeSchema } from "../sizes.ts";
import { bytesOfHex } from "./constant.ts";
import { QUOTED } from "./expression/expression.ts";

/** What is beyond that is no firmware of a device that a gateway feeds. */
const LARGEST = "1GB";
/** The flash of nearly every microcontroller ends before it, and a server that mistakes a file stops there. A larger one says so. */
const DEFAULT_SIZE = 2 ** 20;

const size = z
  .union(
    [
      z
        .int()
        .min(1)
        .max(2 ** 30),
      sizeSchema("1KB", LARGEST),
    ],
    {
      error: "expected a number of bytes, or a size: 491520 or 480KB",
    },
  )
  .meta({ type: ["string", "integer"] });

const position = z
  .int()
  .min(0)
  .max(2 ** 30);

const magic = z.strictObject({
  offset: position.describe("Where in the image; default: at its beginning").default(0),
  hex: z
    .string()
    .transform((text, context) => {
      const bytes = bytesOfHex(text);
      if (bytes !== undefined && bytes.length > 0 && bytes.length <= 64) return bytes;
      context.addIssue({ code: "custom", message: "expected 1 to 64 bytes in hexadecimal, e.g. 3DB8F396" });
      return z.NEVER;
    })
    .meta({ type: ["string", "integer"] })
    .describe("The bytes, e.g. 3DB8F396"),
});

const accept = z.strictObject({
  max_size: size.describe("The longest image: 480KB, or bytes; default: 1MB").default(DEFAULT_SIZE),
  magic: magic.describe("Bytes that each image has somewhere").optional(),
  header: z
    .union([
      z.enum(["mcuboot", "none"]),
      z.strictObject({
        offset: position.describe("Where the text of the version begins"),
        length: z.int().min(1).max(255).describe("Its bytes; it ends before, at a NUL or spaces"),
      }),
    ])
    .describe("Where the image says its version: mcuboot, { offset, length } of a text, or none")
    .optional(),
});

const positive = durationSchema.refine((millis) => millis > 0, { message: "expected a time above 0" });

const verify = z
  .strictObject({
    within: positive.describe("How long it may need to be back with the new version").default(180 * SECOND),
    poll: positive.describe("How often it is asked until then").default(5 * SECOND),
    settle: durationSchema.describe("How long it must stay before it is believed").default(10 * SECOND),
    healthy: z
      .string({ error: `expected an expression; ${QUOTED}` })
      .describe("What else must hold: {error_code} == 0")
      .optional(),
  })
  .superRefine(({ within, poll, settle }, context) => {
    for (const [name, time] of Object.entries({ poll, settle })) {
      if (time < within) continue;
      const message = `${name} (${formatDuration(time)}) must be shorter than within (${formatDuration(within)})`;
      context.addIssue({ code: "custom", message });
    }
  });

const steps = z.array(z.record(z.string(), z.unknown()));

const result = z.int().min(2).max(11);

const results = z.strictObject(
  Object.fromEntries(FIRMWARE_CONDITIONS.map((condition) => [condition, result.optional()])),
);

export const firmwareKeys = z.strictObject({
  via: z.string().describe("How an image gets to the device: a way of the protocol, or exec"),
  stage: z
    .enum(["on-update", "before-update"])
    .describe("When it goes there: when the server executes Update (default), or before it is told to be Downloaded")
    .default("on-update"),
  accept: accept.describe("What an image must be before anything is sent").optional(),
  version: z
    .string()
    .describe("What tells the version that runs: transfer (the protocol), a resource, e.g. 3/0/3, or none")
    .optional(),
  expect: z
    .enum(["image", "changed"])
    .describe("What it must be afterwards: that of the image, or another one than before")
    .optional(),
  enter: steps.describe("Steps before the image is sent").optional(),
  transfer: z.record(z.string(), z.unknown()).describe("What the way needs to know").optional(),
  activate: steps.describe("Steps by which the device runs it").optional(),
  confirm: steps.describe("Steps once it is found to be well").optional(),
  abort: steps.describe("Steps where nothing comes of it").optional(),
  verify: verify.describe("When that was a success").optional(),
  retries: z.int().min(0).max(100).describe("How often a transfer that broke off is tried again").default(3),
  begin: z
    .enum(["when-heard", "at-once"])
    .describe(
      "Whether a job waits until the device is heard; at-once: it may be in its bootloader, where nobody hears it",
    )
    .optional(),
  lock: z
    .enum(["line", "device"])
    .describe("Who is not asked meanwhile: all devices of the link, or this one alone")
    .optional(),
  results: results.describe("Results of object 5 (2 to 11) for what the device says is wrong").optional(),
});

export type FirmwareKeys = z.output<typeof firmwareKeys>;

/** Those with lists of steps. */
export const STEP_KEYS = ["enter", "activate", "confirm", "abort"] as const;
export type StepKey = (typeof STEP_KEYS)[number];

/** Where `accept:` and `verify:` are not there. */
export const DEFAULTS = { accept: accept.parse({}), verify: verify.parse({}) } as const;
