/** Which of the routes is meant by a request, and what its path and query say. */
import { nearestNames } from "../near-miss.ts";
import { AdminRefusal } from "./errors.ts";
import type { Route } from "./route.ts";

export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface NotFound {
  readonly refused: AdminRefusal;
  /** The methods that the path has; empty where there is no such path. */
  readonly allow: readonly string[];
}

interface Entry {
  readonly route: Route;
  readonly segments: readonly string[];
}

export class Router {
  private readonly entries: readonly Entry[];

  /** Throws Error where two routes are the same: a bug. */
  constructor(routes: readonly Route[]) {
    this.entries = routes.map((route) => ({ route, segments: route.path.split("/") }));
    const names = routes.map(({ method, path }) => `${method} ${path.replace(PARAMETER, "{}")}`);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new Error(`two routes are ${twice}`);
  }

  /** `target`: the path and the query, as the request line has them. */
  find(method: string, target: string): Found | NotFound {
    const [path = "", ...queries] = target.split("?");
    const segments = path.split("/").map(decoded);
    if (!isWhole(segments)) {
      const refused = new AdminRefusal(`${path}: a % there is not followed by the two digits of a byte of UTF-8`, {
        code: "LG702",
      });
      return { refused, allow: [] };
    }
    const fitting = this.entries
      .filter((entry) => fits(entry, segments))
      // A word that is written out goes before a name for any.
      .sort((a, b) => parameters(a) - parameters(b));
    const { route, segments: pattern } = fitting.find((entry) => entry.route.method === method) ?? {};
    if (route === undefined || pattern === undefined) return this.notFound(method, path, fitting);
    return { route, params: paramsOf(pattern, segments), query: new URLSearchParams(queries.join("?")) };
  }

  private notFound(method: string, path: string, fitting: readonly Entry[]): NotFound {
    const allow = [...new Set(fitting.map(({ route }) => route.method))].sort();
    if (allow.length > 0) {
      const message = `${path} takes ${allow.join(" and ")}, and not ${method}`;
      return { refused: new AdminRefusal(message, { status: 405, code: "LG703" }), allow };
    }
    const [near] = nearestNames(
      path.startsWith("/v1/") ? path : `/v1${path}`,
      this.entries.map(({ route }) => route.path),
      1,
    );
    const hint = near === undefined ? "; docs/api.md lists what there is" : `; did you mean ${near}?`;
    const message = `there is no ${method} ${path} here${hint}`;
    return { refused: new AdminRefusal(message, { status: 404, code: "LG702" }), allow };
  }
}

const PARAMETER = /\{[^}]*\}/g;

function parameters({ segments }: Entry): number {
  return segments.filter(isParameter).length;
}

function isParameter(segment: string): boolean {
  return segment.startsWith("{");
}

function fits({ segments }: Entry, asked: readonly string[]): boolean {
  return (
    segments.length === asked.length &&
    segments.every((segment, i) => (isParameter(segment) ? asked[i] !== "" : segment === asked[i]))
  );
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pattern.flatMap((name, i) => (isParameter(name) ? [[name.slice(1, -1), segments[i] ?? ""]] : [])),
  );
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function isWhole(segments: readonly (string | undefined)[]): segments is readonly string[] {
  return !segments.includes(undefined);
}
