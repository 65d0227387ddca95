import type { Route } from "../../admin/route.ts";
import { parseSendRequest } from "../../admin/send-request.ts";
import type { Gateway } from "../../gateway/gateway.ts";

export function sendRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/v1/send",
      writes: true,
      about: ({ body }) => ({ send: parseSendRequest(body, gateway.serverIds).paths }),
      answer: async ({ body }) => gateway.send(parseSendRequest(body, gateway.serverIds)),
    },
  ];
}
