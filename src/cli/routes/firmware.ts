/** Images for devices, and for the gateway itself: what a person sees of them, and does. */
import { AdminRefusal } from "../../admin/errors.ts";
import { parsePauseRequest } from "../../admin/handled-link-request.ts";
import type { Route } from "../../admin/route.ts";
import { CODE, formatCode } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import type { Gateway } from "../../gateway/gateway.ts";

export function firmwareRoutes({ firmwareAdmin }: Pick<Gateway, "firmwareAdmin">): readonly Route[] {
  return [
    { method: "GET", path: "/v1/firmware", answer: () => firmwareAdmin.list() },
    { method: "GET", path: "/v1/firmware/{device}", answer: ({ params: { device = "" } }) => firmwareAdmin.of(device) },
    {
      method: "PUT",
      path: "/v1/firmware/{device}/image",
      writes: true,
      takesBytes: true,
      about: ({ length }) => ({ length }),
      answer: ({ params: { device = "" }, bytes, length }) => {
        if (bytes === undefined || length === 0)
          throw new AdminRefusal("expected the bytes of an image", { code: "LG704" });
        return sayingWhy(() => firmwareAdmin.take(device, bytes, length));
      },
    },
    {
      method: "POST",
      path: "/v1/firmware/{device}/update",
      writes: true,
      answer: ({ params: { device = "" } }) => sayingWhy(() => firmwareAdmin.update(device)),
    },
    {
      method: "POST",
      path: "/v1/firmware/{device}/cancel",
      writes: true,
      answer: ({ params: { device = "" } }) => sayingWhy(() => firmwareAdmin.cancel(device)),
    },
    {
      method: "POST",
      path: "/v1/firmware/{device}/defer",
      writes: true,
      about: ({ body }) => ({ for: parsePauseRequest(body, "LG588") }),
      answer: ({ params: { device = "" }, body }) => firmwareAdmin.defer(device, parsePauseRequest(body, "LG588")),
    },
  ];
}

/** What the work gives; where object 5 refuses it, rejects with AdminRefusal. */
async function sayingWhy<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    const { message, code } = error;
    throw new AdminRefusal(message, {
      status: code === CODE.requestEntityTooLarge ? 413 : code >= CODE.internalServerError ? 502 : 409,
      code: "LG587",
      next: "lwm2m-gateway firmware list",
      response: formatCode(code),
      cause: error,
    });
  }
}
