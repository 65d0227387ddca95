/** When a line connects, when it gives a connection up, and how long it rests in between. */
import {
  type Machine,
  type Millis,
  type PauseRange,
  type Random,
  randomFraction,
  type Timeout,
} from "../../src/adapter.ts";

export type ReconnectionEvent =
  | { readonly type: "start" }
  | { readonly type: "connected" }
  /** An attempt failed, or a connection was lost. */
  | { readonly type: "lost"; readonly reason: string }
  /** A unit answered, if only with an exception. */
  | { readonly type: "answered"; readonly unit: number }
  /** A unit did not answer in time, or with what is no answer. */
  | { readonly type: "silent"; readonly unit: number };

export type ReconnectionEffect =
  | { readonly type: "connect" }
  /** Close the connection, or give up the attempt. */
  | { readonly type: "disconnect"; readonly reason: string }
  | { readonly type: "open" }
  /** No connection for so long. */
  | { readonly type: "rest"; readonly reason: string; readonly pause: Millis }
  /** For the log: the line's state changed. */
  | { readonly type: "report"; readonly state: "answers" }
  | { readonly type: "report"; readonly state: "down"; readonly reason: string };

export interface ReconnectionSettings {
  readonly pause: PauseRange;
  /** How long an attempt to connect may take. */
  readonly connectTimeout: Millis;
  readonly patience: Patience;
  readonly random: Random;
}

/** When requests without an answer mean that the connection is no good. */
export interface Patience {
  /** After so many in a row, where all who answered on it before were asked again … */
  readonly suspect: number;
  /** … and each of those asked so often, on average … */
  readonly each: number;
  /** … or after so many, whoever answered on it before. */
  readonly hopeless: number;
}

export const PATIENCE = {
  /** Two silences in a row: half open, or out of step for good. */
  network: { suspect: 2, each: 1, hopeless: 5 },
  /** Many devices on one wire, of which any number may be dead: the others keep their connection. */
  shared: { suspect: 10, each: 3, hopeless: Infinity },
} as const satisfies Readonly<Record<string, Patience>>;

type State = { readonly name: "idle" | "open" } | { readonly name: "connecting" | "resting"; readonly until: Millis };

/** A device that fails in a new way each time is no news any more. */
const MOST_REASONS = 4;

export class Reconnection implements Machine<ReconnectionEvent, ReconnectionEffect> {
  private readonly settings: ReconnectionSettings;
  private state: State = { name: "idle" };
  /** Failures since the last answer: the next pause doubles with each. */
  private failures = 0;
  /** Requests in a row that nobody answered, and the units that were asked. */
  private silences = 0;
  private readonly silent = new Set<number>();
  /** Who answered on this connection. */
  private readonly alive = new Set<number>();
  private answering = false;
  /** Why it was down, as far as it was told since the last answer. */
  private readonly told = new Set<string>();

  constructor(settings: ReconnectionSettings) {
    this.settings = settings;
  }

  get deadline(): Millis | undefined {
    return "until" in this.state ? this.state.until : undefined;
  }

  /** Whether a request now would have to wait for a pause to end. */
  get resting(): boolean {
    return this.state.name === "resting";
  }

  handle(event: ReconnectionEvent | Timeout, now: Millis): ReconnectionEffect[] {
    switch (event.type) {
      case "start":
        return this.state.name === "idle" ? this.connect(now) : [];
      case "connected":
        return this.state.name === "connecting" ? this.open() : [];
      case "lost":
        return this.state.name === "connecting" || this.state.name === "open" ? this.rest(event.reason, now) : [];
      case "answered":
        return this.state.name === "open" ? this.answered(event.unit) : [];
      case "silent":
        return this.state.name === "open" ? this.unanswered(event.unit, now) : [];
      case "timeout":
        return this.timeout(now);
    }
  }

  private timeout(now: Millis): ReconnectionEffect[] {
    if (!("until" in this.state) || now < this.state.until) return [];
    if (this.state.name === "resting") return this.connect(now);
    return this.giveUp("no connection in time", now);
  }

  private connect(now: Millis): ReconnectionEffect[] {
    this.state = { name: "connecting", until: now + this.settings.connectTimeout };
    return [{ type: "connect" }];
  }

  private open(): ReconnectionEffect[] {
    this.state = { name: "open" };
    this.silences = 0;
    this.silent.clear();
    this.alive.clear();
    return [{ type: "open" }];
  }

  private answered(unit: number): ReconnectionEffect[] {
    this.failures = 0;
    this.silences = 0;
    this.silent.clear();
    this.alive.add(unit);
    return this.reportAnswers();
  }

  /**
   * Silences in a row give a connection up. Unless somebody else answered on it and was not asked again: then it may be one
   * dead unit behind a gateway, and the others keep their connection.
   */
  private unanswered(unit: number, now: Millis): ReconnectionEffect[] {
    this.silences++;
    this.silent.add(unit);
    const { suspect, each, hopeless } = this.settings.patience;
    const many = this.silences >= Math.max(suspect, each * this.silent.size);
    const nobody = many && [...this.alive].every((other) => this.silent.has(other));
    if (!nobody && this.silences < hopeless) return [];
    return this.giveUp(`${this.silences} requests in a row without an answer`, now);
  }

  private giveUp(reason: string, now: Millis): ReconnectionEffect[] {
    return [{ type: "disconnect", reason }, ...this.rest(reason, now)];
  }

  private rest(reason: string, now: Millis): ReconnectionEffect[] {
    const pause = this.nextPause();
    this.state = { name: "resting", until: now + pause };
    return [{ type: "rest", reason, pause }, ...this.reportDown(reason)];
  }

  /** Devices with one connection need a while to notice that it is closed: never less than `first`. */
  private nextPause(): Millis {
    const { first, longest } = this.settings.pause;
    const pause = Math.min(longest, first * 2 ** this.failures);
    if (pause < longest) this.failures++;
    // Several gateways must not come back to one device in step.
    return Math.round(pause * (1 + randomFraction(this.settings.random) / 4));
  }

  /** Once for each outage, whatever becomes of the attempts in between; another reason is news. */
  private reportDown(reason: string): ReconnectionEffect[] {
    this.answering = false;
    if (this.told.has(reason) || this.told.size >= MOST_REASONS) return [];
    this.told.add(reason);
    return [{ type: "report", state: "down", reason }];
  }

  private reportAnswers(): ReconnectionEffect[] {
    if (this.answering) return [];
    this.answering = true;
    this.told.clear();
    return [{ type: "report", state: "answers" }];
  }
}
