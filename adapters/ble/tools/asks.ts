/** What tools ask of an open link, and what comes back: `Ask` of the contract, as BLE has it. JSON, since it may be another process. */
import { z } from "zod";
import { type Ask, WrongArguments } from "../../../src/adapter.ts";
import { addressSchema, bytesOfHex, uuidSchema } from "../keys.ts";
import type { Property } from "../radio/radio.ts";

const MOST = 120_000;
const span = z.number().nonnegative().max(MOST);
const hex = z.string().transform((text, context) => {
  const bytes = bytesOfHex(text);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: "custom", message: "expected bytes in hexadecimal" });
  return z.NEVER;
});
const addressType = z.enum(["public", "random"]);
const PROPERTIES = ["read", "write", "write-without-response", "notify", "indicate"] as const satisfies Property[];
const ref = z.strictObject({
  uuid: uuidSchema,
  service: uuidSchema.optional(),
  index: z.int().nonnegative().optional(),
});

const requestSchema = z.discriminatedUnion("kind", [
  /** Who is heard within that time. */
  z.strictObject({ kind: z.literal("hear"), span }),
  /** What the peripheral has. Without `only` everything readable is read; `span`: notifications are listened to for so long. */
  z.strictObject({
    kind: z.literal("visit"),
    address: addressSchema,
    addressType: addressType.optional(),
    only: ref.optional(),
    write: hex.optional(),
    span,
  }),
]);

export type BleRequest = z.output<typeof requestSchema>;
export type VisitRequest = Extract<BleRequest, { readonly kind: "visit" }>;

const data = <Key extends z.ZodType>(key: Key) =>
  z.array(z.tuple([key, hex])).transform((entries): ReadonlyMap<z.output<Key>, Uint8Array> => new Map(entries));
const heardSchema = z.array(
  z.strictObject({
    address: z.string(),
    addressType: addressType.optional(),
    connectable: z.boolean(),
    rssi: z.number().optional(),
    name: z.string().optional(),
    services: z.array(z.string()),
    serviceData: data(z.string()),
    manufacturerData: data(z.number()),
  }),
);

const visitSchema = z.strictObject({
  mtu: z.number(),
  characteristics: z.array(
    z.strictObject({
      service: z.string(),
      uuid: z.string(),
      /** Where the service has several of this UUID: which one. */
      index: z.number().optional(),
      properties: z.array(z.enum(PROPERTIES)),
      /** Absent: it was not read. */
      value: hex.optional(),
      /** What it notified, in order. */
      notified: z.array(hex),
      /** Why it was not read, or not listened to. */
      fault: z.string().optional(),
    }),
  ),
});

export type Visit = z.output<typeof visitSchema>;
export type VisitedCharacteristic = Visit["characteristics"][number];
export type Heard = z.output<typeof heardSchema>;

/** Throws WrongArguments. */
export function requestOf(asked: unknown): BleRequest {
  const { success, data: request, error } = requestSchema.safeParse(asked);
  if (success) return request;
  throw new WrongArguments(`a request to hear, or to visit a device, was expected: ${z.prettifyError(error)}`);
}

/** All that is heard within the time, in order. Rejects with DeviceError. */
export async function askToHear(
  ask: Ask,
  request: Omit<Extract<BleRequest, { kind: "hear" }>, "kind">,
): Promise<Heard> {
  return heardSchema.parse(await ask({ kind: "hear", ...request }));
}

/** Rejects with DeviceError. */
export async function askToVisit(ask: Ask, request: Omit<VisitRequest, "kind">): Promise<Visit> {
  return visitSchema.parse(await ask(plain({ kind: "visit", ...request })));
}

/** The answer as JSON carries it: bytes as hexadecimal, maps as lists. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Map || value instanceof Set) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, plain(each)]));
}
