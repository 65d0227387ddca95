/** Mappings run backwards: each device is a client of a broker that is there. */
import { z } from "zod";
import {
  type AdapterContext,
  type SimulateOptions,
  type Simulation,
  type ToolArguments,
  typedOptions,
} from "../../../src/adapter.ts";
import { isOptions, type Wire, wireOf } from "../tools/wire.ts";
import type { PlayedMqtt } from "./composed.ts";
import { parseFaults } from "./faults.ts";
import { PlayedDevice } from "./played-device.ts";

const optionsSchema = z.strictObject({
  /** The options of a link, where the devices of one are played. */
  link: z.custom(isOptions).optional(),
  url: z.string().optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  ca: z.string().optional(),
  faults: z.string().default(""),
});
type Options = z.output<typeof optionsSchema>;

/** Rejects with WrongArguments, and with DeviceError where there is no broker. */
export async function simulate(
  options: SimulateOptions,
  devices: readonly PlayedMqtt[],
  context: AdapterContext,
): Promise<Simulation> {
  const settings = typedOptions(optionsSchema, options);
  const faults = parseFaults(settings.faults);
  const wire = await wireOfOptions(settings);
  const played = devices.map((device) => new PlayedDevice(device, { wire, faults }, context));
  try {
    for (const device of played) await device.start();
  } catch (cause) {
    await closeAll(played);
    throw cause;
  }
  const { host, port } = wire.options.broker;
  return { address: { host, port }, close: () => closeAll(played) };
}

async function closeAll(played: readonly PlayedDevice[]): Promise<void> {
  await Promise.all(played.map((device) => device.close()));
}

function wireOfOptions({ link, ...typed }: Options): Promise<Wire> {
  const given = new Map<string, string | undefined>(Object.entries(typed));
  const args: ToolArguments = {
    positionals: [],
    text: (option) => given.get(option),
    texts: () => [],
    flag: () => false,
  };
  return wireOf(args, link === undefined ? undefined : { id: "sim", type: "mqtt", options: link, sharedWith: [] });
}
