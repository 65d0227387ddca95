/** A link of the configuration: one Bluetooth adapter, and the devices in its reach. */
import type { AdapterContext, Ask, DeviceListener, Link, LinkReport, PointId } from "../../src/adapter.ts";
import { Central, type OpenRadio } from "./central/central.ts";
import { BleDeviceLink } from "./device-link.ts";
import type { BleOptions } from "./options.ts";
import type { BlePoint } from "./points.ts";
import { AdvertisementRouter } from "./router.ts";
import type { BleDevice } from "./section.ts";
import type { BleStep } from "./steps.ts";
import { askOn } from "./tools/answering.ts";

export class BleLink implements Link<BleDevice, BlePoint, BleStep> {
  readonly ask: Ask;
  private readonly context: AdapterContext;
  private readonly scans: boolean;
  private readonly central: Central;
  private readonly router: AdvertisementRouter;

  constructor(open: OpenRadio, options: BleOptions, context: AdapterContext) {
    this.context = context;
    this.scans = options.scan !== "off";
    this.central = new Central(open, options, context);
    this.router = new AdvertisementRouter((listener) => this.central.hear(listener));
    this.ask = askOn(this.central, context.clock);
    this.central.start();
  }

  async attach(
    device: BleDevice,
    points: ReadonlyMap<PointId, BlePoint>,
    listener: DeviceListener,
  ): Promise<BleDeviceLink> {
    const { central, router, scans } = this;
    const link = new BleDeviceLink({ central, router, scans }, { device, points }, listener, this.context);
    link.start();
    return link;
  }

  report(): LinkReport {
    return this.central.report();
  }

  close(): Promise<void> {
    return this.central.close();
  }
}
