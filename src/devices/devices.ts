import type { AdapterModule } from "../adapter.ts";
import type { Clock, Random } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import type { Device, DeviceObserver } from "./device.ts";

/** A link as the configuration describes it; `LinkSettings` of config/ is one. */
export interface LinkPlan {
  readonly id: string;
  readonly adapter: AdapterModule;
  /** Parsed by the adapter's `link` schema. */
  readonly options: unknown;
}

/** A device with the place that the store gave it. */
export interface PlacedDevice {
  readonly plan: DevicePlan;
  readonly prefix: string;
}

/** Ids of devices, in the order of the plan. */
export interface DevicesChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Stopped and started again: the plan, the prefix or the link is another. */
  readonly changed: readonly string[];
}

export interface DevicesListener extends DeviceObserver {
  /** After the devices of a plan were started and stopped; not called where nothing changed. */
  onDevicesChanged(change: DevicesChange): void;
}

export interface DevicesSettings {
  /** Object 3, for devices whose mapping has none. */
  readonly deviceObject: ObjectDefinition;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** The running devices, and the links that they need. */
export declare class Devices {
  constructor(settings: DevicesSettings, listener: DevicesListener);
  /** Makes the running devices those of the plan: equal ones are untouched. Calls are done one after the other. Never rejects. */
  apply(devices: readonly PlacedDevice[], links: ReadonlyMap<string, LinkPlan>): Promise<DevicesChange>;
  /** In the order of the plan. */
  list(): readonly Device[];
  /** By its id. */
  get(id: string): Device | undefined;
  byPrefix(prefix: string): Device | undefined;
  close(): Promise<void>;
}
