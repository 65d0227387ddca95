import { answerOf, type LinkUse } from "../../admin/link-request.ts";
import type { Route } from "../../admin/route.ts";
import type { Gateway } from "../../gateway/gateway.ts";

export function linkRoutes(gateway: Gateway): readonly Route[] {
  return [
    { method: "GET", path: "/v1/links/{id}/use", answer: ({ params: { id = "" } }) => linkUse(gateway, id) },
    {
      method: "POST",
      path: "/v1/links/{id}/ask",
      writes: true,
      answer: async ({ params: { id = "" }, body }) => answerOf(gateway.openLink(id)?.ask, body),
    },
  ];
}

function linkUse(gateway: Gateway, id: string): LinkUse {
  const link = gateway.openLink(id);
  return { open: link !== undefined, devices: link?.devices ?? [] };
}
