/** The devices that are clients of their own at a server (layout `clients`): how many are registered, and why others are not. */
import type { UnixMillis } from "../clock.ts";
import type { ClientStatus, ServerStatus } from "../servers/server-status.ts";
import { span } from "./countdown.ts";
import { counted } from "./counted.ts";

const MOST_NAMED = 10;

/** Empty where the server has none. */
export function clientLines({ clients = [] }: ServerStatus, now: UnixMillis): readonly string[] {
  if (clients.length === 0) return [];
  const others = clients.filter((client) => !isRegistered(client));
  const rest = others.length - MOST_NAMED;
  return [
    `    clients: ${clients.length - others.length} of ${counted(clients.length, "device")} registered`,
    ...others.slice(0, MOST_NAMED).map((client) => `        ${client.device}: ${standingOf(client, now)}`),
    ...(rest > 0 ? [`        and ${rest} others: lwm2m-gateway status --json tells of all`] : []),
  ];
}

/** What is observed, waits and was delivered, of the gateway's own registration and of those of its devices together. */
export function countsOf({ observations, reports, clients = [] }: ServerStatus): readonly number[] {
  const all = [{ observations, reports }, ...clients];
  const sum = (count: (each: (typeof all)[number]) => number): number =>
    all.reduce((total, each) => total + count(each), 0);
  return [
    sum((each) => each.observations?.length ?? 0),
    sum((each) => each.reports?.waiting ?? 0),
    sum((each) => each.reports?.delivered ?? 0),
  ];
}

function isRegistered({ state }: ClientStatus): boolean {
  return state === "registered" || state === "updating";
}

function standingOf({ state, reason, since, until }: ClientStatus, now: UnixMillis): string {
  const how = since === undefined ? state : `${state} for ${span(now - since)}`;
  return `${how}: ${reason}${until === undefined ? "" : `; next try in ${span(until - now)}`}`;
}
