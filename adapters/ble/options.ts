/** What config.yaml says of a link to a Bluetooth adapter. */
import { z } from "zod";
import { durationSchema, type Millis, SECOND } from "../../src/adapter.ts";

/** Which stack drives the adapter. */
export type Backend =
  /** BlueZ, over D-Bus: it may have other users. */
  | { readonly kind: "bluez"; readonly adapter: string }
  /** The kernel's user channel: the adapter is ours alone, and BlueZ does not have it. */
  | { readonly kind: "hci-user"; readonly adapter: string }
  /** A controller behind a serial port. */
  | { readonly kind: "hci-uart"; readonly port: string; readonly baudRate: number };

/** What a connection is asked to be like. Core Specification, Vol. 4, Part E, 7.8.12. */
export interface ConnectionParameters {
  readonly interval: { readonly min: Millis; readonly max: Millis };
  /** Connection events that the device may sleep through. */
  readonly latency: number;
  /** After so long without a word the connection is lost. */
  readonly supervision: Millis;
}

export interface BleOptions {
  readonly backend: Backend;
  readonly scan: "passive" | "active" | "off";
  /** Connections at once. */
  readonly connections: number;
  /** How long connecting to one device, and finding its services, may take. */
  readonly connectTimeout: Millis;
  /** Absent: the stack's own. */
  readonly parameters?: ConnectionParameters | undefined;
}

const USUAL_INTERVAL = { min: 30, max: 50 };
const USUAL_SUPERVISION: Millis = 4 * SECOND;

const fields = z.strictObject({
  backend: z
    .enum(["bluez", "hci-user", "hci-uart"])
    .default("bluez")
    .describe(
      "bluez (over D-Bus), hci-user (an adapter that is the gateway's alone) or hci-uart (behind a serial port)",
    ),
  adapter: z
    .string()
    .regex(/^hci\d{1,2}$/, "expected an adapter of this machine: hci0, hci1, …")
    .optional()
    .describe("Which adapter of the machine; default: hci0"),
  port: z
    .string()
    .regex(/^\//, "expected the path of a serial port, e.g. /dev/serial/by-id/…")
    .optional()
    .describe("hci-uart: the serial port"),
  baud: z.int().min(1200).max(4_000_000).optional().describe("hci-uart: its speed; default: 1000000"),
  scan: z
    .enum(["passive", "active", "off"])
    .optional()
    .describe(
      "passive: only listens; active: asks devices for more; off: connects only. Default: passive; bluez: active",
    ),
  connections: z.int().min(1).max(32).default(4).describe("Connections at once"),
  connect_timeout: durationSchema
    .refine((span) => span >= SECOND && span <= 60 * SECOND, "expected 1s to 60s")
    .default(10 * SECOND)
    .describe("How long connecting to one device may take"),
  interval: z
    .strictObject({
      min: durationSchema.describe("The shortest, from 8ms"),
      max: durationSchema.describe("The longest, to 4s"),
    })
    .refine(({ min, max }) => min >= 7 && min <= max && max <= 4000, "expected min to max, within 8ms to 4s")
    .optional()
    .describe("hci-user, hci-uart: how often a connection meets: { min: 30ms, max: 50ms }"),
  latency: z
    .int()
    .min(0)
    .max(499)
    .optional()
    .describe("hci-user, hci-uart: how many of these meetings the device may miss"),
  supervision: durationSchema
    .refine((span) => span >= 100 && span <= 32 * SECOND, "expected 100ms to 32s")
    .optional()
    .describe("hci-user, hci-uart: after so long without a word a connection is lost; default: 4s"),
});
type Fields = z.output<typeof fields>;

export const optionsSchema: z.ZodType<BleOptions> = fields
  .superRefine((given, context) => {
    for (const [key, message] of faultsOf(given)) context.addIssue({ code: "custom", path: [key], message });
  })
  .transform((given): BleOptions => {
    const { backend: kind, adapter = "hci0", port = "", baud = 1_000_000 } = given;
    const backend: Backend = kind === "hci-uart" ? { kind, port, baudRate: baud } : { kind, adapter };
    return {
      backend,
      scan: given.scan ?? (kind === "bluez" ? "active" : "passive"),
      connections: given.connections,
      connectTimeout: given.connect_timeout,
      ...(kind === "bluez" ? {} : { parameters: parametersOf(given) }),
    };
  });

function parametersOf({ interval, latency, supervision }: Fields): ConnectionParameters {
  return {
    interval: interval ?? USUAL_INTERVAL,
    latency: latency ?? 0,
    supervision: supervision ?? USUAL_SUPERVISION,
  };
}

/** What does not go together, by the key that is at fault. */
function faultsOf(given: Fields): readonly (readonly [string, string])[] {
  const { backend } = given;
  const faults: [string, string][] = [];
  if (backend === "hci-uart") {
    if (given.adapter !== undefined) faults.push(["adapter", "the adapter is behind a serial port: `port` says which"]);
    if (given.port === undefined) faults.push(["backend", "hci-uart needs `port`: the serial port of the controller"]);
  } else {
    for (const key of ["port", "baud"] as const)
      if (given[key] !== undefined) faults.push([key, `${key} is for backend: hci-uart`]);
  }
  if (backend === "bluez") {
    for (const key of ["interval", "latency", "supervision"] as const)
      if (given[key] !== undefined) faults.push([key, `BlueZ chooses it: ${key} is for hci-user and hci-uart`]);
  } else {
    const { interval, latency, supervision } = parametersOf(given);
    const least = 2 * (1 + latency) * interval.max;
    // Core Specification, Vol. 4, Part E, 7.8.12: else connections are lost while all is well.
    if (supervision <= least) {
      faults.push(["supervision", `it must be longer than 2 x (1 + latency) x interval.max, ${least}ms`]);
    }
  }
  return faults;
}

/** For people: "hci0", or the serial port. */
export function nameOfBackend(backend: Backend): string {
  return backend.kind === "hci-uart" ? backend.port : backend.adapter;
}
