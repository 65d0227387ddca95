/** Modbus devices: holding and input registers, coils and discrete inputs. MODBUS Application Protocol V1.1b3. */
import type {
  AdapterContext,
  AdapterModule,
  Ask,
  DeviceListener,
  Link,
  LinkReport,
  PointId,
} from "../../src/adapter.ts";
import { ModbusDeviceLink } from "./device-link.ts";
import { Line } from "./line.ts";
import { busOf, plannedReads, plannedWire, wireOfLink } from "./link-wire.ts";
import { type ModbusTcpOptions, tcpOptionsSchema } from "./options.ts";
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
import { connectTcp } from "./tcp-line.ts";
import { askOn } from "./tools/ask.ts";
import { modbusTools } from "./tools/index.ts";

const LINK_TYPES = { "modbus-tcp": tcpOptionsSchema } as const;

export const modbus: AdapterModule<ModbusTcpOptions, ModbusDevice, ModbusPoint, ModbusStep> = {
  name: "modbus",
  linkTypes: LINK_TYPES,
  sources: SOURCES,
  polled: true,
  device: deviceSchema,
  shape,
  point: pointSchema,
  step: stepSchema,
  open: async (options, context) => new ModbusLink(options, context),
  simulate,
  plan: plannedReads,
  wire: plannedWire,
  tools: modbusTools({
    types: Object.keys(LINK_TYPES),
    open: async (_type, entry, context) => new ModbusLink(tcpOptionsSchema.parse(entry), context),
  }),
};

/** The connections to one host and port; a unit always uses the same one, so that its requests keep their order. */
class ModbusLink implements Link<ModbusDevice, ModbusPoint, ModbusStep> {
  private readonly lines: readonly Line[];
  private readonly context: AdapterContext;
  readonly ask: Ask;

  constructor(options: ModbusTcpOptions, context: AdapterContext) {
    const { host, port, connections } = options;
    const name = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.context = context;
    const wire = wireOfLink(options);
    const bus = busOf(options, context);
    this.lines = Array.from({ length: connections }, (_, index) => {
      const numbered = { ...options, wire, bus, numbered: true };
      const settings = { ...numbered, name: connections === 1 ? name : `${name} #${index + 1}` };
      return new Line(connectTcp(options), settings, context);
    });
    this.ask = askOn((unit) => this.lineOf(unit), context.clock);
    for (const line of this.lines) line.start();
  }

  async attach(
    device: ModbusDevice,
    points: ReadonlyMap<PointId, ModbusPoint>,
    listener: DeviceListener,
  ): Promise<ModbusDeviceLink> {
    return new ModbusDeviceLink(this.lineOf(device.unit_id), { device, points }, listener, this.context);
  }

  report(): LinkReport {
    return { lines: this.lines.map((line) => line.report()) };
  }

  async close(): Promise<void> {
    for (const line of this.lines) line.close();
  }

  private lineOf(unit: number): Line {
    const line = this.lines[unit % this.lines.length];
    if (line === undefined) throw new RangeError("a link without a connection");
    return line;
  }
}
