/** A link of the configuration: one client of a broker, and the devices that speak over it. */
import type { AdapterContext, DeviceListener, Link, LinkReport, PointId } from "../../src/adapter.ts";
import { BrokerLine } from "./broker-line.ts";
import { MqttDeviceLink } from "./device-link.ts";
import type { MqttOptions } from "./options.ts";
import type { MqttPoint } from "./points.ts";
import type { MqttDevice } from "./section.ts";
import type { MqttStep } from "./steps.ts";

export class MqttLink implements Link<MqttDevice, MqttPoint, MqttStep> {
  private readonly context: AdapterContext;
  private readonly line: BrokerLine;

  constructor(options: MqttOptions, context: AdapterContext) {
    this.context = context;
    this.line = new BrokerLine(options, context);
    this.line.start();
  }

  async attach(
    device: MqttDevice,
    points: ReadonlyMap<PointId, MqttPoint>,
    listener: DeviceListener,
  ): Promise<MqttDeviceLink> {
    return new MqttDeviceLink(this.line, { device, points }, listener, this.context);
  }

  report(): LinkReport {
    return this.line.report();
  }

  close(): Promise<void> {
    return this.line.close();
  }
}
