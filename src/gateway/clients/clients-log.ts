/** What the log says of many clients at one server: how many are registered, and why some are not; never a line for each. */
import { type Clock, MINUTE, type Millis, SECOND } from "../../clock.ts";
import type { CodedFields, LogFields, Logger } from "../../log.ts";
import type { ClientStanding } from "../../servers/server-status.ts";

/** It is told once nothing has changed for so long, or so long after the first change. */
const QUIET: Millis = 10 * SECOND;
const LONGEST: Millis = MINUTE;
const NAMED = 3;

export class ClientsLog {
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly statuses: () => readonly ClientStanding[];
  private disarm: (() => void) | undefined;
  private first: Millis = 0;
  private touched: Millis = 0;
  private told = "";

  constructor(clock: Clock, log: Logger, statuses: () => readonly ClientStanding[]) {
    this.clock = clock;
    this.log = log;
    this.statuses = statuses;
  }

  /** It may be different now. */
  touch(): void {
    const now = this.clock.monotonic();
    this.touched = now;
    if (this.disarm !== undefined) return;
    this.first = now;
    this.arm(now + QUIET);
  }

  stop(): void {
    this.disarm?.();
    this.disarm = undefined;
  }

  private arm(at: Millis): void {
    this.disarm = this.clock.at(at, () => {
      const due = Math.min(this.touched + QUIET, this.first + LONGEST);
      if (this.clock.monotonic() < due) this.arm(due);
      else this.tell();
    });
  }

  private tell(): void {
    this.disarm = undefined;
    const all = this.statuses();
    const registered = all.filter(({ state }) => state === "registered" || state === "updating").length;
    const failing = all.filter(({ state }) => state === "retrying" || state === "refused");
    const text = `${registered} of ${all.length}, ${failing.map(({ device }) => device).join(" ")}`;
    if (text === this.told) return;
    this.told = text;
    const fields = { clients: all.length, registered };
    if (failing.length === 0) this.log.info(fields, "devices are registered");
    else
      this.log.warn(
        { code: "LG401", ...fields, failing: failing.length, ...examples(failing) },
        "not all devices are registered",
      );
  }
}

function examples(failing: readonly ClientStanding[]): { readonly reasons: readonly string[] } {
  return { reasons: failing.slice(0, NAMED).map(({ device, reason }) => `${device}: ${reason}`) };
}

/** Of one of the clients: a change of its state is told of all of them together. There are thousands of these. */
export class ClientLogger implements Logger {
  private readonly log: Logger;
  private readonly fields: LogFields;

  constructor(log: Logger, fields: LogFields) {
    this.log = log;
    this.fields = fields;
  }

  get debugging(): boolean {
    return this.log.debugging;
  }

  error(fields: CodedFields, message: string): void {
    this.log.error({ ...this.fields, ...fields }, message);
  }

  warn(fields: CodedFields, message: string): void {
    this.debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.debug(fields, message);
  }

  debug(fields: LogFields, message: string): void {
    if (this.log.debugging) this.log.debug({ ...this.fields, ...fields }, message);
  }

  child(fields: LogFields): Logger {
    const known = Object.entries(fields).every(([name, value]) => this.fields[name] === value);
    return known ? this : new ClientLogger(this.log, { ...this.fields, ...fields });
  }
}
