/** Which servers observe a value, whatever path it has with them. */
import { isWithin, makePath, type Path, pathParts, prefixOf, withoutPrefix } from "../../lwm2m/path.ts";
import type { SeeingServerStatus } from "../status.ts";

type Observing = Pick<SeeingServerStatus, "shortServerId" | "observations" | "layout" | "clients" | "shown">;

/** Short Server IDs. */
export function observersOf(servers: readonly Observing[], path: Path): readonly number[] {
  return servers.filter((server) => observes(server, path)).map(({ shortServerId }) => shortServerId);
}

/** Whether it observes the value at this own path, or what is around it. */
export function observes({ observations, layout, clients, shown }: Observing, path: Path): boolean {
  const client = clients?.find(({ prefix }) => prefix === prefixOf(path));
  if (client !== undefined) return (client.observations ?? []).some((each) => isAround(each, withoutPrefix(path)));
  const seen = shown.shownAs === "instances" ? inInstances(layout?.paths ?? [], path) : path;
  return observations.some((each) => isAround(each, seen));
}

/** The path among the gateway's own instances. */
function inInstances(paths: readonly { readonly own: Path; readonly shown: Path }[], path: Path): Path {
  const instance = paths.find(({ own }) => isWithin(path, own));
  if (instance === undefined) return withoutPrefix(path);
  const { prefix: _prefix, ...parts } = pathParts(path);
  return makePath({ ...parts, ...pathParts(instance.shown) });
}

/** Whether who observes the one hears of the other. */
function isAround(observed: Path, value: Path): boolean {
  return isWithin(value, observed) || isWithin(observed, value);
}
