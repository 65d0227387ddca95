import type { ObservationId } from "../../lwm2m/observations.ts";

/** Whose history an observation is, for the share of a device: the prefix of its paths; where they have several, its own. */
export function deviceOf(id: ObservationId): string {
  const prefixes = new Set(
    id
      .split(" ")
      .filter((word) => word.startsWith("/"))
      .map((path) => /^\/([A-Za-z][^/]*)/.exec(path)?.[1] ?? ""),
  );
  const [only = ""] = prefixes;
  return prefixes.size > 1 ? id : only;
}
