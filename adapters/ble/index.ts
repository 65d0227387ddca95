/** Devices that speak Bluetooth Low Energy: in advertisements, or over a connection. */
import type { AdapterContext, AdapterModule } from "../../src/adapter.ts";
import { BleLink } from "./ble-link.ts";
import { delivered, messageName } from "./delivered.ts";
import { adviseLinks } from "./link-advice.ts";
import { type BleOptions, optionsSchema } from "./options.ts";
import { type BlePoint, PARTS, pointSchema, SOURCES, shape } from "./points.ts";
import { openRadio } from "./radio/open-radio.ts";
import { plannedRequests, plannedWire } from "./request-plan.ts";
import { type BleDevice, deviceSchema } from "./section.ts";
import { simulate } from "./simulation/simulate.ts";
import { type BleStep, stepFault, stepSchema } from "./steps.ts";
import { bleTools } from "./tools/index.ts";

const open = async (options: BleOptions, context: AdapterContext): Promise<BleLink> =>
  new BleLink((listener) => openRadio(options, listener, context), options, context);

export const ble: AdapterModule<BleOptions, BleDevice, BlePoint, BleStep> = {
  name: "ble",
  linkTypes: { ble: optionsSchema },
  sources: SOURCES,
  parts: PARTS,
  polled: true,
  device: deviceSchema,
  shape,
  point: pointSchema,
  step: stepSchema,
  stepFault,
  delivered,
  messageName,
  open,
  simulate,
  plan: plannedRequests,
  wire: plannedWire,
  adviseLinks,
  tools: bleTools(open),
};
