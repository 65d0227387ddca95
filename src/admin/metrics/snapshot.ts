/** What the metrics are made of, as it stands when they are asked for; plain data. */
import type { LinkReport } from "../../adapter.ts";
import type { Millis, UnixMillis } from "../../clock.ts";
import type { DeviceHealth } from "../../devices/device-status.ts";
import type { FirmwareStatus } from "../../firmware/job.ts";
import type { ServerStatus } from "../../servers/server-status.ts";

export interface Snapshot {
  readonly version: string;
  readonly uptime: Millis;
  readonly clockTrusted: boolean;
  readonly servers: readonly MeasuredServer[];
  readonly devices: readonly DeviceHealth[];
  /** Devices that are off, their entry or their mapping being wrong. */
  readonly disabled: number;
  readonly links: readonly (LinkReport & { readonly id: string })[];
  /** Of each that can be updated. */
  readonly firmware: readonly FirmwareStatus[];
  /** Absent where the disk does not answer in time. */
  readonly store?: MeasuredStore;
  readonly configuration: {
    readonly taken: UnixMillis;
    readonly errors: number;
    readonly reloads: { readonly taken: number; readonly refused: number };
  };
}

export type MeasuredServer = Pick<
  ServerStatus,
  "shortServerId" | "uri" | "state" | "reason" | "reports" | "sends" | "transport" | "clients"
>;

export interface MeasuredStore {
  readonly fileBytes: number;
  readonly bytes: number;
  readonly limit?: number;
  readonly servers: readonly {
    readonly server: number;
    readonly entries: number;
    readonly dropped?: Readonly<Record<string, number>>;
  }[];
}
