import type { Route } from "../../admin/route.ts";
import { unlessRefused } from "../../admin/unless-refused.ts";
import type { Gateway } from "../../gateway/gateway.ts";

/** `{id}`: the id that a device has, or had, in the configuration. */
export function deviceRoutes({ deviceAdmin }: Gateway): readonly Route[] {
  return [
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
