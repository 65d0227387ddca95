/** What config.yaml says of a Modbus link: a schema for each type of link. */
import { z } from "zod";
import { durationSchema, type Millis, type PauseRange, pausesSchema, SECOND } from "../../src/adapter.ts";
import { type SerialSettings, serialSettingsSchema } from "../wires/serial-settings.ts";
import type { EchoSetting } from "./answer-reader.ts";

/** What every link has. */
interface LineOptions {
  readonly timeout?: Millis | undefined;
  readonly gap: Millis;
  readonly settle?: Millis | undefined;
  readonly retries: number;
  readonly reconnect: PauseRange;
}

interface HostOptions extends LineOptions {
  readonly host: string;
  readonly port: number;
  /** The serial line behind the box that the host is. */
  readonly line?: SerialSettings | undefined;
  /** The name of that line, where several links lead to it. */
  readonly behind?: string | undefined;
}

export interface ModbusTcpOptions extends HostOptions {
  readonly transport: "tcp";
  readonly connections: number;
}

export interface ModbusUdpOptions extends HostOptions {
  readonly transport: "udp";
}

export interface RtuOverTcpOptions extends HostOptions {
  readonly transport: "rtu-over-tcp";
  readonly echo: EchoSetting;
}

export interface SerialOptions extends LineOptions {
  readonly transport: "serial";
  readonly framing: "rtu" | "ascii";
  /** The path of the port. */
  readonly port: string;
  readonly line: SerialSettings;
  readonly echo: EchoSetting;
}

/** Of what the schemas below made; a tool gets them as unknown. */
export function isSerialOptions(options: unknown): options is SerialOptions {
  return typeof options === "object" && options !== null && "transport" in options && options.transport === "serial";
}

export type ModbusOptions = ModbusTcpOptions | ModbusUdpOptions | RtuOverTcpOptions | SerialOptions;

/** Many devices on a serial line need so long before they listen again. */
const SERIAL_GAP: Millis = 20;
const SERIAL_RETRIES = 1;

const common = {
  timeout: durationSchema
    .refine((timeout) => timeout > 0, "a timeout is longer than 0")
    .optional()
    .describe(
      "How long to wait for an answer; default: 1s, or what the serial line needs where `line` says how fast it is",
    ),
  settle: durationSchema
    .optional()
    .describe("Silence after a request without an answer; default: 0s, and on serial lines as long as was waited"),
  reconnect: pausesSchema
    .default({ first: SECOND, longest: 30 * SECOND })
    .describe("Pause before connecting again: from the first time, doubling, to the longest"),
};
const gap = durationSchema.describe("Silence between an answer and the next request; boxes to serial lines need it");
const retries = z
  .int()
  .min(0)
  .max(5)
  .describe("How often a read is asked again that got no answer, of a unit that answered before");
const echo = z
  .union([z.boolean(), z.literal("auto")])
  .default("auto")
  .describe("Whether the adapter hears what it sends: true, false, or auto: found out from the reads");

const hostKeys = {
  host: z.string().min(1).describe("Name or IP address of the device or of the gateway before it"),
  ...common,
  line: serialSettingsSchema
    .optional()
    .describe("The serial line behind a converter, e.g. 9600-8N1: waits and reads are planned for it"),
  behind: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the converter, or of the link that leads to it: links behind one take turns"),
};
const PORTS = "expected a number from 1 to 65535";
const port = z.int(PORTS).min(1, PORTS).max(65535, PORTS);

export const tcpOptionsSchema: z.ZodType<ModbusTcpOptions> = z
  .strictObject({
    ...hostKeys,
    port: port.default(502).describe("TCP port"),
    // Many devices serve one connection only; more are refused, or push out the first.
    connections: z
      .int()
      .min(1)
      .max(8)
      .default(1)
      .describe("How many connections to open; each unit keeps to one of them"),
    gap: gap.default(0),
    retries: retries.default(0),
  })
  .transform((options) => ({ transport: "tcp" as const, ...options }));

export const udpOptionsSchema: z.ZodType<ModbusUdpOptions> = z
  .strictObject({
    ...hostKeys,
    port: port.default(502).describe("UDP port"),
    gap: gap.default(0),
    // Nobody else repeats what is lost on the way.
    retries: retries.default(1),
  })
  .transform((options) => ({ transport: "udp" as const, ...options }));

export const rtuOverTcpOptionsSchema: z.ZodType<RtuOverTcpOptions> = z
  .strictObject({
    ...hostKeys,
    // There is no usual one.
    port: port.describe("TCP port"),
    gap: gap.default(SERIAL_GAP),
    retries: retries.default(SERIAL_RETRIES),
    echo,
  })
  .transform((options) => ({ transport: "rtu-over-tcp" as const, ...options }));

const serialKeys = {
  port: z
    .string()
    .startsWith("/", "expected the path of a port, such as /dev/serial/by-id/usb-…")
    .describe("Serial port, best by its stable name under /dev/serial/by-id"),
  ...common,
  gap: gap.default(SERIAL_GAP),
  retries: retries.default(SERIAL_RETRIES),
  echo,
};
const line = serialSettingsSchema.describe("Speed, data bits, parity and stop bits of the line, e.g. 9600-8N1");

export const rtuOptionsSchema: z.ZodType<SerialOptions> = z
  .strictObject({
    ...serialKeys,
    // V1.02 §2.5.1: RTU needs all the bits of a byte.
    line: line.refine(
      ({ dataBits }) => dataBits === 8,
      "Modbus RTU has 8 data bits, e.g. 9600-8E1; 7 are of Modbus ASCII",
    ),
  })
  .transform((options) => ({ transport: "serial" as const, framing: "rtu" as const, ...options }));

export const asciiOptionsSchema: z.ZodType<SerialOptions> = z
  .strictObject({ ...serialKeys, line })
  .transform((options) => ({ transport: "serial" as const, framing: "ascii" as const, ...options }));
