/** Devices that speak Bluetooth Low Energy: in advertisements, or over a connection. */
import type { AdapterContext, AdapterModule } from "../../src/adapter.ts";
import type { BleLink } from "./ble-link.ts";
import { delivered, messageName } from "./delivered.ts";
import { firmware } from "./firmware.ts";
import { adviseLinks } from "./link-advice.ts";
import { type BleOptions, optionsSchema } from "./options.ts";
import { type BlePoint, PARTS, pointSchema, SOURCES, shape } from "./points.ts";
import { plannedRequests, plannedWire } from "./request-plan.ts";
import { type BleDevice, deviceSchema } from "./section.ts";
import { type BleStep, stepFault, stepSchema } from "./steps.ts";

async function open(options: BleOptions, context: AdapterContext): Promise<BleLink> {
  const [{ BleLink }, { openRadio }] = await Promise.all([import("./ble-link.ts"), import("./radio/open-radio.ts")]);
  return new BleLink((listener) => openRadio(options, listener, context), options, context);
}

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
  simulate: async (...args) => (await import("./simulation/simulate.ts")).simulate(...args),
  plan: plannedRequests,
  wire: plannedWire,
  adviseLinks,
  firmware,
  tools: async () => (await import("./tools/index.ts")).bleTools(open),
};
