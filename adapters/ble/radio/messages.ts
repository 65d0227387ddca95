/**
 * What the daemon and the process of the Bluetooth stack say to each other: JSON, a line each, both ways on one stream. Neither
 * believes the other: whatever comes is checked here.
 */
import { z } from "zod";
import { DeviceError, reasonOf } from "../../../src/adapter.ts";
import { RadioError } from "./radio-error.ts";

const bytes = z
  .string()
  .regex(/^(?:[0-9a-f]{2})*$/)
  .transform((hex): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex")));
/** Numbers of calls and connections; the daemon gives them. */
const number = z.int().nonnegative();
const millis = z.number().nonnegative();
const addressType = z.enum(["public", "random"]);
const property = z.enum(["read", "write", "write-without-response", "notify", "indicate"]);

const backend = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("bluez"), adapter: z.string() }),
  z.object({ kind: z.literal("hci-user"), adapter: z.string() }),
  z.object({ kind: z.literal("hci-uart"), port: z.string(), baudRate: z.number().positive() }),
]);
const parameters = z.object({
  interval: z.object({ min: millis, max: millis }),
  latency: z.int().nonnegative(),
  supervision: millis,
});

const peripheral = { connection: number };
const characteristic = { connection: number, characteristic: number };
const operation = z.discriminatedUnion("method", [
  z.object({ method: z.literal("scan"), active: z.boolean() }),
  z.object({ method: z.literal("stop-scan") }),
  /** `connection`: the number that it has from now on. */
  z.object({ method: z.literal("connect"), ...peripheral, address: z.string(), addressType: addressType.optional() }),
  z.object({ method: z.literal("read"), ...characteristic }),
  z.object({ method: z.literal("write"), ...characteristic, bytes, response: z.boolean() }),
  z.object({ method: z.literal("subscribe"), ...characteristic }),
  z.object({ method: z.literal("unsubscribe"), ...characteristic }),
  z.object({ method: z.literal("rssi"), ...peripheral }),
  z.object({ method: z.literal("disconnect"), ...peripheral }),
  z.object({ method: z.literal("probe") }),
]);

const toChild = z.discriminatedUnion("type", [
  /** The first one. */
  z.object({ type: z.literal("open"), backend, parameters: parameters.optional() }),
  z.object({ type: z.literal("ping"), number }),
  z.object({ type: z.literal("call"), number, timeout: millis, operation }),
]);

/** What can be asked of the stack. */
export type Operation = z.infer<typeof operation>;
/** Of one peripheral that is connected. */
export type PeripheralOperation = Extract<Operation, { readonly connection: number }>;
export type ToChild = z.infer<typeof toChild>;

const failure = z.object({
  kind: z.enum(["unreachable", "rejected", "malformed"]),
  message: z.string(),
  fault: z.enum(["full", "pairing"]).optional(),
});
const advertisement = z.object({
  address: z.string().regex(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/),
  addressType: addressType.optional(),
  connectable: z.boolean(),
  rssi: z.int().min(-127).max(20).optional(),
  name: z.string().optional(),
  services: z.array(z.string()).readonly(),
  serviceData: z
    .array(z.tuple([z.string(), bytes]))
    .transform((entries): ReadonlyMap<string, Uint8Array> => new Map(entries)),
  manufacturerData: z
    .array(z.tuple([z.int().min(0).max(0xffff), bytes]))
    .transform((entries): ReadonlyMap<number, Uint8Array> => new Map(entries)),
});
const found = z.object({
  uuid: z.string(),
  service: z.string(),
  id: number,
  properties: z.array(property).transform((list): ReadonlySet<z.infer<typeof property>> => new Set(list)),
});
const services = z.array(z.object({ uuid: z.string(), characteristics: z.array(found).readonly() })).readonly();
/** What the operation has for an answer: a value, the signal strength, what was found at the peripheral; or nothing. */
const result = z.object({
  bytes: bytes.optional(),
  rssi: z.number().optional(),
  found: z.object({ services, mtu: z.int().min(23) }).optional(),
});
const fromChild = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  /** The last one: the process ends. */
  z.object({ type: z.literal("unavailable"), reason: z.string() }),
  z.object({ type: z.literal("pong"), number }),
  z.object({ type: z.literal("answer"), number, result }),
  z.object({ type: z.literal("failed"), number, failure }),
  z.object({ type: z.literal("advertisement"), advertisement }),
  z.object({ type: z.literal("notification"), ...characteristic, bytes }),
  z.object({ type: z.literal("lost"), ...peripheral, failure }),
  z.object({ type: z.literal("debug"), message: z.string() }),
]);

export type FromChild = z.infer<typeof fromChild>;
export type Result = z.infer<typeof result>;
export type Failure = z.infer<typeof failure>;

/** Undefined: the line is no message. */
export function readToChild(line: string): ToChild | undefined {
  return read(toChild, line);
}

/** Undefined: the line is no message. */
export function readFromChild(line: string): FromChild | undefined {
  return read(fromChild, line);
}

/** The message as a line: bytes as hex, maps and sets as lists. */
export function lineOf(message: ToChild | FromChild): string {
  return `${JSON.stringify(message, plain)}\n`;
}

export function failureOf(error: unknown): Failure {
  const message = reasonOf(error);
  if (error instanceof RadioError) return { kind: error.kind, message, fault: error.fault };
  // What a library throws says that it did not work, and that is all that is known.
  return { kind: error instanceof DeviceError ? error.kind : "unreachable", message };
}

export function errorOf({ kind, message, fault }: Failure): DeviceError {
  return fault === undefined ? new DeviceError(kind, message) : new RadioError(fault, message);
}

function read<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** The value as it is, not what its toJSON makes of it: a Buffer has one. */
function plain(this: Readonly<Record<string, unknown>>, key: string): unknown {
  const value = this[key];
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
  return value instanceof Map || value instanceof Set ? [...value] : value;
}
