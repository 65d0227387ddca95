/** What the gateway says of itself: that of the start, whatever a reload brings. */
import type { LoadedConfig } from "../config/types.ts";
import type { GatewayIdentity } from "../devices/gateway-objects.ts";
import { packageVersion } from "../locate.ts";

/** Object 3 of the gateway itself. */
export function identityOf({ gateway }: LoadedConfig, bindings: string): GatewayIdentity {
  const { manufacturer, model, serial } = gateway;
  return { manufacturer, model, bindings, version: packageVersion(), ...(serial === undefined ? {} : { serial }) };
}
