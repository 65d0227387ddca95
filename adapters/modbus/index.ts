/** Modbus devices: holding and input registers, coils and discrete inputs. MODBUS Application Protocol V1.1b3. */
import type { AdapterContext, AdapterModule, Schema } from "../../src/adapter.ts";
import { firmware } from "./firmware/ways.ts";
import { importAddress } from "./imported-address.ts";
import { adviseLinks } from "./link-advice.ts";
import { endOf } from "./link-end.ts";
import { plannedReads, plannedWire } from "./link-wire.ts";
import type { ModbusLink } from "./modbus-link.ts";
import {
  asciiOptionsSchema,
  type ModbusOptions,
  rtuOptionsSchema,
  rtuOverTcpOptionsSchema,
  tcpOptionsSchema,
  udpOptionsSchema,
} from "./options.ts";
import {
  deviceSchema,
  type ModbusDevice,
  type ModbusPoint,
  type ModbusStep,
  pointSchema,
  SOURCES,
  shape,
  stepSchema,
} from "./points.ts";

const LINK_TYPES: Readonly<Record<string, Schema<ModbusOptions>>> = {
  "modbus-tcp": tcpOptionsSchema,
  "modbus-rtu": rtuOptionsSchema,
  "modbus-ascii": asciiOptionsSchema,
  "modbus-rtu-over-tcp": rtuOverTcpOptionsSchema,
  "modbus-udp": udpOptionsSchema,
};

async function open(options: ModbusOptions, context: AdapterContext): Promise<ModbusLink> {
  const { ModbusLink } = await import("./modbus-link.ts");
  return new ModbusLink(options, context);
}

export const modbus: AdapterModule<ModbusOptions, ModbusDevice, ModbusPoint, ModbusStep> = {
  name: "modbus",
  linkTypes: LINK_TYPES,
  sources: SOURCES,
  polled: true,
  device: deviceSchema,
  shape,
  importAddress,
  point: pointSchema,
  step: stepSchema,
  open,
  simulate: async (...args) => (await import("./slave.ts")).simulate(...args),
  plan: plannedReads,
  wire: plannedWire,
  leadsTo: endOf,
  adviseLinks: (links) => adviseLinks(links),
  firmware,
  tools: async () =>
    (await import("./tools/index.ts")).modbusTools({ types: Object.keys(LINK_TYPES), open: openTyped }),
};

async function openTyped(type: string, entry: unknown, context: AdapterContext): Promise<ModbusLink> {
  const schema = LINK_TYPES[type];
  if (schema === undefined) throw new RangeError(`there is no type of link "${type}"`);
  return open(schema.parse(entry), context);
}
