import type { UnixMillis } from "../clock.ts";
import type { DeviceStatus } from "../devices/device-status.ts";
import type { LinkStatus } from "../devices/open-links.ts";
import type { FirmwareStatus } from "../firmware/job.ts";
import type { VersionStatus } from "../firmware/self/own-versions.ts";
import type { ServerStatus } from "../servers/server-status.ts";
import type { HandledLink } from "./links/link-admin.ts";
import type { ConfigurationStatus } from "./reload/reloading.ts";
import type { RemoteModbusStatus } from "./remote-modbus/status.ts";
import type { Shown } from "./shown/shown.ts";
import type { StoredStatus } from "./state/stored-objects.ts";
import type { ClockStatus } from "./time/gateway-clock.ts";
import type { StoreSummary } from "./waiting/store-report.ts";

/** What `lwm2m-gateway status` shows; plain data. */
export interface GatewayStatus {
  readonly version: string;
  readonly endpoint: string;
  /** config.yaml. */
  readonly config: string;
  readonly started: UnixMillis;
  readonly now: UnixMillis;
  /** Where nobody knows what time it is, all times are of 1970: since the start of the machine. */
  readonly clock: ClockStatus;
  readonly servers: readonly SeeingServerStatus[];
  /** What waits for them; absent where the disk does not answer in time. */
  readonly store?: StoreSummary;
  readonly devices: readonly DeviceStatus[];
  /** The links in use that know how they fare. */
  readonly links: readonly LinkStatus[];
  /** The links that somebody has paused, or set options of by hand. */
  readonly handled: readonly HandledLink[];
  /** What servers may fill, of those that have something of the kind. */
  readonly stored: readonly StoredStatus[];
  /** What servers have made of raw Modbus; absent where the configuration allows none. */
  readonly modbus?: RemoteModbusStatus;
  /** Of each firmware that servers can update: where that stands, and what went before; absent: there is none. */
  readonly firmware?: readonly FirmwareStatus[];
  /** Devices that are off, each with what must be mended. */
  readonly disabled: readonly { readonly id: string; readonly reasons: readonly string[] }[];
  /** Of this program; absent where the configuration lets nobody send one. */
  readonly versions?: VersionStatus;
  /** Since when the configuration runs, and whether a newer one was refused. */
  readonly configuration: ConfigurationStatus;
}

/** With what the server sees: as `check` tells it of the configuration, so far as it is another by now. */
export interface SeeingServerStatus extends ServerStatus {
  readonly shown: Shown;
}
