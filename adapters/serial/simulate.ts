/** Mappings run backwards: devices on a serial port, on a pseudo-terminal, or on a TCP port as behind a serial server. */
import { z } from "zod";
import {
  type AdapterContext,
  type SimulatedDevice,
  type SimulateOptions,
  type Simulation,
  typedOptions,
  WrongArguments,
} from "../../src/adapter.ts";
import { parseFaults } from "../spoken/stream/played/faults.ts";
import { PlayedDevices } from "../spoken/stream/played/played-devices.ts";
import type { SpokenPoint } from "../spoken/stream/points.ts";
import type { SpokenDevice } from "../spoken/stream/section.ts";
import { type Play, playOnPty, playOnSerialPort } from "../wires/played-port.ts";
import { playOnTcp } from "../wires/played-tcp.ts";
import { serialSettingsSchema } from "../wires/serial-settings.ts";

const TYPES = ["serial", "serial-over-tcp"] as const;

const optionsSchema = z.strictObject({
  type: z.enum(TYPES, { error: `expected one of ${TYPES.join(", ")}` }).optional(),
  host: z.string().default("127.0.0.1"),
  port: z.union([z.int().min(0).max(65_535), z.string()]).default(0),
  line: serialSettingsSchema.prefault("9600-8N1"),
  pty: z.string().optional(),
  faults: z.string().default(""),
});

/** Rejects with WrongArguments, and where the port is taken or cannot be opened. */
export async function simulate(
  options: SimulateOptions,
  devices: readonly SimulatedDevice<SpokenDevice, SpokenPoint>[],
  context: AdapterContext,
): Promise<Simulation> {
  const settings = typedOptions(optionsSchema, options);
  const { host, port, line, pty, type } = settings;
  const faults = parseFaults(settings.faults);
  const play: Play = (send) => new PlayedDevices(devices, faults, context, send);
  const onPort = pty !== undefined || typeof port === "string";
  if (type !== undefined && (type === "serial") !== onPort) {
    throw new WrongArguments(onPort ? `${type} is not on a serial port` : "serial: expected a serial port, or a pty");
  }
  if (pty !== undefined) return playOnPty({ kind: "pty", path: pty }, play, context);
  if (typeof port === "string") return playOnSerialPort({ kind: "serial", path: port, line }, play, context);
  return playOnTcp({ host, port }, play, context);
}
