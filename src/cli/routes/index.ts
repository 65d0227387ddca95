/** What can be asked of a running gateway: one file an area. docs/api.md tells all of it. */
import type { Route } from "../../admin/route.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { deviceRoutes } from "./devices.ts";
import { linkRoutes } from "./links.ts";
import { sendRoutes } from "./send.ts";
import { statusRoutes } from "./status.ts";
import { storeRoutes } from "./store.ts";

export function routesOf(gateway: Gateway): readonly Route[] {
  return [
    ...statusRoutes(gateway),
    ...deviceRoutes(gateway),
    ...linkRoutes(gateway),
    ...storeRoutes(gateway),
    ...sendRoutes(gateway),
  ];
}
