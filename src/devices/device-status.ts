import type { Millis, UnixMillis } from "../clock.ts";
import type { Path } from "../lwm2m/path.ts";
import type { Value } from "../lwm2m/sample.ts";

export type DeviceState = "connecting" | "online" | "offline";

/** One device as a person wants to see it; plain data. */
export interface DeviceStatus {
  readonly id: string;
  readonly prefix: string;
  readonly mapping: string;
  readonly link: string;
  readonly state: DeviceState;
  /** Since when it is in this state. */
  readonly since: UnixMillis;
  /** Why it is offline, or why the last try failed. */
  readonly reason?: string;
  /** When it is asked again. */
  readonly nextTry?: UnixMillis;
  readonly lastHeard?: UnixMillis;
  /** In the order of object, instance, resource and resource instance; executables are left out. */
  readonly values: readonly ValueStatus[];
  readonly counters: DeviceCounters;
}

export interface ValueStatus {
  readonly path: Path;
  /** The registry's name of the resource. */
  readonly name: string;
  /** The last good value; absent where there was none yet. */
  readonly value?: Value;
  readonly unit?: string;
  /** When the value was measured. */
  readonly time?: UnixMillis;
  /** How long ago it was read. */
  readonly age?: Millis;
  /** Why the newest reading is no value. */
  readonly bad?: string;
  /** `file:line` in the mapping; absent for what the gateway itself adds. */
  readonly source?: string;
}

export interface DeviceCounters {
  readonly reads: number;
  readonly writes: number;
  readonly executes: number;
  /** Requests that the device did not answer, or not properly. */
  readonly failures: number;
  /** Polls that fell due while the one before was still running. */
  readonly skippedPolls: number;
  /** Times it went offline. */
  readonly outages: number;
}
