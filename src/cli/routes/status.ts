import type { Route } from "../../admin/route.ts";
import type { Gateway } from "../../gateway/gateway.ts";

export function statusRoutes(gateway: Gateway): readonly Route[] {
  return [{ method: "GET", path: "/v1/status", answer: () => gateway.fullStatus() }];
}
