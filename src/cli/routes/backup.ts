import { AdminRefusal } from "../../admin/errors.ts";
import type { Route } from "../../admin/route.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { StoreError } from "../../store/store.ts";

/** What `lwm2m-gateway backup` needs of the gateway that has the state open; no key and no configuration goes this way. */
export function backupRoutes({ stateCopies }: Gateway): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/v1/backup",
      writes: true,
      answer: async () => {
        try {
          return await stateCopies.make();
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          throw new AdminRefusal(error.message, { status: 409, code: "LG611", cause: error });
        }
      },
    },
  ];
}
