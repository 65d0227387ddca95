/** What config.yaml says of a link to an MQTT broker. */
import { z } from "zod";
import {
  durationSchema,
  HOUR,
  MINUTE,
  type Millis,
  nearestNames,
  orIssue,
  type PauseRange,
  pausesSchema,
  SECOND,
} from "../../src/adapter.ts";
import { type Qos, qosSchema, topicSchema } from "./keys.ts";

/** Where a broker is, and whether TLS leads there. */
export interface BrokerAddress {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

/** A certificate or a key: the path of its file, or its own text. */
export type Pem = string;

export interface TlsFiles {
  /** Whom to trust; empty: the CAs that the machine trusts. */
  readonly ca: readonly Pem[];
  readonly certificate?: Pem | undefined;
  readonly key?: Pem | undefined;
  readonly serverName?: string | undefined;
}

/** The gateway's own life sign. */
export interface Will {
  readonly topic: string;
  readonly online: string;
  readonly offline: string;
  readonly qos: Qos;
  readonly retain: boolean;
}

export interface MqttOptions {
  readonly broker: BrokerAddress;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly version: "3.1.1" | "5";
  /** Absent: made of the names of machine and link. */
  readonly clientId?: string | undefined;
  readonly keepAlive: Millis;
  /** What the broker keeps while we are away; absent: nothing. */
  readonly kept?: { readonly expiry: Millis } | undefined;
  readonly tls: TlsFiles;
  readonly reconnect: PauseRange;
  readonly will?: Will | undefined;
  /** Bytes of the largest payload that is read. */
  readonly max: number;
}

/** What is longer, the 16 bits of CONNECT do not hold. MQTT 5.0 §3.1.2.10. */
const LONGEST_KEEP_ALIVE = 65_535 * SECOND;
const SCHEMES: Readonly<Record<string, Pick<BrokerAddress, "secure" | "port">>> = {
  mqtt: { secure: false, port: 1883 },
  mqtts: { secure: true, port: 8883 },
};

const url = z.string().transform((text, context): BrokerAddress => orIssue(context, () => addressOf(text)));

const pem = z.string().refine(isPemOrPath, "expected the path of a file, beginning with /, or !secret name: PEM");

const willFields = z.strictObject({
  topic: topicSchema.describe("The topic on which the gateway says whether it is there"),
  online: z.string().default("online").describe("What is published at each connect"),
  offline: z
    .string()
    .default("offline")
    .describe("What the broker publishes when the gateway is gone, and we at the stop"),
  qos: qosSchema.default(1).describe("Quality of service: 0, 1 or 2"),
  retain: z.boolean().default(true).describe("The broker keeps it for whoever subscribes later"),
});

const fields = z.strictObject({
  url: url.describe("mqtt://host or mqtts://host (TLS), with :port where it is not 1883 or 8883"),
  user: z.string().min(1).optional().describe("User name at the broker"),
  password: z.string().optional().describe("!secret name: the password"),
  version: z
    .union([z.literal("3.1.1"), z.literal("5"), z.literal(5)])
    .default("3.1.1")
    .describe("Version of MQTT: 3.1.1 or 5"),
  client_id: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe("The name by which the broker knows the gateway; default: lwm2m-gateway-<machine>-<link>"),
  keep_alive: durationSchema
    .refine((span) => span <= LONGEST_KEEP_ALIVE && span % SECOND === 0, "expected whole seconds, at most 65535s")
    .default(MINUTE)
    .describe("After so long without a word the broker is asked whether it is there; 0: never"),
  session: z
    .enum(["clean", "kept"])
    .default("clean")
    .describe("kept: the broker keeps messages while the gateway is away"),
  session_expiry: durationSchema
    .refine((span) => span >= SECOND, "expected 1s or more")
    .optional()
    .describe("How long a kept session outlives the connection (version 5); default: 1h"),
  ca: z
    .union([pem, z.array(pem).min(1)])
    .optional()
    .describe("Files with the CAs to trust, or the broker's own certificate, PEM; default: the machine's CAs"),
  certificate: pem.optional().describe("File with the gateway's own certificate, and those that lead to its CA, PEM"),
  key: pem.optional().describe("File with the key of that certificate, PEM; or !secret name: PEM"),
  server_name: z.string().min(1).optional().describe("Name that the broker's certificate must have; default: the host"),
  reconnect: pausesSchema
    .default({ first: SECOND, longest: 30 * SECOND })
    .describe("Pause before it is connected to again: from the first, doubling, to the longest"),
  will: willFields.optional().describe("The gateway's own life sign: { topic, online, offline, qos, retain }"),
  max: z
    .union([z.string(), z.number()])
    .default("256KiB")
    .transform((given, context) => orIssue(context, () => bytesOf(String(given))))
    .describe("The largest payload that is read; a larger one is dropped, and told: 256KiB"),
});
type Fields = z.output<typeof fields>;

export const optionsSchema: z.ZodType<MqttOptions> = fields
  .superRefine((given, context) => {
    for (const [key, message] of faultsOf(given)) context.addIssue({ code: "custom", path: [key], message });
  })
  .transform(
    ({
      url: broker,
      version,
      client_id,
      keep_alive,
      session,
      session_expiry,
      ca,
      server_name,
      ...others
    }): MqttOptions => ({
      broker,
      user: others.user,
      password: others.password,
      version: version === 5 ? "5" : version,
      clientId: client_id,
      keepAlive: keep_alive,
      ...(session === "clean" ? {} : { kept: { expiry: session_expiry ?? HOUR } }),
      tls: {
        ca: ca === undefined ? [] : [ca].flat(),
        certificate: others.certificate,
        key: others.key,
        serverName: server_name,
      },
      reconnect: others.reconnect,
      will: others.will,
      max: others.max,
    }),
  );

/** What does not go together, by the key that is at fault. */
function faultsOf(given: Fields): readonly (readonly [string, string])[] {
  const faults: [string, string][] = [];
  if (!given.url.secure) {
    for (const key of ["ca", "certificate", "key", "server_name"] as const) {
      if (given[key] !== undefined) faults.push([key, `${key} is for TLS: write mqtts:// in url`]);
    }
  }
  if (given.password !== undefined && given.user === undefined) faults.push(["password", "a password needs `user`"]);
  if (given.certificate !== undefined && given.key === undefined)
    faults.push(["certificate", "a certificate needs its `key`"]);
  if (given.key !== undefined && given.certificate === undefined) faults.push(["key", "a key needs its `certificate`"]);
  if (given.session === "kept" && given.client_id === undefined) {
    faults.push(["session", "a kept session needs a `client_id`, by which the broker knows it again"]);
  }
  if (given.session_expiry !== undefined) {
    if (given.session === "clean") faults.push(["session_expiry", "only a kept session lasts: write session: kept"]);
    else if (given.version === "3.1.1") faults.push(["session_expiry", "MQTT 3.1.1 has none: write version: 5"]);
  }
  return faults;
}

/** Throws RangeError with a sentence for the user. */
function addressOf(text: string): BrokerAddress {
  const [, scheme = "", rest] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  const known = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (rest === undefined || known === undefined) throw new RangeError(wrongScheme(text, scheme));
  if (rest.includes("@")) throw new RangeError("a user and a password stand in keys of their own: user, password");
  const [, bracketed, plain, port] =
    /^(?:\[([\da-f:.]+(?:%\w+)?)\]|([^/:[\]?#]+))(?::(\d{1,5}))?\/?$/i.exec(rest) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? known.port : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw new RangeError(
      `"${text}" is no address of a broker; expected e.g. mqtt://10.0.4.5 or mqtts://broker.example:8883`,
    );
  }
  return { secure: known.secure, host, port: number };
}

function wrongScheme(text: string, scheme: string): string {
  if (/^wss?$/i.test(scheme))
    return "MQTT over WebSockets is not supported; most brokers listen for mqtt:// or mqtts:// too";
  const [near] = nearestNames(scheme, Object.keys(SCHEMES));
  const hint = near === undefined || scheme === "" ? "" : `; did you mean ${near}://?`;
  return `"${text}" is no address of a broker: it begins with mqtt:// or mqtts://${hint}`;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, KiB: 1024, MiB: 1_048_576 };
/** MQTT 5.0 §2.1.4: no packet is larger. */
const LARGEST = 268_435_455;

/** Throws RangeError with a sentence for the user. */
function bytesOf(text: string): number {
  const [, number, unit = ""] = /^(\d{1,9})(B|KiB|MiB)?$/.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[unit] ?? 1);
  if (bytes >= 1 && bytes <= LARGEST) return bytes;
  throw new RangeError(`"${text}" is no size of a payload; expected bytes, KiB or MiB, e.g. 256KiB, up to 256MiB`);
}

function isPemOrPath(text: string): boolean {
  return text.startsWith("/") || text.trimStart().startsWith("-----BEGIN ");
}

/** "mqtts://broker.local:8883" */
export function urlOf({ secure, host, port }: BrokerAddress): string {
  return `mqtt${secure ? "s" : ""}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
