/** Whether a server's budget lasts for a month of what is expected to go to it. */
import type { LoadedConfig, ServerSettings } from "../config/types.ts";
import type { Problem } from "../errors.ts";
import { carrierOf } from "./message-cost.ts";
import { size, spanOf } from "./store-stats-text.ts";
import type { ServerTraffic, Way } from "./traffic.ts";

/** What is expected of one server. */
export interface ExpectedMonth {
  readonly server: number;
  /** Bytes of 30 days: what it is told, and what keeps the registration alive. */
  readonly told: number;
  readonly upkeep: number;
  /** Of its budget; absent: it has none. */
  readonly budget?: number;
}

/** A warning for each server whose budget does not last, by what `traffic` says of it. */
export function budgetProblems(
  { servers, devices }: Pick<LoadedConfig, "servers" | "devices">,
  traffic: readonly ServerTraffic[],
): readonly Problem[] {
  return servers.flatMap((settings): Problem[] => {
    const { told, upkeep, budget } = expectedMonth(
      settings,
      traffic.find(({ server }) => server === settings.id),
      devices.length,
    );
    const all = told + upkeep;
    if (budget === undefined || all <= budget) return [];
    const lasts = spanOf((budget / all) * MONTH * 1000);
    const message = `budget: ${size(budget)} a month last ${lasts} if every value changes at each poll: what the server is told comes to ${size(told)} a month, the registration to ${size(upkeep)}`;
    return [{ severity: "warning", code: "LG231", place: settings.place, message }];
  });
}

export function expectedMonth(
  { id, scheme, lifetime, clients, budget }: Pick<ServerSettings, "id" | "scheme" | "lifetime" | "clients" | "budget">,
  traffic: ServerTraffic | undefined,
  devices = 0,
): ExpectedMonth {
  const told = MONTH * (chosen(traffic)?.bytes.senmlCbor ?? 0);
  // One for the gateway, and in layout clients one for each device.
  const updates = 1 / lifetime + (clients === undefined ? 0 : devices / clients.lifetime);
  const upkeep = MONTH * 1000 * carrierOf(scheme).update().bytes * updates;
  return {
    server: id,
    told: Math.round(told),
    upkeep: Math.round(upkeep),
    ...(budget === undefined ? {} : { budget: budget.month }),
  };
}

/** Its own entries, where there are some; else what has the fewest bytes. */
function chosen(traffic: ServerTraffic | undefined): Way | undefined {
  const { ways = [], best } = traffic ?? {};
  return ways.find(({ name }) => name === "report") ?? ways.find(({ name }) => name === best) ?? ways.at(-1);
}

/** 30 days, in seconds. */
const MONTH = 30 * 24 * 3600;
