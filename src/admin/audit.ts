/** Who asked for what: a line of the log for each wish that changes something, done, refused or failed. */
import { type Clock, MINUTE } from "../clock.ts";
import type { LogFields, Logger } from "../log.ts";
import type { ApiRequest, Route } from "./route.ts";

/** In a minute, of one cause: a script that has gone mad, or a scan over an open link, fills no disk. */
const MOST_LINES = 30;
const MOST_CAUSES = 100;
const LONGEST_REASON = 200;

export interface Wish {
  /** Through which door, and whose. */
  readonly by: string;
  readonly route: Route;
  readonly request: ApiRequest;
}

interface Cause {
  lines: number;
  /** Not written. */
  more: number;
  readonly fields: LogFields;
}

export class Audit {
  private readonly log: Logger;
  private readonly clock: Clock;
  private readonly causes = new Map<string, Cause>();
  private disarm: (() => void) | undefined;

  constructor(log: Logger, clock: Clock) {
    this.log = log.unlimited ?? log;
    this.clock = clock;
  }

  tell({ by, route, request }: Wish, outcome: "done" | "refused" | "failed", reason?: string): void {
    if (route.writes !== true) return;
    const fields = { by, request: askedFor(route, request), outcome };
    const cause = this.cause(`${by} ${route.path} ${outcome}`, fields);
    if (cause.lines++ >= MOST_LINES) {
      cause.more++;
      return;
    }
    const why = reason === undefined ? {} : { reason: reason.slice(0, LONGEST_REASON) };
    this.log.info({ ...fields, ...about(route, request), ...why }, "audit");
  }

  /** What was not written is told. */
  stop(): void {
    this.disarm?.();
    this.disarm = undefined;
    for (const { more, fields } of this.causes.values()) {
      if (more > 0) this.log.info({ ...fields, more }, "audit: as many more in this minute, which are counted only");
    }
    this.causes.clear();
  }

  private cause(key: string, fields: LogFields): Cause {
    this.disarm ??= this.clock.at(this.clock.monotonic() + MINUTE, () => this.stop());
    const name = this.causes.has(key) || this.causes.size < MOST_CAUSES ? key : "";
    const cause = this.causes.get(name) ?? { lines: 0, more: 0, fields: name === "" ? {} : fields };
    this.causes.set(name, cause);
    return cause;
  }
}

/** The route with its parameters, and without a query. */
function askedFor({ method, path }: Route, { params }: ApiRequest): string {
  return `${method} ${path.replace(/\{([^}]*)\}/g, (all, name: string) => encodeURIComponent(params[name] ?? all))}`;
}

/** Nothing of what is not understood: it was refused for that. */
function about(route: Route, request: ApiRequest): LogFields {
  try {
    return route.about?.(request) ?? {};
  } catch {
    return {};
  }
}
