import { parseForgetRequest } from "../../admin/forget-request.ts";
import type { Route } from "../../admin/route.ts";
import type { Gateway } from "../../gateway/gateway.ts";

export function storeRoutes(gateway: Gateway): readonly Route[] {
  return [
    { method: "GET", path: "/v1/store", answer: () => gateway.storeReport() },
    {
      method: "POST",
      path: "/v1/store/forget",
      writes: true,
      about: ({ body }) => ({ forget: parseForgetRequest(body) }),
      answer: async ({ body }) => gateway.forget(parseForgetRequest(body)),
    },
  ];
}
