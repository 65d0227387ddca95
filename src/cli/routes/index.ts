/** What can be asked of a running gateway: one file an area. docs/api.md tells all of it. */
import type { LogRing } from "../../admin/log-ring.ts";
import type { Route } from "../../admin/route.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { Reloads } from "../reloads.ts";
import { backupRoutes } from "./backup.ts";
import { configurationRoutes } from "./configurations.ts";
import { deviceRoutes } from "./devices.ts";
import { eventRoutes } from "./events.ts";
import { firmwareRoutes } from "./firmware.ts";
import { healthRoutes } from "./health.ts";
import { linkRoutes } from "./links.ts";
import { logRoutes } from "./log.ts";
import { operatorRoutes } from "./operator.ts";
import { sendRoutes } from "./send.ts";
import { statusRoutes } from "./status.ts";
import { storeRoutes } from "./store.ts";

/** What of the process is asked for beside its gateway. */
export interface Around {
  /** The last lines of the log. */
  readonly ring: LogRing;
  readonly reloads: Reloads;
}

export function routesOf(gateway: Gateway, { ring, reloads }: Around): readonly Route[] {
  return [
    ...statusRoutes(gateway),
    ...deviceRoutes(gateway),
    ...linkRoutes(gateway),
    ...firmwareRoutes(gateway),
    ...storeRoutes(gateway),
    ...operatorRoutes(gateway),
    ...sendRoutes(gateway),
    ...logRoutes(ring),
    ...eventRoutes(gateway, ring),
    ...backupRoutes(gateway),
    ...configurationRoutes(gateway, reloads),
    ...healthRoutes(gateway),
  ];
}
