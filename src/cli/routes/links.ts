import { parsePauseRequest, parseSetRequest } from "../../admin/handled-link-request.ts";
import { answerOf, type LinkUse } from "../../admin/link-request.ts";
import type { Route } from "../../admin/route.ts";
import type { Gateway } from "../../gateway/gateway.ts";

export function linkRoutes(gateway: Gateway): readonly Route[] {
  const { links } = gateway;
  return [
    { method: "GET", path: "/v1/links", answer: () => ({ links: links.list() }) },
    { method: "GET", path: "/v1/links/{id}", answer: ({ params: { id = "" } }) => links.of(id) },
    {
      method: "POST",
      path: "/v1/links/{id}/pause",
      writes: true,
      about: ({ body }) => ({ for: parsePauseRequest(body) }),
      answer: async ({ params: { id = "" }, body }) => links.pause(id, parsePauseRequest(body)),
    },
    {
      method: "POST",
      path: "/v1/links/{id}/resume",
      writes: true,
      answer: async ({ params: { id = "" } }) => links.resume(id),
    },
    {
      method: "POST",
      path: "/v1/links/{id}/set",
      writes: true,
      about: ({ body }) => ({ keys: Object.keys(parseSetRequest(body) ?? {}) }),
      answer: async ({ params: { id = "" }, body }) => {
        const options = parseSetRequest(body);
        return options === undefined ? links.reset(id) : links.set(id, options);
      },
    },
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
