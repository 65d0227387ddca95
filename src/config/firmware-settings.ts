/** `gateway.firmware`: images for the devices, and for the gateway itself. */
import { z } from "zod";
import { MINUTE, type Millis } from "../clock.ts";
import { durationSchema } from "../duration.ts";
import { sizeSchema } from "../sizes.ts";

export interface FirmwareSettings {
  /** The longest image that a server may send or name, in bytes; a mapping may allow less. */
  readonly maxSize: number;
  /** When jobs may begin; absent: at any time. */
  readonly window?: WindowSettings;
  /** Where devices fetch images from this gateway; absent: none can. */
  readonly http?: FirmwareHttpSettings;
  /** Programs that a mapping may have run (`via: exec`), by their absolute paths; none: that way is off. */
  readonly exec: readonly string[];
  /** How long a download goes on trying without a byte. */
  readonly patience: Millis;
  /** PEM: whose certificates are believed over https, beside those that the system believes. */
  readonly ca?: string;
  /** The gateway's own firmware; absent: it has no object 5. */
  readonly self?: SelfUpdateSettings;
}

/** A part of each day, in an IANA time zone; `to` before `from` is on the next day. */
export interface WindowSettings {
  /** Minutes after midnight. */
  readonly from: number;
  readonly to: number;
  /** 0 is Sunday: the days on which it begins; absent: all. */
  readonly days?: readonly number[];
  readonly zone: string;
}

export interface FirmwareHttpSettings {
  /** An address of this machine, of the network in which the devices are. */
  readonly address: string;
  readonly port: number;
}

export interface SelfUpdateSettings {
  /** PEM files of the Ed25519 public keys that artefacts may be signed with; as written. */
  readonly keys: readonly string[];
  /** A new version that has not registered after so long is put back. */
  readonly trial: Millis;
  /** Of an artefact, in bytes: it may bring a Node of its own. */
  readonly maxSize: number;
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const timeOfDay = z
  .string()
  .regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, { message: "expected a time of day, e.g. 22:30" })
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

export const windowSchema = z
  .strictObject({
    from: timeOfDay.describe("Time of day at which jobs may begin, e.g. 22:00"),
    to: timeOfDay.describe("Time of day from which on none begins; before `from`: on the next day"),
    days: z
      .array(z.enum(DAYS))
      .min(1)
      .transform((days) => days.map((day) => DAYS.indexOf(day)))
      .describe("Days on which the window begins: [sat, sun]; default: all")
      .optional(),
    zone: z
      .string()
      .refine(isZone, { message: "expected a time zone of the IANA database, e.g. Europe/Berlin" })
      .describe("IANA time zone in which these times count")
      .default("UTC"),
  })
  .refine(({ from, to }) => from !== to, {
    message: "from and to are the same: leave the window out to allow any time",
  });

export const firmwareSchema = z
  .strictObject({
    max_size: sizeSchema("1KB", "1GB")
      .describe("The longest image that is taken, e.g. 16MB")
      .default(16 * 2 ** 20),
    window: windowSchema.describe("When updates of devices may begin; default: at any time").optional(),
    http: z
      .strictObject({
        address: z
          .union([z.ipv4(), z.ipv6()])
          .refine((address) => !isEveryAddress(address), {
            message:
              "expected one address of this machine: an image is for the network of the devices, not for all networks",
          })
          .describe("Address of this machine in the network of the devices, e.g. 192.168.10.1"),
        port: z.int().min(1).max(65535).describe("Port from which devices fetch images").default(8070),
      })
      .describe("Where devices fetch images from this gateway; off where it is not there")
      .optional(),
    exec: z
      .array(
        z.string().regex(/^\/(?!.*\/\.{1,2}(?:\/|$))[^\0]*[^/\0]$/, {
          message: "expected the absolute path of a program, e.g. /usr/local/bin/flash-valve",
        }),
      )
      .max(64)
      .describe(
        "Programs that mappings may have run to bring an image to a device (via: exec): absolute paths; default: none",
      )
      .default([]),
    patience: durationSchema
      .refine((millis) => millis >= MINUTE, { message: "at least 1m" })
      .describe("How long a download is tried again without a byte that arrives")
      .default(60 * MINUTE),
    ca: z
      .string()
      .min(1)
      .describe("File of certificates (PEM) that are believed over https, beside those of the system")
      .optional(),
    self: z
      .strictObject({
        keys: z.array(z.string().min(1)).min(1).describe("PEM files of public keys (Ed25519) of who may sign versions"),
        trial: durationSchema
          .refine((millis) => millis >= MINUTE, { message: "at least 1m" })
          .describe("A new version that has not registered after so long is put back")
          .default(10 * MINUTE),
        max_size: sizeSchema("1MB", "1GB")
          .describe("The longest version that is taken, e.g. 128MB")
          .default(128 * 2 ** 20),
      })
      .transform(({ max_size: maxSize, ...rest }) => ({ ...rest, maxSize }))
      .describe("Versions of this program by object 5 of the gateway itself; off where it is not there")
      .optional(),
  })
  .transform(
    // What stands in the file of `ca`, `firmwareCaOf` reads.
    ({ max_size: maxSize, window, http, self, ca: _ca, ...rest }): FirmwareSettings => ({
      ...rest,
      maxSize,
      ...(window === undefined ? {} : { window: withoutUndefined(window) }),
      ...(http === undefined ? {} : { http }),
      ...(self === undefined ? {} : { self }),
    }),
  );

function withoutUndefined({ days, ...rest }: z.output<typeof windowSchema>): WindowSettings {
  return days === undefined ? rest : { ...rest, days };
}

/** `0.0.0.0` or `::`, however it is written. */
function isEveryAddress(address: string): boolean {
  return /^[0:.]*(?:::ffff:[0:.]*)?$/i.test(address);
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
