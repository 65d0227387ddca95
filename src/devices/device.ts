import type { Link } from "../adapter.ts";
import type { Clock, Random } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { Backing } from "../lwm2m/tree.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import type { DeviceState, DeviceStatus } from "./device-status.ts";

export interface DeviceSettings {
  readonly plan: DevicePlan;
  readonly prefix: string;
  /** Object 3, for a device whose mapping has none. */
  readonly deviceObject: ObjectDefinition;
  /** The link of the plan, opened where it is not; asked again for each attempt to attach. */
  readonly openLink: () => Promise<Link>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** What a running device tells the program. */
export interface DeviceObserver {
  /** What changed, all of one read in one call. Paths carry the prefix. */
  onSamples(device: Device, samples: readonly Sample[]): void;
  onStateChange(device: Device, state: DeviceState): void;
}

/** One running device: attaches to its link, polls it, keeps its values, knows whether it is there. */
export declare class Device {
  readonly plan: DevicePlan;
  readonly prefix: string;
  /** What stands behind the tree of its prefix. */
  readonly backing: Backing;
  constructor(settings: DeviceSettings, observer: DeviceObserver);
  get state(): DeviceState;
  start(): void;
  status(): DeviceStatus;
  /** Nothing is reported afterwards. Never rejects. */
  close(): Promise<void>;
}
