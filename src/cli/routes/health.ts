/** What monitoring asks: metrics, and whether the gateway lives and does its work. */

import { AdminRefusal } from "../../admin/errors.ts";
import type { Metrics } from "../../admin/metrics/metrics.ts";
import { ReadinessWatch } from "../../admin/metrics/readiness.ts";
import { Plain, type Route } from "../../admin/route.ts";
import { systemClock } from "../../clock.ts";
import type { Gateway } from "../../gateway/gateway.ts";

export function healthRoutes({ measured }: Pick<Gateway, "measured">): readonly Route[] {
  let metrics: Promise<Metrics> | undefined;
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
        metrics ??= loadMetrics();
        const { type, text } = await (await metrics).expose(snapshot, perDevice(query.get("devices")));
        return new Plain(type, text);
      },
    },
  ];
}

/** At the first question: what writes them is some eighty modules, and a start shall be quick. */
async function loadMetrics(): Promise<Metrics> {
  const { Metrics } = await import("../../admin/metrics/metrics.ts");
  return new Metrics(systemClock);
}

const TEXT = "text/plain; charset=utf-8";

/** Throws AdminRefusal. */
function perDevice(devices: string | null): boolean {
  if (devices === null || devices === "each") return true;
  if (devices === "total") return false;
  throw new AdminRefusal(`devices: expected each or total, not "${devices}"`, { code: "LG705" });
}
