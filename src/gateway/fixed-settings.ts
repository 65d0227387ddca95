/** What of the configuration is that of the start, whatever a reload brings. */
import { createHash } from "node:crypto";
import type { LoadedConfig } from "../config/types.ts";
import type { GatewayIdentity } from "../devices/gateway-objects.ts";
import { packageVersion } from "../locate.ts";

/** What stands for everything under `gateway:` and `servers:`, to be compared. There are keys in it, so that it is a hash. */
export function fixedSettings({ gateway, servers }: LoadedConfig): string {
  const text = JSON.stringify([gateway, servers.map(({ place, ...settings }) => settings)]);
  return createHash("sha256").update(text).digest("hex");
}

/** Object 3 of the gateway itself. */
export function identityOf({ gateway }: LoadedConfig, bindings: string): GatewayIdentity {
  const { manufacturer, model, serial } = gateway;
  return { manufacturer, model, bindings, version: packageVersion(), ...(serial === undefined ? {} : { serial }) };
}
