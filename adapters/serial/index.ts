/** Devices that speak on a serial line in words of their own: scales, weather stations, readers of bar codes. */
import type { AdapterModule } from "../../src/adapter.ts";
import { delivered } from "../spoken/stream/delivered.ts";
import {
  pointSchema,
  SOURCES,
  type SpokenPoint,
  type SpokenStep,
  shape,
  stepFault,
  stepSchema,
} from "../spoken/stream/points.ts";
import { deviceSchema, type SpokenDevice } from "../spoken/stream/section.ts";
import { firmware } from "./firmware.ts";
import { adviseLinks } from "./link-advice.ts";
import { endOf } from "./link-end.ts";
import { portOptionsSchema, type SerialOptions, tcpOptionsSchema } from "./options.ts";
import { plannedRequests, plannedWire } from "./request-plan.ts";

export const serial: AdapterModule<SerialOptions, SpokenDevice, SpokenPoint, SpokenStep> = {
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
  open: async (options, context) => new (await import("./serial-link.ts")).SerialLink(options, context),
  simulate: async (...args) => (await import("./simulate.ts")).simulate(...args),
  plan: plannedRequests,
  wire: plannedWire,
  leadsTo: endOf,
  adviseLinks: (links) => adviseLinks(links),
  firmware,
  tools: async () => (await import("./tools/index.ts")).serialTools,
};
