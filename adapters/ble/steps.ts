/** One step of `do:`. */
import { z } from "zod";
import { durationSchema, type Millis, SECOND } from "../../src/adapter.ts";
import { type RequestStep, requestStepSchema, type WaitStep, waitStepSchema } from "../spoken/requests.ts";
import { stepFault as spokenFault } from "../spoken/stream/points.ts";
import type { CharacteristicRef } from "./central/session-types.ts";
import { charSchema, refOf, whichKeys } from "./characteristic.ts";
import { type Complain, hexSchema } from "./keys.ts";
import type { BleDevice } from "./section.ts";

/** One step: what is done with characteristics, or a request over the UART. */
export type BleStep = PeripheralStep | RequestStep;

/** Something is written, a pause, or a notification that must come. */
export type PeripheralStep = WriteStep | WaitStep | ExpectStep;

export interface WriteStep {
  readonly write: CharacteristicRef;
  readonly bytes: Uint8Array;
  /** Absent: as the characteristic has it, with a response where it can. */
  readonly response?: boolean | undefined;
}

/** It may have come since the steps began: devices answer before they confirm. */
export interface ExpectStep {
  readonly expect: CharacteristicRef;
  /** Others are passed over. */
  readonly begins?: Uint8Array | undefined;
  readonly within: Millis;
}

const writeFields = z.strictObject({
  char: charSchema,
  ...whichKeys,
  hex: hexSchema.optional().describe("The bytes that are written: 01 a0"),
  text: z.string().min(1).optional().describe("The text that is written, as UTF-8"),
  value: z
    .custom<Uint8Array>((given) => given instanceof Uint8Array)
    .optional()
    .describe("The value that is written, with `as`"),
  response: z.boolean().optional().describe("Whether the device confirms; default: where the characteristic can"),
});

const expectFields = z.strictObject({
  expect: charSchema.describe("UUID of the characteristic that must notify, or indicate"),
  ...whichKeys,
  begins: hexSchema.optional().describe("The bytes with which it begins; others are passed over"),
  within: durationSchema
    .refine((span) => span > 0 && span <= 60 * SECOND, "expected up to 60s")
    .default(5 * SECOND)
    .describe("How long it is awaited"),
});

/** What is done with characteristics. */
export const peripheralStepSchema: z.ZodType<PeripheralStep> = z.union([
  writeFields.transform((fields, context): WriteStep => {
    const complain: Complain = (path, message) => context.addIssue({ code: "custom", path: [...path], message });
    const { char, hex, text, value, response, ...which } = fields;
    const given = [hex, text, value].filter((one) => one !== undefined);
    const [bytes] = given.map((one) => (typeof one === "string" ? new TextEncoder().encode(one) : one));
    if (bytes === undefined || given.length > 1) {
      complain([], "expected what is written: one of hex (bytes), text, and value with as");
      return z.NEVER;
    }
    return { write: refOf(char, which), bytes, ...(response === undefined ? {} : { response }) };
  }),
  waitStepSchema,
  expectFields.transform(({ expect, begins, within, ...which }): ExpectStep => {
    return { expect: refOf(expect, which), within, ...(begins === undefined ? {} : { begins }) };
  }),
]);

export const stepSchema: z.ZodType<BleStep> = z.union([peripheralStepSchema, requestStepSchema]);

/** Why this device cannot do a step, as the mapping spells it; undefined: it can. */
export function stepFault({ uart }: BleDevice, step: Readonly<Record<string, unknown>>): string | undefined {
  if (uart !== undefined) return spokenFault(uart.speaker, step);
  const { request } = step;
  return request === undefined ? undefined : "a request is of a UART service: say by `uart` which";
}
