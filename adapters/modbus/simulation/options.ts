/** Where simulated devices are played, and what goes wrong there: the options of `sim`. */
import { z } from "zod";
import { type SimulateOptions, typedOptions, WrongArguments } from "../../../src/adapter.ts";
import type { PlayedPort } from "../../wires/played-port.ts";
import { parseSerialSettings, type SerialSettings } from "../../wires/serial-settings.ts";
import { type Fault, parseFaults } from "./fault-list.ts";
import type { SlaveFraming } from "./request-reader.ts";

export type Place = { readonly kind: "tcp" | "udp"; readonly host: string; readonly port: number } | PlayedPort;

export interface SimulationSettings {
  readonly place: Place;
  readonly framing: SlaveFraming;
  readonly faults: readonly Fault[];
}

/** The types of links, which say what is spoken. */
const FRAMINGS = {
  "modbus-tcp": "mbap",
  "modbus-udp": "mbap",
  "modbus-rtu-over-tcp": "rtu",
  "modbus-rtu": "rtu",
  "modbus-ascii": "ascii",
} as const satisfies Readonly<Record<string, SlaveFraming>>;

const TYPES = ["modbus-tcp", "modbus-udp", "modbus-rtu-over-tcp", "modbus-rtu", "modbus-ascii"] as const;

const optionsSchema = z.strictObject({
  type: z.enum(TYPES, { error: `expected one of ${TYPES.join(", ")}` }).optional(),
  host: z.string().default("127.0.0.1"),
  port: z.union([z.int().min(0).max(65_535), z.string()]).default(0),
  line: z.string().optional(),
  pty: z.string().optional(),
  faults: z.string().default(""),
});
type Options = z.output<typeof optionsSchema>;

/** Throws WrongArguments. */
export function simulationSettings(given: SimulateOptions): SimulationSettings {
  const data = typedOptions(optionsSchema, given);
  const type = data.type ?? (isSerial(data) ? "modbus-rtu" : "modbus-tcp");
  const framing = FRAMINGS[type];
  return { place: placeOf(type, data), framing, faults: parseFaults(data.faults, framing) };
}

function isSerial({ port, pty }: Options): boolean {
  return pty !== undefined || typeof port === "string";
}

function placeOf(type: (typeof TYPES)[number], options: Options): Place {
  const { host, port, pty } = options;
  if (type === "modbus-rtu" || type === "modbus-ascii") {
    if (pty !== undefined) return { kind: "pty", path: pty };
    if (typeof port === "number")
      throw new WrongArguments(`${type}: expected a serial port, e.g. /dev/ttyUSB0, or a pty`);
    return { kind: "serial", path: port, line: lineOf(options.line ?? "9600-8N1") };
  }
  if (isSerial(options) || typeof port === "string") {
    throw new WrongArguments(`${type} is not spoken on a serial port; expected modbus-rtu or modbus-ascii`);
  }
  return { kind: type === "modbus-udp" ? "udp" : "tcp", host, port };
}

function lineOf(text: string): SerialSettings {
  try {
    return parseSerialSettings(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new WrongArguments(`line: ${error.message}`, { cause: error });
  }
}
