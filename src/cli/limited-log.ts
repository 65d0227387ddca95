/**
 * The log of the daemon with limits: what repeats itself is held back, counted, and told of in one line. Here and nowhere else, so
 * that no place that logs can forget it.
 */
import { type Clock, MINUTE, type Millis, type UnixMillis } from "../clock.ts";
import type { CodedFields, LogFields, Logger } from "../log.ts";

const WINDOW: Millis = 10 * MINUTE;
/** Of one cause in a window. */
const MOST_LINES = 10;
/** In the window after one in which lines were held back it is so many times less, but one. */
const LESS = 10;
/** Kept apart in a window; a site of a thousand devices that loses its power must find room, each by itself. */
const MOST_CAUSES = 2000;
/** Of those that found no room, of all of one kind. */
const MOST_OF_A_KIND = 1000;
const MOST_KINDS = 200;

/** What tells two lines of one sentence apart: each value has lines of its own. */
const SUBJECTS = ["device", "server", "link"] as const;
const PARTS = ["path", "point", "topic"] as const;

interface Line {
  /** Whom it is about. */
  readonly subject: string;
  readonly fields: LogFields;
  readonly message: string;
  write(fields: LogFields, message: string): void;
}

interface Held {
  /** The newest. */
  readonly line: Line;
  readonly count: number;
  readonly since: UnixMillis;
  readonly at: UnixMillis;
}

interface Cause {
  readonly subject: string;
  limit: number;
  lines: number;
  /** In this window something was held back. */
  isNoisy: boolean;
  held: Held | undefined;
}

/**
 * A cause is a sentence about one device, server or link. Of one subject the log keeps the order in which things happened last: what
 * is held back is told before a line that is newer. So the last line about a device is its last state, at the latest when the
 * window ends.
 */
export class LimitedLog {
  /** At level `debug` nothing is held back. */
  readonly logger: Logger;
  private readonly clock: Clock;
  private readonly causes = new Map<string, Cause>();
  /** Those that hold something back, by their newest line. */
  private readonly holding = new Set<Cause>();
  /** Codes. */
  private readonly explained = new Set<string>();
  private disarm: (() => void) | undefined;
  private stopped = false;

  constructor(to: Logger, clock: Clock) {
    this.clock = clock;
    this.logger = to.debugging ? to : new LimitedLogger(to, {}, (line) => this.take(line));
  }

  /** What is held back is told, and from now on nothing is. */
  stop(): void {
    this.stopped = true;
    this.close();
    this.causes.clear();
    this.disarm?.();
    this.disarm = undefined;
  }

  private take(line: Line): void {
    if (this.stopped) {
      line.write({}, line.message);
      return;
    }
    this.arm();
    const cause = this.cause(line);
    if (cause.lines < cause.limit) {
      cause.lines++;
      this.tellHeld(({ subject }) => subject === line.subject);
      line.write(this.advice(line), line.message);
    } else this.hold(cause, line);
  }

  /** With the first line of each code: where to read on. */
  private advice({ fields: { code } }: Line): LogFields {
    if (typeof code !== "string" || this.explained.has(code)) return {};
    this.explained.add(code);
    return { next: `lwm2m-gateway explain ${code}` };
  }

  private cause(line: Line): Cause {
    const { subject, fields, message } = line;
    const { code = message } = fields;
    const key = `${subject}\n${valuesOf(fields, PARTS)}\n${code}\n${message}`;
    const known = this.causes.get(key);
    if (known !== undefined) return known;
    if (this.causes.size < MOST_CAUSES) return this.add(key, { subject, limit: MOST_LINES });
    const kind = this.causes.size < MOST_CAUSES + MOST_KINDS ? `${code}` : "";
    return this.causes.get(kind) ?? this.add(kind, { subject: "", limit: MOST_OF_A_KIND });
  }

  private add(key: string, made: Pick<Cause, "subject" | "limit">): Cause {
    const cause = { ...made, lines: 0, isNoisy: false, held: undefined };
    this.causes.set(key, cause);
    return cause;
  }

  private hold(cause: Cause, line: Line): void {
    const { held } = cause;
    const at = this.clock.wall();
    cause.held = { line, count: (held?.count ?? 0) + 1, since: held?.since ?? at, at };
    cause.isNoisy = true;
    this.holding.delete(cause);
    this.holding.add(cause);
  }

  private tellHeld(isWanted: (cause: Cause) => boolean): void {
    for (const cause of this.holding) {
      if (cause.held === undefined || !isWanted(cause)) continue;
      const { line, count, since, at } = cause.held;
      cause.held = undefined;
      this.holding.delete(cause);
      const times = { heldSince: new Date(since).toISOString(), lastAt: new Date(at).toISOString() };
      line.write({ heldBack: count, ...times }, `${line.message}; the last of the lines like this that were held back`);
    }
  }

  private arm(): void {
    this.disarm ??= this.clock.at(this.clock.monotonic() + WINDOW, () => {
      this.disarm = undefined;
      this.close();
      if (this.causes.size > 0) this.arm();
    });
  }

  /** The window is over. */
  private close(): void {
    this.tellHeld(() => true);
    for (const [key, cause] of this.causes) {
      if (cause.isNoisy) {
        cause.limit = Math.max(1, cause.limit / LESS);
        cause.lines = 0;
        cause.isNoisy = false;
      } else this.causes.delete(key);
    }
  }
}

/** One for each device and more: there may be thousands. */
class LimitedLogger implements Logger {
  readonly unlimited: Logger;
  private readonly common: LogFields;
  private readonly take: (line: Line) => void;

  constructor(to: Logger, common: LogFields, take: (line: Line) => void) {
    this.unlimited = to;
    this.common = common;
    this.take = take;
  }

  get debugging(): boolean {
    return this.unlimited.debugging;
  }

  error(fields: CodedFields, message: string): void {
    const write: Line["write"] = (more, text) => this.unlimited.error({ ...fields, ...more }, text);
    this.take({ subject: this.subject(fields), fields, message, write });
  }

  warn(fields: CodedFields, message: string): void {
    const write: Line["write"] = (more, text) => this.unlimited.warn({ ...fields, ...more }, text);
    this.take({ subject: this.subject(fields), fields, message, write });
  }

  info(fields: LogFields, message: string): void {
    const write: Line["write"] = (more, text) => this.unlimited.info({ ...fields, ...more }, text);
    this.take({ subject: this.subject(fields), fields, message, write });
  }

  debug(fields: LogFields, message: string): void {
    this.unlimited.debug(fields, message);
  }

  child(fields: LogFields): Logger {
    return new LimitedLogger(this.unlimited.child(fields), { ...this.common, ...fields }, this.take);
  }

  private subject(fields: LogFields): string {
    return `${Object.values(this.common).join("\n")}\n${valuesOf(fields, SUBJECTS)}`;
  }
}

function valuesOf(fields: LogFields, names: readonly string[]): string {
  return names.map((name) => fields[name] ?? "").join("\n");
}
