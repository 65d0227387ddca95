import type { Millis } from "../../clock.ts";
import type { ClientPlan, LoadedConfig } from "../../config/types.ts";
import type { Device } from "../../devices/device.ts";

/** A device, so far as it decides about its own registration at a server: layout `clients`. */
export interface ClientDevice {
  readonly id: string;
  readonly online: boolean;
  /** How long it is away before it is de-registered; absent: it is registered whether it is there or not. */
  readonly deregisterAfter?: Millis;
  readonly plan: ClientPlan;
}

/** Undefined: there is no such device, or no such server with that layout. */
export function clientOf(
  { clients }: Pick<LoadedConfig, "clients">,
  server: number,
  device: Device | undefined,
): ClientDevice | undefined {
  if (device === undefined) return undefined;
  const { id, availability } = device.plan;
  const { deregisterAfter } = availability;
  const plan = clients.get(server)?.get(id);
  if (plan === undefined) return undefined;
  return { id, online: device.state === "online", plan, ...(deregisterAfter === undefined ? {} : { deregisterAfter }) };
}
