/** Whose queue it is: which server observes which paths, or is told of them. */
import { type Path, parsePath } from "./path.ts";

declare const observation: unique symbol;
/** Server and observed paths. Never the CoAP token: a token dies with the registration. */
export type ObservationId = string & { readonly [observation]: true };

/** `server` is what names the server in this program, e.g. its Short Server ID. */
export function observationId(server: string | number, paths: readonly Path[], composite = false): ObservationId {
  return `${server} ${composite ? "composite " : ""}${paths.join(" ")}` as ObservationId;
}

/**
 * What a `report:` entry of a server owes of one device: made by the gateway itself, observed by nobody, delivered by Send
 * alone. `name` has no spaces; the prefix is "" for the gateway's own objects.
 */
export function reportId(server: string | number, name: string, prefix: string): ObservationId {
  // In brackets, since a name may be a list of paths: those of an id are what it owes of whom.
  return `${server} report [${name}] /${prefix}` as ObservationId;
}

/** Whether it is one that reportId made. */
export function isReport(id: ObservationId): boolean {
  return id.startsWith("report ", id.indexOf(" ") + 1);
}

/** What an observation of one path observes; undefined: it has a list of them, or is a report. */
export function pathObserved(id: ObservationId): Path | undefined {
  const [, path = "", ...others] = id.split(" ");
  return path.startsWith("/") && others.length === 0 ? parsePath(path) : undefined;
}

/** The Short Server ID: the first word of every id. */
export function serverOf(id: ObservationId): number {
  return Number.parseInt(id, 10);
}

/** The same with other paths; one that reportId made is the same always. */
export function withPaths(id: ObservationId, other: (path: Path) => Path): ObservationId {
  if (isReport(id)) return id;
  const words = id.split(" ").map((word) => (word.startsWith("/") ? other(parsePath(word)) : word));
  return words.join(" ") as ObservationId;
}

/** The paths that it observes; of one that reportId made none. */
export function pathsObserved(id: ObservationId): readonly Path[] {
  return isReport(id) ? [] : id.split(" ").flatMap((word) => (word.startsWith("/") ? [parsePath(word)] : []));
}

/** Whose values it has, for shares and turns of a device: the prefix of its paths; where they have several, its own. */
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
