/** What config.yaml says of a Modbus link. */
import { z } from "zod";
import { durationSchema, type Millis, type PauseRange, pausesSchema, SECOND } from "../../src/adapter.ts";

export interface ModbusTcpOptions {
  readonly host: string;
  readonly port: number;
  readonly timeout: Millis;
  readonly connections: number;
  readonly gap: Millis;
  readonly reconnect: PauseRange;
}

export const tcpOptionsSchema: z.ZodType<ModbusTcpOptions> = z.strictObject({
  host: z.string().min(1).describe("Name or IP address of the device or of the gateway before it"),
  port: z.int().min(1).max(65535).default(502).describe("TCP port"),
  timeout: durationSchema
    .refine((timeout) => timeout > 0, "a timeout is longer than 0")
    .default(SECOND)
    .describe("How long to wait for an answer"),
  // Many devices serve one connection only; more are refused, or push out the first.
  connections: z
    .int()
    .min(1)
    .max(8)
    .default(1)
    .describe("How many connections to open; each unit keeps to one of them"),
  gap: durationSchema
    .default(0)
    .describe("Silence between an answer and the next request; boxes to serial lines need it"),
  reconnect: pausesSchema
    .default({ first: SECOND, longest: 30 * SECOND })
    .describe("Pause before connecting again: from the first time, doubling, to the longest"),
});
