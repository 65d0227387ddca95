import type { Route } from "../../admin/route.ts";
import { unlessRefused } from "../../admin/unless-refused.ts";
import type { Gateway } from "../../gateway/gateway.ts";

/** `{id}`: the id that a device has, or had, in the configuration. */
export function deviceRoutes({ deviceAdmin, views }: Gateway): readonly Route[] {
  return [
    { method: "GET", path: "/v1/devices", answer: ({ query }) => views.list(isAsked(query, "problems")) },
    { method: "GET", path: "/v1/devices/{id}", answer: ({ params: { id = "" } }) => views.of(id) },
    {
      method: "GET",
      path: "/v1/devices/{id}/values",
      answer: ({ params: { id = "" }, query }) =>
        views.values(id, { raw: isAsked(query, "raw"), bad: isAsked(query, "bad") }),
    },
    { method: "GET", path: "/v1/devices/{id}/why", answer: ({ params: { id = "" } }) => views.why(id) },
    { method: "GET", path: "/v1/why", answer: ({ query }) => views.whyAt(query.get("path") ?? "") },
    {
      method: "GET",
      path: "/v1/devices/{id}/place",
      answer: async ({ params: { id = "" } }) => unlessRefused(await deviceAdmin.known(id)),
    },
    {
      method: "POST",
      path: "/v1/devices/{id}/forget",
      writes: true,
      answer: async ({ params: { id = "" } }) => unlessRefused(await deviceAdmin.forget(id)),
    },
    {
      method: "POST",
      path: "/v1/devices/{id}/replace",
      writes: true,
      answer: async ({ params: { id = "" } }) => unlessRefused(deviceAdmin.replace(id)),
    },
  ];
}

/** "?raw", "?raw=1", "?raw=true". */
function isAsked(query: URLSearchParams, name: string): boolean {
  return ["", "1", "true"].includes(query.get(name) ?? "no");
}
