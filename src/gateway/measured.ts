/** The gateway in numbers, for a monitoring that asks every few seconds: no values, nothing that is costly to tell. */
import type { Snapshot } from "../admin/metrics/snapshot.ts";
import type { Clock, Millis } from "../clock.ts";
import { packageVersion } from "../locate.ts";
import type { Parts } from "./parts.ts";
import type { Reloading } from "./reload/reloading.ts";
import type { ClockStatus } from "./time/gateway-clock.ts";

export interface MeasuredOptions {
  readonly parts: Pick<Parts, "north" | "devices" | "waits" | "firmware">;
  readonly reloading: Pick<Reloading, "status">;
  readonly clock: Clock & { readonly status: ClockStatus };
  readonly started: Millis;
  /** How many devices are off. */
  readonly disabled: () => number;
}

export class Measured {
  private readonly options: MeasuredOptions;

  constructor(options: MeasuredOptions) {
    this.options = options;
  }

  async snapshot(): Promise<Snapshot> {
    const { parts, reloading, clock, started, disabled } = this.options;
    const store = await parts.waits.summary();
    return {
      version: packageVersion(),
      uptime: clock.monotonic() - started,
      clockTrusted: clock.status.trusted,
      servers: parts.north.measured(),
      devices: parts.devices.list().map((device) => device.health()),
      disabled: disabled(),
      links: parts.devices.linkStatus(),
      firmware: parts.firmware.firmwares.status(),
      ...(store === undefined ? {} : { store }),
      configuration: reloading.status,
    };
  }
}
