/** Devices that need no hardware: values for trials and for load. The smallest adapter: read this one first. */
import { z } from "zod";
import type { AdapterModule } from "../../src/adapter.ts";
import { simulatedWay } from "./firmware.ts";
import { SimulatedLink } from "./link.ts";
import {
  deviceSchema,
  optionsSchema,
  pointSchema,
  type SimulatedDevice,
  type SimulatedOptions,
  type SimulatedPoint,
  SOURCES,
  shape,
} from "./points.ts";

export const simulated: AdapterModule<SimulatedOptions, SimulatedDevice, SimulatedPoint, never> = {
  name: "simulated",
  linkTypes: { simulated: optionsSchema },
  sources: SOURCES,
  polled: true,
  device: deviceSchema,
  shape,
  point: pointSchema,
  step: z.never("a simulated device has no steps"),
  firmware: { simulated: simulatedWay },
  open: async (options, context) => new SimulatedLink(options, context),
};
