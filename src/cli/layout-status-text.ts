import { described } from "../gateway/presences/hidden-log.ts";
import type { ServerStatus } from "../servers/server-status.ts";
import { counted, firstOf } from "./counted.ts";

/** How a server is shown the devices, where that is not by their prefixes alone, and what of them it does not have; `--json` has all. */
export function layoutLines({ layout }: Pick<ServerStatus, "layout">): readonly string[] {
  if (layout === undefined) return [];
  const { shown, devices, instances, hidden, switched } = layout;
  const why = switched === undefined ? "" : `; auto: ${switched}`;
  const as = instances === undefined ? "" : ` as ${counted(instances, "instance")}`;
  const objects = firstOf(hidden.map(described));
  return [
    `    layout ${shown}: ${counted(devices, "device")}${as}${why}`,
    ...(objects.length === 0 ? [] : [`    not shown in this layout: ${objects.join("; ")}`]),
  ];
}
