/** What config.yaml says of a link of serial devices: a port of this machine, or a serial server that carries its bytes. */
import { z } from "zod";
import { durationSchema, type Millis, type PauseRange, pausesSchema, SECOND } from "../../src/adapter.ts";
import { type SerialSettings, serialSettingsSchema } from "../wires/serial-settings.ts";

interface CommonOptions {
  /** Silence between an answer and the next request. */
  readonly gap: Millis;
  /** Silence after a request without an answer; absent: as long as was waited. */
  readonly settle?: Millis | undefined;
  readonly retries: number;
  /** The adapter hears what it sends. */
  readonly echo: boolean;
  readonly reconnect: PauseRange;
}

export interface PortOptions extends CommonOptions {
  readonly transport: "port";
  /** The path of the port. */
  readonly port: string;
  readonly line: SerialSettings;
  readonly flow: "none" | "rts-cts" | "xon-xoff";
  /** How the lines to the device are set; absent: as the system sets them. */
  readonly dtr?: boolean | undefined;
  readonly rts?: boolean | undefined;
}

export interface TcpOptions extends CommonOptions {
  readonly transport: "tcp";
  readonly host: string;
  readonly port: number;
}

export type SerialOptions = PortOptions | TcpOptions;

const common = {
  gap: durationSchema.default(20).describe("Silence between an answer and the next request"),
  settle: durationSchema
    .optional()
    .describe("Silence after a request without an answer; default: as long as was waited"),
  retries: z.int().min(0).max(5).default(1).describe("How often a read is asked again that got no answer"),
  echo: z.boolean().default(false).describe("Whether the adapter hears what it sends, as some on RS-485 do"),
  reconnect: pausesSchema
    .default({ first: SECOND, longest: 30 * SECOND })
    .describe("Pause before opening it again: from the first time, doubling, to the longest"),
};

export const portOptionsSchema: z.ZodType<PortOptions> = z
  .strictObject({
    port: z
      .string()
      .startsWith("/", "expected the path of a port, such as /dev/serial/by-id/usb-…")
      .describe("Serial port, best by its stable name under /dev/serial/by-id"),
    line: serialSettingsSchema.describe("Speed, data bits, parity and stop bits of the line, e.g. 9600-8N1"),
    flow: z.enum(["none", "rts-cts", "xon-xoff"]).default("none").describe("How the device is held back"),
    dtr: z
      .boolean()
      .optional()
      .describe("Sets the DTR line when the port is open: some devices want it, or are fed by it"),
    rts: z.boolean().optional().describe("Sets the RTS line when the port is open"),
    ...common,
  })
  .refine(({ flow, rts }) => flow !== "rts-cts" || rts === undefined, {
    path: ["rts"],
    message: "flow: rts-cts moves that line",
  })
  .transform((options) => ({ transport: "port" as const, ...options }));

const PORTS = "expected a number from 1 to 65535";

export const tcpOptionsSchema: z.ZodType<TcpOptions> = z
  .strictObject({
    host: z.string().min(1).describe("Name or IP address of the serial server, in raw TCP mode"),
    port: z.int(PORTS).min(1, PORTS).max(65535, PORTS).describe("TCP port"),
    ...common,
  })
  .transform((options) => ({ transport: "tcp" as const, ...options }));
