/** What servers have made, for `status`; plain data. */
import type { Millis } from "../../clock.ts";

export interface RemoteModbusStatus {
  readonly connections: readonly ConnectionStatus[];
  readonly clusters: readonly ClusterStatus[];
}

export interface ConnectionStatus {
  readonly instance: number;
  readonly address: string;
  /** Of the configuration; absent: a server made it. */
  readonly link?: string;
  readonly state: "disabled" | "connecting" | "connected" | "invalid" | "failed";
  readonly reason?: string;
}

export interface ClusterStatus {
  readonly instance: number;
  /** Instance of the connection. */
  readonly connection?: number;
  /** E.g. "unit 5, holding 100..109". */
  readonly registers?: string;
  /** How often it is polled; absent: nobody observes it. */
  readonly every?: Millis;
  /** Why it cannot be read. */
  readonly trouble?: string;
}
