/** The shape of config.yaml and of the files in devices.d. */
import { z } from "zod";
import { MINUTE, SECOND } from "../clock.ts";
import { durationSchema } from "../duration.ts";
import { PREFIX } from "../lwm2m/path.ts";
import { RESERVED_PREFIXES } from "../lwm2m/prefix.ts";
import { accessSchema } from "./access.ts";
import { adminSchema } from "./admin-settings.ts";
import { clientsSchema } from "./client-schema.ts";
import { firmwareSchema } from "./firmware-settings.ts";
import { remoteModbusSchema } from "./remote-modbus.ts";
import { reportSchema } from "./report-entries.ts";
import { securityKeys } from "./security-schema.ts";
import { storeSchema } from "./store-settings.ts";
import { STORED_OBJECT } from "./stored-objects.ts";
import { LAYOUTS, type ServerScheme } from "./types.ts";
import { uplinkKeys } from "./uplink-settings.ts";

/** For editors: a word of ours may look like a number to them. */
const looksLikeNumber = { type: ["string", "number"] };

const name = z.string().min(1).max(255);

const storedObjects = z
  .array(
    z
      .string()
      .regex(STORED_OBJECT, { message: "expected the ID of an object, or ID/version such as 16/1.0" })
      .meta(looksLikeNumber),
  )
  .describe("Objects whose instances servers create, write and delete; the gateway keeps them")
  .default([]);

const gatewaySchema = z.strictObject({
  endpoint: name.describe("Endpoint Client Name of the gateway, e.g. urn:dev:ops:32473-gateway-0017"),
  state: z
    .string()
    .min(1)
    .describe(
      "Directory for what must survive a restart; relative to this file. Default: what systemd gives, else state",
    )
    .optional(),
  site: z
    .string()
    .min(1)
    .describe("What differs from site to site, for $site.name; relative to this file. Default: site.yaml")
    .optional(),
  objects: z.array(z.string().min(1)).describe("XML files of vendor objects, relative to this file").default([]),
  stored_objects: storedObjects,
  remote_modbus: remoteModbusSchema
    .describe("Modbus for servers: what they reach by objects 10374 and 10375; off where it is not there")
    .optional(),
  store: storeSchema.describe("What is kept for servers that are away").prefault({}),
  firmware: firmwareSchema.describe("Images for devices and for the gateway itself: docs/firmware.md").prefault({}),
  auto_reload: z
    .boolean()
    .describe("Takes the files by itself whenever one of them changes; else by SIGHUP or `reload` only")
    .default(false),
  admin: adminSchema.describe("The API over HTTP: docs/api.md; off where it is not there").optional(),
  manufacturer: name.describe("Manufacturer (3/0/0) of the gateway").default("lwm2m-gateway"),
  model: name.describe("Model Number (3/0/1) of the gateway").default("lwm2m-gateway"),
  serial: name.meta({ ...looksLikeNumber, description: "Serial Number (3/0/2) of the gateway" }).optional(),
  clock: z
    .enum(["auto", "trusted"])
    .describe("auto: is believed when somebody has set it; trusted: always")
    .default("auto"),
});

const period = durationSchema.refine((millis) => millis % SECOND === 0, { message: "expected whole seconds" });

/** Core 1.2 §6.2.1: `oma:name`, `v:name`, or an RFC 6920 suite and a hash of 32 bits at least; no list in a list. */
const profileId = z.string().regex(/^(?:(?:oma|v):[!#-+\--~]{1,64}|[0-9]{1,2}:(?:[0-9a-f]{2}){4,64})$/, {
  message: "expected oma:NAME, v:NAME or SUITE:HASH, such as oma:gateway or 6:27354b9a",
});

export const serverSchema = z.strictObject({
  id: z.int().min(1).max(65534).describe("Short Server ID (1/x/0)"),
  uri: z
    .string()
    .describe(
      "coap://host:port (UDP), coaps://host:port (DTLS) or coap+tcp://host:port; default ports 5683, coaps 5684",
    )
    .transform((text, context) => {
      const parsed = parseServerUri(text);
      if (typeof parsed === "object") return parsed;
      context.addIssue({ code: "custom", message: parsed });
      return z.NEVER;
    }),
  ...securityKeys,
  ...uplinkKeys,
  layout: z.enum(LAYOUTS).describe("How the devices are shown: docs/layouts.md").default("gateway"),
  clients: clientsSchema.describe("Of layout clients: how each device registers by itself").optional(),
  lifetime: period
    .refine((millis) => millis >= SECOND, { message: "a lifetime is at least 1s" })
    .describe("Registration lifetime (1/x/1)")
    .default(5 * MINUTE),
  version: z
    .enum(["auto", "1.0", "1.1", "1.2"])
    .meta({ ...looksLikeNumber, enum: ["auto", "1.0", "1.1", "1.2", 1.0, 1.1, 1.2] })
    .describe("LwM2M version; auto offers 1.2 and steps down where the server refuses it")
    .default("auto"),
  profile_id: z
    .union([profileId, z.array(profileId).min(1).max(16)])
    .transform((ids) => (typeof ids === "string" ? [ids] : ids))
    .describe("Profile IDs that the server knows: once it has taken them, they stand for the object list (LwM2M 1.2)")
    .default([]),
  gateway_object: z
    .enum(["2.0", "1.0"])
    .meta({ ...looksLikeNumber, enum: ["2.0", "1.0", 2.0, 1.0] })
    .describe("Version of object 25; 1.0 with object 26 for servers that know the first definition of a gateway only")
    .default("2.0"),
  reregister_on_change: z
    .boolean()
    .describe("Registers anew when devices come, go or change, for servers that read object 25 after a Register only")
    .default(false),
  queue_mode: z
    .boolean()
    .describe("Registers as a client that sleeps: requests of the server wait for the next contact")
    .default(false),
  awake: durationSchema
    .refine((millis) => millis >= 2 * SECOND, { message: "at least 2s, the wait for an acknowledgement" })
    .describe("In queue mode, how long to listen after the last message (RFC 7252, MAX_TRANSMIT_WAIT)")
    .default(93 * SECOND),
  mute_send: z.boolean().describe("Mute Send (1/x/23): nothing is sent until the server writes false").default(false),
  priority: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .describe("Registration Priority Order (1/x/13): servers with one register one after the other, the lowest first")
    .optional(),
  initial_delay: period
    .describe("Initial Registration Delay Timer (1/x/14), from the start or from the server before it in the order")
    .optional(),
  failure_block: z
    .boolean()
    .describe("Registration Failure Block (1/x/15): those after it in the order wait until it is registered")
    .optional(),
  pmin: period.describe("Default Minimum Period (1/x/2)").optional(),
  pmax: period.describe("Default Maximum Period (1/x/3)").optional(),
  nstart: z.int().min(1).max(64).describe("Confirmable messages in flight (RFC 7252, 4.7)").default(1),
  ack_timeout: durationSchema
    .refine((millis) => millis >= 100, { message: "at least 100ms" })
    .describe("First wait for an acknowledgement (RFC 7252, 4.8)")
    .default(2 * SECOND),
  max_retransmit: z.int().min(0).max(20).describe("Repetitions of a message (RFC 7252, 4.8)").default(4),
  report: reportSchema,
  access: accessSchema,
  history: z
    .enum(["send", "notify", "replay"])
    .describe("How what waited is delivered: by Send, in notifications, or value by value")
    .default("send"),
  max_message: z
    .int()
    .min(256)
    .max(65536)
    .describe("Bytes of payload up to which reports are put together; over 1024 in blocks")
    .default(1024),
  max_body: z.int().min(1024).describe("The greatest body that the server may send, in bytes").default(65536),
});

const linkSchema = z.looseObject({ type: z.string().describe("What the link is, e.g. modbus-tcp") });

const links = z.record(z.string().min(1), linkSchema).nullable().describe("Wires and sessions by name").optional();
const devices = z.array(z.unknown()).nullable().describe("What stands behind the gateway").optional();
const format = z.literal(1).optional();

export const configSchema = z.strictObject({
  format,
  gateway: gatewaySchema,
  servers: z.array(serverSchema).min(1),
  links,
  devices,
});

export const devicesFileSchema = z.strictObject({ format, links, devices });

export const deviceSchema = z.looseObject({
  id: z
    .string()
    .min(1)
    .max(64)
    .refine((id) => !/[\p{Cc}\s]/u.test(id), { message: "no spaces and no control characters" })
    .meta({ ...looksLikeNumber, description: "The device's name, unique" }),
  mapping: z.string().describe("The device type: a file of mappings/, without .yaml"),
  link: z.string().describe("The link behind which it stands"),
  prefix: z
    .string()
    .regex(PREFIX, { message: "a letter, then letters, digits, - and _, 32 at most" })
    .refine((prefix) => !RESERVED_PREFIXES.has(prefix), { message: "this name means something else to servers" })
    .describe("Its first path segment towards servers; default: the id where it fits")
    .optional(),
  was: z.string().min(1).describe("Its former id: it keeps prefix and history").optional(),
  device_id: z.string().min(1).max(255).describe("Device ID (25/x/0); default: made of its identity").optional(),
  stored_objects: storedObjects,
});

export type DeviceKeys = z.output<typeof deviceSchema>;

/** Keys of gateway and servers that are not built yet. */
export const LATER_CONFIG_KEYS: readonly string[] = ["http", "binding", "bootstrap"];

/** Keys of a device entry that are not built yet. */
export const LATER_DEVICE_KEYS: readonly string[] = ["layout"];

export interface ServerUri {
  readonly uri: string;
  readonly scheme: ServerScheme;
  readonly host: string;
  readonly port: number;
}

const URI = /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^/:@?#[\]\s]+)(?::([0-9]{1,5}))?\/?$/i;
/** RFC 7252 §6.1 and §6.2, RFC 8323 §8.1. */
const PORTS: Readonly<Record<ServerScheme, number>> = { coap: 5683, coaps: 5684, "coap+tcp": 5683 };
const EXPECTED = "coaps://host:port, coap://host:port or coap+tcp://host:port";

/** The parts of a server's URI, or a sentence why it is none that we can use. */
function parseServerUri(uri: string): ServerUri | string {
  const [, scheme, host, port] = URI.exec(uri) ?? [];
  if (scheme === undefined || host === undefined) return `"${uri}" is no server; expected ${EXPECTED}`;
  const word = scheme.toLowerCase();
  if (word === "coaps+tcp") {
    return "coaps+tcp:// needs TLS, which is not in this version; coaps:// is secured, coap+tcp:// is plain text";
  }
  if (word !== "coap" && word !== "coaps" && word !== "coap+tcp")
    return `${scheme}:// is not supported by this version; expected ${EXPECTED}`;
  const number = port === undefined ? PORTS[word] : Number(port);
  if (number < 1 || number > 65535) return `port ${port} is outside 1..65535`;
  return { uri, scheme: word, host: host.replace(/^\[|\]$/g, ""), port: number };
}
