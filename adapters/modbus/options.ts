/** What config.yaml says of a Modbus link. */
import { z } from "zod";
import { durationSchema, type Millis, type PauseRange, pausesSchema, SECOND } from "../../src/adapter.ts";
import { type SerialSettings, serialSettingsSchema } from "./serial-settings.ts";

export interface ModbusTcpOptions {
  readonly host: string;
  readonly port: number;
  readonly timeout?: Millis | undefined;
  readonly connections: number;
  readonly gap: Millis;
  readonly settle?: Millis | undefined;
  readonly retries: number;
  /** The serial line behind the box that the host is. */
  readonly line?: SerialSettings | undefined;
  /** The name of that line, where several links lead to it. */
  readonly behind?: string | undefined;
  readonly reconnect: PauseRange;
}

export const tcpOptionsSchema: z.ZodType<ModbusTcpOptions> = z.strictObject({
  host: z.string().min(1).describe("Name or IP address of the device or of the gateway before it"),
  port: z.int().min(1).max(65535).default(502).describe("TCP port"),
  timeout: durationSchema
    .refine((timeout) => timeout > 0, "a timeout is longer than 0")
    .optional()
    .describe(
      "How long to wait for an answer; default: 1s, or what the serial line needs where `line` says how fast it is",
    ),
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
  settle: durationSchema
    .optional()
    .describe("Silence after a request without an answer; default: 0s, and on serial lines as long as was waited"),
  retries: z
    .int()
    .min(0)
    .max(5)
    .default(0)
    .describe("How often a read is asked again that got no answer, of a unit that answered before"),
  line: serialSettingsSchema
    .optional()
    .describe("The serial line behind a converter, e.g. 9600-8N1: waits and reads are planned for it"),
  behind: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the converter, or of the link that leads to it: links behind one take turns"),
  reconnect: pausesSchema
    .default({ first: SECOND, longest: 30 * SECOND })
    .describe("Pause before connecting again: from the first time, doubling, to the longest"),
});
