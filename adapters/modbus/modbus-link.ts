/** A link of the configuration: the lines that it is made of, and which devices keep to which. */
import type { AdapterContext, Ask, DeviceListener, Link, LinkReport, PointId } from "../../src/adapter.ts";
import { portLeft } from "../wires/serial-port.ts";
import { formatSerialSettings } from "../wires/serial-settings.ts";
import { ModbusDeviceLink } from "./device-link.ts";
import { type Connect, Line, type LineSettings } from "./line.ts";
import { busOf, wireOfLink } from "./link-wire.ts";
import type { ModbusOptions } from "./options.ts";
import type { ModbusDevice, ModbusPoint, ModbusStep } from "./points.ts";
import { connectRtuOverTcp } from "./rtu-tcp-line.ts";
import { connectSerial } from "./serial-line.ts";
import { connectTcp } from "./tcp-line.ts";
import { askOn } from "./tools/ask.ts";
import { connectUdp } from "./udp-line.ts";

export class ModbusLink implements Link<ModbusDevice, ModbusPoint, ModbusStep> {
  private readonly context: AdapterContext;
  private readonly options: ModbusOptions;
  /** One for each connection; a unit always uses the same one, so that its requests keep their order. */
  private readonly lines: readonly Line[];
  private note: string | undefined;
  readonly ask: Ask;

  constructor(options: ModbusOptions, context: AdapterContext) {
    this.context = context;
    this.options = options;
    const { timeout, gap, settle, retries, reconnect } = options;
    // Boxes that carry bytes only leave the silences of their wire, and late answers, to us.
    const numbered = options.transport === "tcp" || options.transport === "udp";
    const settings: LineSettings = {
      ...{ timeout, gap, settle, retries, reconnect, numbered },
      name: nameOf(options),
      wire: wireOfLink(options),
      bus: busOf(options, context),
    };
    const connections = options.transport === "tcp" ? options.connections : 1;
    this.lines = Array.from({ length: connections }, (_, index) => {
      const name = connections === 1 ? settings.name : `${settings.name} #${index + 1}`;
      return new Line(this.transportOf(options), { ...settings, name }, context);
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
    const lines = this.lines.map((line) => line.report());
    return this.note === undefined ? { lines } : { lines, notes: [this.note] };
  }

  async close(): Promise<void> {
    for (const line of this.lines) line.close();
    if (this.options.transport === "serial") await portLeft(this.options.port);
  }

  private lineOf(unit: number): Line {
    const line = this.lines[unit % this.lines.length];
    if (line === undefined) throw new RangeError("a link without a connection");
    return line;
  }

  private transportOf(options: ModbusOptions): Connect {
    switch (options.transport) {
      case "tcp":
        return connectTcp(options);
      case "udp":
        return connectUdp(options);
      case "rtu-over-tcp":
        return connectRtuOverTcp(options);
      case "serial":
        return connectSerial(options, this.context, (note) => {
          this.note = note;
        });
    }
  }
}

/** For people: where the link leads to. */
export function nameOf(options: ModbusOptions): string {
  switch (options.transport) {
    case "tcp":
    case "udp":
    case "rtu-over-tcp": {
      const { host, port } = options;
      return `${host.includes(":") ? `[${host}]` : host}:${port}`;
    }
    case "serial":
      return `${options.port} (${formatSerialSettings(options.line)})`;
  }
}
