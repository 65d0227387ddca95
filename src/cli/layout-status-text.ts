import { described } from "../gateway/hidden-log.ts";
import type { ClientStatus, LayoutStatus, ServerStatus } from "../servers/server-status.ts";
import { counted, firstOf } from "./counted.ts";

/** How a server is shown the devices, where that is not by their prefixes alone, and which of them it does not have; `--json` has all. */
export function layoutLines({ layout, clients }: Pick<ServerStatus, "layout" | "clients">): readonly string[] {
  return [...(layout === undefined ? [] : shownLines(layout)), ...(clients === undefined ? [] : clientLines(clients))];
}

function shownLines({ shown, devices, instances, hidden, switched }: LayoutStatus): readonly string[] {
  const why = switched === undefined ? "" : `; auto: ${switched}`;
  const as = instances === undefined ? "" : ` as ${counted(instances, "instance")}`;
  const objects = firstOf(hidden.map(described));
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
    ...firstOf(others.map(({ device, state, reason }) => `${device} ${state}: ${reason}`)).map(
      (line) => `        ${line}`,
    ),
  ];
}
