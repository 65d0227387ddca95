/** The tools of Modbus for somebody at the cabinet. */
import type { AdapterContext, AdapterTools, Ask } from "../../../src/adapter.ts";
import { responseTo } from "../codec.ts";
import { ModbusDeviceLink } from "../device-link.ts";
import { type Connect, Line } from "../line.ts";
import type { ModbusDevice, ModbusPoint, ModbusStep } from "../points.ts";
import { askRaw } from "./ask.ts";
import { decode } from "./decode.ts";
import { probe } from "./probe.ts";
import { scan } from "./scan.ts";
import { type LinkOpener, type ModbusLink, openOwn, WIRE_OPTIONS } from "./wire.ts";

export function modbusTools(opener: LinkOpener): AdapterTools<ModbusDevice, ModbusPoint, ModbusStep> {
  return {
    wire: WIRE_OPTIONS,
    open: (args, context) => openOwn(args, context, opener),
    through,
    probe: probe(opener),
    scan: scan(opener),
    decode,
  };
}

/** The other process has deadlines of its own: this one is for a process that died. */
const PATIENCE = 60_000;

/** Every request goes to another process, which has the line open and keeps its order. */
function through(ask: Ask, context: AdapterContext): ModbusLink {
  const connect: Connect = async () => ({
    transact: async (unit, pdu) => responseTo(pdu[0] ?? 0, (await askRaw(ask, { unit, pdu })).pdu),
    destroy: () => {},
  });
  const reconnect = { first: 1000, longest: 1000 };
  const line = new Line(connect, { name: "the running gateway", timeout: PATIENCE, gap: 0, reconnect }, context);
  line.start();
  return {
    attach: async (device, points, listener) => new ModbusDeviceLink(line, { device, points }, listener, context),
    ask,
    close: async () => line.close(),
  };
}
