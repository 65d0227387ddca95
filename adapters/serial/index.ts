/** Devices that speak on a serial line in words of their own: scales, weather stations, readers of bar codes. */
import type { AdapterModule } from "../../src/adapter.ts";
import { delivered } from "./delivered.ts";
import { adviseLinks } from "./link-advice.ts";
import { portOptionsSchema, type SerialOptions, tcpOptionsSchema } from "./options.ts";
import { pointSchema, type SerialPoint, type SerialStep, SOURCES, shape, stepFault, stepSchema } from "./points.ts";
import { plannedRequests, plannedWire } from "./request-plan.ts";
import { deviceSchema, type SerialDevice } from "./section.ts";
import { endOf, SerialLink } from "./serial-link.ts";
import { simulate } from "./simulation/simulate.ts";
import { serialTools } from "./tools/index.ts";

export const serial: AdapterModule<SerialOptions, SerialDevice, SerialPoint, SerialStep> = {
  name: "serial",
  linkTypes: { serial: portOptionsSchema, "serial-over-tcp": tcpOptionsSchema },
  sources: SOURCES,
  polled: true,
  device: deviceSchema,
  shape,
  point: pointSchema,
  step: stepSchema,
  stepFault,
  delivered,
  open: async (options, context) => new SerialLink(options, context),
  simulate,
  plan: plannedRequests,
  wire: plannedWire,
  leadsTo: endOf,
  adviseLinks: (links) => adviseLinks(links),
  tools: serialTools,
};
