/** `clients:` of a server, and what of it a device says itself: each device as a client of its own, layout `clients`. */
import { z } from "zod";
import { type Millis, SECOND } from "../clock.ts";
import { durationSchema } from "../duration.ts";

/** A Register gives up after 247 s (RFC 7252 §4.8.2): whoever comes last must have had a turn long before. */
const LONGEST_START = 200;

const NAMES = ["id", "device_id"] as const;

export type Names = Readonly<Record<(typeof NAMES)[number], string>>;

/** Text with `{id}` and `{device_id}` in it. Throws nothing: what is none of them was refused before. */
export function filledIn(pattern: string, names: Names): string {
  return pattern.replace(/\{(id|device_id)\}/g, (_, name: (typeof NAMES)[number]) => names[name]);
}

const pattern = z
  .string()
  .min(1)
  .refine((text) => !/\{(?!(?:id|device_id)\})/.test(text), {
    message: "only {id} and {device_id} are filled in",
  });

const perDevice = pattern.refine((text) => /\{(?:id|device_id)\}/.test(text), {
  message: "expected {id} or {device_id} in it: each device needs its own",
});

const key = pattern.describe('A key for each device: !secret "psk-{id}"');

/** In `clients:` of a server. */
const clientCredentialKeys = {
  psk: z.strictObject({ identity: perDevice, key }).describe("PSK of each device; with coaps://").optional(),
  rpk: z.strictObject({ private_key: key }).describe("Private key of each device; with coaps://").optional(),
  x509: z
    .strictObject({ private_key: key, certificates: z.union([pattern, z.array(pattern).min(1).max(8)]) })
    .describe("Private key and certificate of each device; with coaps://")
    .optional(),
};

const lifetime: z.ZodType<Millis> = durationSchema.refine((millis) => millis >= SECOND && millis % SECOND === 0, {
  message: "expected whole seconds, one at least",
});

export const clientsSchema = z
  .strictObject({
    endpoint: perDevice
      .describe("Endpoint Client Name of a device: {device_id} is its Device ID (25/x/0), {id} its id here")
      .default("{device_id}"),
    lifetime: lifetime.describe("Registration lifetime of each device; default: that of the server").optional(),
    per_second: z
      .int()
      .min(1)
      .max(1000)
      .describe("Registrations and Updates a second, of all devices together")
      .default(20),
    max: z.int().min(1).max(10_000).describe("Devices that are registered; those beyond are named").default(1000),
    ...clientCredentialKeys,
  })
  .refine(({ max, per_second }) => max / per_second <= LONGEST_START, {
    message: `so many would take more than ${LONGEST_START} s to register: expected more per_second, or a smaller max`,
    path: ["per_second"],
  });

export type ClientsKeys = z.output<typeof clientsSchema>;

/** In the entry of a device. */
export const deviceCredentialsSchema = z.object({
  psk: z.object({ identity: z.string(), key: z.string() }).describe("Its own PSK where it is a client").optional(),
  rpk: z.object({ private_key: z.string() }).describe("Its own private key where it is a client").optional(),
  x509: z
    .object({ private_key: z.string(), certificates: z.union([z.string(), z.array(z.string())]) })
    .describe("Its own certificate where it is a client")
    .optional(),
});
