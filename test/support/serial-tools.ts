/** What the command line would hand to a tool for serial devices, on a link that a test has opened. */
import { serial } from "../../adapters/serial/index.ts";
import type { SpokenPoint } from "../../adapters/spoken/stream/points.ts";
import type { SpokenDevice } from "../../adapters/spoken/stream/section.ts";
import type { Clock, Link, ToolDevice } from "../../src/adapter.ts";
import { toolDevice } from "../../src/cli/mapped-device.ts";
import { aToolContext } from "./tool-context.ts";

export interface SerialToolWorld {
  readonly clock: Clock;
  readonly link: Link;
  /** Devices of a gateway that has the link open. */
  readonly sharedWith?: readonly string[];
  readonly signal?: AbortSignal;
  readonly options?: unknown;
}

/** Mappings without parameters, read once. */
const devices = new Map<string, Promise<ToolDevice>>();

async function deviceOf(
  mapping: string,
  parameters: readonly string[],
): Promise<ToolDevice<SpokenDevice, SpokenPoint>> {
  const known = parameters.length === 0 ? devices.get(mapping) : undefined;
  const device = known ?? toolDevice(mapping, parameters, serial);
  if (parameters.length === 0) devices.set(mapping, device);
  return (await device) as ToolDevice<SpokenDevice, SpokenPoint>;
}

/** `deviceOf` reads the mappings that come with the program. */
export function aSerialToolContext(world?: SerialToolWorld) {
  if (world === undefined) return aToolContext<SpokenDevice, SpokenPoint>({ deviceOf });
  const { clock, link, sharedWith = [], signal, options } = world;
  const { ask } = link;
  return aToolContext<SpokenDevice, SpokenPoint>({
    deviceOf,
    clock,
    link: { id: "line", type: "serial", options, sharedWith, ...(ask === undefined ? {} : { ask }) },
    ...(signal === undefined ? {} : { signal }),
  });
}
