/** How a server is reached, what that was in bytes, and what a budget says to it: for a person. */
import type { Millis, UnixMillis } from "../clock.ts";
import type { ServerStatus } from "../servers/server-status.ts";
import { size } from "./store-stats-text.ts";

type Outgoing = Pick<ServerStatus, "uplink" | "traffic" | "budget">;

/** Lines below the row of the server. `span` says a time as the other lines do. */
export function uplinkLines(
  { uplink, traffic, budget }: Outgoing,
  now: UnixMillis,
  span: (time: Millis) => string,
): string[] {
  return [...wayLines(uplink, span), ...trafficLines(traffic), ...budgetLines(budget, now, span)];
}

function wayLines(uplink: Outgoing["uplink"], span: (time: Millis) => string): string[] {
  if (uplink === undefined) return [];
  const { via, current, reason } = uplink;
  if (current === undefined) return [`    no interface of ${via.join(", ")} is up for ${span(uplink.for)}: ${reason}`];
  return [`    by ${current.name} (${current.address}) for ${span(uplink.for)}: ${reason}`];
}

/** What goes by no named interface is one line, too: it is what a bill is compared with. */
function trafficLines(traffic: Outgoing["traffic"] = []): string[] {
  const parts = traffic.map(({ name, month: { sent, received } }) => {
    const by = name === "" ? "" : `${name} `;
    return `${by}${size(sent)} out, ${size(received)} in`;
  });
  return parts.length === 0 ? [] : [`    this month: ${parts.join("; ")}`];
}

function budgetLines(budget: Outgoing["budget"], now: UnixMillis, span: (time: Millis) => string): string[] {
  if (budget === undefined) return [];
  const { month, used, projected, via, until, holding } = budget;
  const of = via === undefined ? "" : ` of ${via.join(", ")}`;
  const end = projected === undefined ? "" : `, ${size(projected)} by the end of the month as it goes`;
  const next = until === undefined ? "" : `; anew in ${span(until - now)}`;
  const spent = `${size(used)} of ${size(month)} spent (${Math.floor((100 * used) / month)} %)${end}${next}`;
  return [`    budget${of}: ${spent}`, ...holding.map((rule) => `    budget holds: ${rule}`)];
}
