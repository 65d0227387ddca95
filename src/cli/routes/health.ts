/** What monitoring asks: metrics, and whether the gateway lives and does its work. */

import { AdminRefusal } from "../../admin/errors.ts";
import { Metrics } from "../../admin/metrics/metrics.ts";
import { ReadinessWatch } from "../../admin/metrics/readiness.ts";
import { Plain, type Route } from "../../admin/route.ts";
import { systemClock } from "../../clock.ts";
import type { Gateway } from "../../gateway/gateway.ts";

export function healthRoutes({ measured }: Pick<Gateway, "measured">): readonly Route[] {
  const metrics = new Metrics(systemClock);
  const readiness = new ReadinessWatch(systemClock);
  const snapshot = () => measured.snapshot();
  return [
    { method: "GET", path: "/healthz", open: true, answer: () => new Plain(TEXT, "ok\n") },
    {
      method: "GET",
      path: "/readyz",
      open: true,
      answer: async ({ anonymous }) => {
        const { ready, reasons } = readiness.judge(await snapshot());
        // Which servers there are is for those who know the token.
        const told = anonymous === true ? [] : reasons;
        const text = [ready ? "ready" : "not ready", ...told].join("\n");
        return new Plain(TEXT, `${text}\n`, ready ? 200 : 503);
      },
    },
    {
      method: "GET",
      path: "/metrics",
      answer: async ({ query }) => {
        const { type, text } = await metrics.expose(snapshot, perDevice(query.get("devices")));
        return new Plain(type, text);
      },
    },
  ];
}

const TEXT = "text/plain; charset=utf-8";

/** Throws AdminRefusal. */
function perDevice(devices: string | null): boolean {
  if (devices === null || devices === "each") return true;
  if (devices === "total") return false;
  throw new AdminRefusal(`devices: expected each or total, not "${devices}"`, { code: "LG705" });
}
