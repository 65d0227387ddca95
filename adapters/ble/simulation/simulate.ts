/** Mappings run backwards: peripherals around a controller that a gateway reaches by HCI over a UART. */
import { z } from "zod";
import {
  type AdapterContext,
  SECOND,
  type SimulateOptions,
  type Simulation,
  typedOptions,
  WrongArguments,
} from "../../../src/adapter.ts";
import { type Play, playOnPty, playOnSerialPort } from "../../wires/played-port.ts";
import { playOnTcp } from "../../wires/played-tcp.ts";
import { serialSettingsSchema } from "../../wires/serial-settings.ts";
import { Controller } from "../emulator/controller.ts";
import type { PlayedBle } from "./composed.ts";
import { parseFaults } from "./faults.ts";
import { PlayedPeripheral } from "./played-peripheral.ts";

const optionsSchema = z.strictObject({
  type: z.literal("ble", { error: "expected ble" }).optional(),
  host: z.string().default("127.0.0.1"),
  port: z.union([z.int().min(0).max(65_535), z.string()]).default(0),
  line: serialSettingsSchema.prefault("1000000-8N1"),
  pty: z.string().optional(),
  faults: z.string().default(""),
});

/** Rejects with WrongArguments, and where the port is taken or cannot be opened. */
export async function simulate(
  options: SimulateOptions,
  devices: readonly PlayedBle[],
  context: AdapterContext,
): Promise<Simulation> {
  const settings = typedOptions(optionsSchema, options);
  const controller = new Controller({}, context);
  const peripherals = peripheralsOf(devices, { controller, faults: parseFaults(settings.faults) }, context);
  const stopTicks = everySecond(context, () => {
    for (const peripheral of peripherals) peripheral.tick();
  });
  const stop = (): void => {
    stopTicks();
    for (const peripheral of peripherals) peripheral.close();
  };
  try {
    const simulation = await played(settings, (send) => controller.attach(send), context);
    const close = async (): Promise<void> => {
      stop();
      controller.close();
      await simulation.close();
    };
    return { address: simulation.address, close };
  } catch (error) {
    stop();
    throw error;
  }
}

function played(
  { host, port, line, pty }: z.output<typeof optionsSchema>,
  play: Play,
  context: AdapterContext,
): Promise<Simulation> {
  if (pty !== undefined) return playOnPty({ kind: "pty", path: pty }, play, context);
  if (typeof port === "string") return playOnSerialPort({ kind: "serial", path: port, line }, play, context);
  return playOnTcp({ host, port }, play, context);
}

type Around = Omit<ConstructorParameters<typeof PlayedPeripheral>[1], "address">;

function peripheralsOf(
  devices: readonly PlayedBle[],
  around: Around,
  context: AdapterContext,
): readonly PlayedPeripheral[] {
  return devices.map((device, i) => {
    const address = `c2:00:00:00:${((i + 1) >> 8).toString(16).padStart(2, "0")}:${((i + 1) & 0xff).toString(16).padStart(2, "0")}`;
    try {
      return new PlayedPeripheral(device, { ...around, address }, context);
    } catch (error) {
      if (error instanceof RangeError) throw new WrongArguments(error.message, { cause: error });
      throw error;
    }
  });
}

/** Returns what ends it. */
function everySecond({ clock }: AdapterContext, task: () => void): () => void {
  let cancel: () => void;
  const again = (): void => {
    cancel = clock.at(clock.monotonic() + SECOND, () => {
      again();
      task();
    });
  };
  again();
  return () => cancel();
}
