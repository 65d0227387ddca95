import type { DevicePlan } from "./plan-types.ts";

/**
 * The name by which servers know the device, whatever gateway it stands behind: /25/x/0, and its Endpoint Client Name where it is
 * a client of its own. `endpoint`: of the gateway, after which a device without an identity of its own is named.
 */
export function deviceIdOf({ id, deviceId }: Pick<DevicePlan, "id" | "deviceId">, endpoint: string): string {
  return deviceId ?? `${endpoint.startsWith("urn:") ? endpoint : `urn:dev:ops:${endpoint}`}-${id}`;
}
