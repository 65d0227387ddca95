/** Modbus devices: holding and input registers, coils and discrete inputs. MODBUS Application Protocol V1.1b3. */
import type { AdapterModule, Schema } from "../../src/adapter.ts";
import { importAddress } from "./imported-address.ts";
import { adviseLinks } from "./link-advice.ts";
import { plannedReads, plannedWire } from "./link-wire.ts";
import { endOf, ModbusLink } from "./modbus-link.ts";
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
import { simulate } from "./slave.ts";
import { modbusTools } from "./tools/index.ts";

const LINK_TYPES: Readonly<Record<string, Schema<ModbusOptions>>> = {
  "modbus-tcp": tcpOptionsSchema,
  "modbus-rtu": rtuOptionsSchema,
  "modbus-ascii": asciiOptionsSchema,
  "modbus-rtu-over-tcp": rtuOverTcpOptionsSchema,
  "modbus-udp": udpOptionsSchema,
};

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
  open: async (options, context) => new ModbusLink(options, context),
  simulate,
  plan: plannedReads,
  wire: plannedWire,
  leadsTo: endOf,
  adviseLinks: (links) => adviseLinks(links),
  tools: modbusTools({
    types: Object.keys(LINK_TYPES),
    open: async (type, entry, context) => {
      const schema = LINK_TYPES[type];
      if (schema === undefined) throw new RangeError(`there is no type of link "${type}"`);
      return new ModbusLink(schema.parse(entry), context);
    },
  }),
};
