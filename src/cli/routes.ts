/** What can be asked of a running gateway on its admin socket. */
import { parseDeviceRequest, unlessRefused } from "../admin/device-request.ts";
import { parseForgetRequest } from "../admin/forget-request.ts";
import { answerOf, type LinkUse, parseLinkRequest } from "../admin/link-request.ts";
import { parseSendRequest } from "../admin/send-request.ts";
import type { Route, Routes } from "../admin/socket.ts";
import type { Gateway } from "../gateway/gateway.ts";

export function routesOf(gateway: Gateway): Routes {
  return new Map<string, Route>([
    ["/status", () => gateway.fullStatus()],
    ["/store", () => gateway.storeReport()],
    ["/store/forget", { post: async (body: unknown) => gateway.forget(parseForgetRequest(body)) }],
    ["/send", { post: async (body: unknown) => gateway.send(parseSendRequest(body, gateway.serverIds)) }],
    [
      "/device",
      { post: async (body: unknown) => unlessRefused(await gateway.deviceAdmin.known(parseDeviceRequest(body))) },
    ],
    [
      "/device/forget",
      { post: async (body: unknown) => unlessRefused(await gateway.deviceAdmin.forget(parseDeviceRequest(body))) },
    ],
    [
      "/device/replace",
      { post: async (body: unknown) => unlessRefused(gateway.deviceAdmin.replace(parseDeviceRequest(body))) },
    ],
    ["/link", { post: async (body: unknown) => linkUse(gateway, parseLinkRequest(body).link) }],
    [
      "/link/ask",
      {
        post: async (body: unknown) => {
          const { link, request } = parseLinkRequest(body);
          return answerOf(gateway.openLink(link)?.ask, request);
        },
      },
    ],
  ]);
}

function linkUse(gateway: Gateway, id: string): LinkUse {
  const link = gateway.openLink(id);
  return { open: link !== undefined, devices: link?.devices ?? [] };
}
