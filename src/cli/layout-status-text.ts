import { described } from "../gateway/hidden-log.ts";
import type { ClientStatus, LayoutStatus, ServerStatus } from "../servers/server-status.ts";

/** How a server is shown the devices, where that is not by their prefixes alone; and which of them it does not have. */
export function layoutLines({ layout, clients }: Pick<ServerStatus, "layout" | "clients">): readonly string[] {
  return [...(layout === undefined ? [] : shownLines(layout)), ...(clients === undefined ? [] : clientLines(clients))];
}

function shownLines({ shown, devices, instances, hidden, switched }: LayoutStatus): readonly string[] {
  const why = switched === undefined ? "" : `; auto: ${switched}`;
  const as = instances === undefined ? "" : ` as ${counted(instances, "instance")}`;
  const objects = few(hidden.map(described));
  return [
    `    layout ${shown}: ${counted(devices, "device")}${as}${why}`,
    ...(objects.length === 0 ? [] : [`    not shown in this layout: ${objects.join("; ")}`]),
  ];
}

function clientLines(clients: readonly ClientStatus[]): readonly string[] {
  const others = clients.filter(({ state }) => state !== "registered" && state !== "updating");
  const registered = clients.length - others.length;
  return [
    `    layout clients: ${registered} of ${counted(clients.length, "device")} registered`,
    ...few(others.map(({ device, state, reason }) => `${device} ${state}: ${reason}`)).map((line) => `        ${line}`),
  ];
}

/** The first, and how many more: `--json` has all. */
function few(texts: readonly string[]): readonly string[] {
  const more = texts.length - MOST;
  return more > 0 ? [...texts.slice(0, MOST), `and ${more} more`] : texts;
}

const MOST = 5;

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
