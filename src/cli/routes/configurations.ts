/** Reloads and kept configurations, for whoever asks the running gateway. */
import { AdminRefusal } from "../../admin/errors.ts";
import type { Route } from "../../admin/route.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { Reloads } from "../reloads.ts";

export function configurationRoutes(gateway: Gateway, reloads: Reloads): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/v1/reload",
      writes: true,
      answer: ({ body }) => {
        const { dryRun, by } = parseReloadRequest(body);
        return dryRun ? gateway.checkReload() : reloads.ask(by);
      },
    },
  ];
}

/** Reads `{ "dry_run": true, "by": "rollback to 3" }`, both optional. Throws AdminRefusal. */
export function parseReloadRequest(body: unknown): { readonly dryRun: boolean; readonly by: string } {
  if (body === undefined) return { dryRun: false, by: DEFAULT_BY };
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new AdminRefusal(EXPECTED);
  const fields: Readonly<Record<string, unknown>> = { ...body };
  const { dry_run: dryRun = false, by = DEFAULT_BY, ...others } = fields;
  if (typeof dryRun !== "boolean" || typeof by !== "string" || Object.keys(others).length > 0)
    throw new AdminRefusal(EXPECTED);
  if (!/^[^\p{Cc}]{1,64}$/u.test(by)) throw new AdminRefusal("by: expected 1 to 64 characters of one line");
  return { dryRun, by };
}

const DEFAULT_BY = "reload";
const EXPECTED = "expected an object with dry_run (true or false) and by (who asks), or nothing";
