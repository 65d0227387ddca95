/** When an adapter is opened, when it is asked whether it still lives, and when it is given up and opened anew. */
import { type Machine, MINUTE, type Millis, SECOND, type Timeout } from "../../../src/adapter.ts";
import type { RadioState } from "../radio/radio.ts";
import { StateNews } from "./state-news.ts";

export type LifeEvent =
  | { readonly type: "start" }
  /** It was opened. What it says of its state may come before. */
  | { readonly type: "opened" }
  | { readonly type: "open-failed"; readonly reason: string }
  | { readonly type: "state"; readonly state: RadioState }
  /** Whether we listen for advertisements now. */
  | { readonly type: "scanning"; readonly on: boolean }
  /** An advertisement came. */
  | { readonly type: "heard" }
  /** Something else was done. */
  | { readonly type: "done" }
  /** It did not settle in time what it was asked for. */
  | { readonly type: "suspect" }
  | { readonly type: "probed" }
  | { readonly type: "probe-failed"; readonly reason: string }
  | { readonly type: "closed" };

export type LifeEffect =
  | { readonly type: "open" }
  /** Close it; then `closed` is awaited. */
  | { readonly type: "close" }
  | { readonly type: "up" }
  | { readonly type: "down"; readonly reason: string }
  | { readonly type: "probe" }
  | { readonly type: "rescan" }
  /** For the log. */
  | { readonly type: "report"; readonly state: RadioState };

/** Opening an adapter, until it says how it is. */
const OPENING: Millis = MINUTE;
/** So long nothing has to come before somebody asks; it doubles where an adapter lives and yet hears nothing: there may be nothing. */
const QUIET = { first: MINUTE, longest: 16 * MINUTE } as const;
/** The pause before it is opened anew. */
const PAUSE = { first: SECOND, longest: 5 * MINUTE } as const;

type Phase =
  | { readonly name: "idle" | "closing" }
  /** `opened`: it is, and has not said yet how it is. */
  | { readonly name: "opening"; readonly until: Millis; readonly opened: boolean }
  | { readonly name: "resting"; readonly until: Millis }
  | { readonly name: "open" };

export class RadioLife implements Machine<LifeEvent, LifeEffect> {
  private readonly news = new StateNews();
  private phase: Phase = { name: "idle" };
  /** As this radio said it last. */
  private said: RadioState | undefined;
  /** As it was told. */
  private current: RadioState | undefined;
  private failures = 0;
  private scanning = false;
  private probing = false;
  private lastSign: Millis = 0;
  private quiet: Millis = QUIET.first;

  get deadline(): Millis | undefined {
    const times = [this.phaseEnds, this.news.againAt, this.probeAt].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Undefined before the first word of it. */
  get state(): RadioState | undefined {
    return this.current;
  }

  handle(event: LifeEvent | Timeout, now: Millis): LifeEffect[] {
    const effects = this.take(event, now);
    const report = this.current === undefined ? undefined : this.news.of(this.current, now);
    return report === undefined ? effects : [...effects, { type: "report", state: report }];
  }

  private take(event: LifeEvent | Timeout, now: Millis): LifeEffect[] {
    switch (event.type) {
      case "start":
        return this.phase.name === "idle" ? this.open(now) : [];
      case "opened":
        return this.opened(now);
      case "open-failed":
        return this.phase.name === "opening" ? [...this.unavailable(event.reason), ...this.rest(now)] : [];
      case "state":
        return this.hearState(event.state, now);
      case "scanning":
        this.scanning = event.on;
        return [];
      case "heard":
        this.sign(now);
        this.quiet = QUIET.first;
        return [];
      case "done":
        // Whoever listens wants to hear something: that connections work says nothing about that.
        if (!this.scanning) this.sign(now);
        return [];
      case "suspect":
        return this.isUp && !this.probing ? this.probe() : [];
      case "probed":
        return this.probing ? this.probed(now) : [];
      case "probe-failed":
        return this.probing ? this.giveUp(event.reason) : [];
      case "closed":
        return this.phase.name === "closing" ? this.rest(now) : [];
      case "timeout":
        return this.timeout(now);
    }
  }

  private get isUp(): boolean {
    return this.phase.name === "open" && this.current?.state === "ready";
  }

  private get phaseEnds(): Millis | undefined {
    return "until" in this.phase ? this.phase.until : undefined;
  }

  private get probeAt(): Millis | undefined {
    return this.isUp && !this.probing ? this.lastSign + this.quiet : undefined;
  }

  private timeout(now: Millis): LifeEffect[] {
    if (this.phase.name === "resting" && this.phase.until <= now) return this.open(now);
    if (this.phase.name === "opening" && this.phase.until <= now) return this.giveUp("it does not say how it is");
    return this.probeAt !== undefined && this.probeAt <= now ? this.probe() : [];
  }

  private open(now: Millis): LifeEffect[] {
    this.phase = { name: "opening", until: now + OPENING, opened: false };
    this.said = undefined;
    return [{ type: "open" }];
  }

  /** How it is may have been said before, or is said later. */
  private opened(now: Millis): LifeEffect[] {
    if (this.phase.name !== "opening") return [];
    this.phase = { ...this.phase, opened: true };
    return this.said === undefined ? [] : this.turn(this.said, now);
  }

  private hearState(state: RadioState, now: Millis): LifeEffect[] {
    this.said = state;
    const isOpen = this.phase.name === "open" || (this.phase.name === "opening" && this.phase.opened);
    return isOpen ? this.turn(state, now) : [];
  }

  private turn(state: RadioState, now: Millis): LifeEffect[] {
    this.phase = { name: "open" };
    if (state.state === "unavailable") return this.unavailable(state.reason);
    if (this.current?.state === "ready") return [];
    this.current = state;
    this.lastSign = now;
    this.quiet = QUIET.first;
    this.probing = false;
    return [{ type: "up" }];
  }

  private unavailable(reason: string): LifeEffect[] {
    this.probing = false;
    this.scanning = false;
    if (this.current?.state === "unavailable" && this.current.reason === reason) return [];
    this.current = { state: "unavailable", reason };
    return [{ type: "down", reason }];
  }

  private sign(now: Millis): void {
    this.lastSign = now;
    this.failures = 0;
  }

  private probe(): LifeEffect[] {
    this.probing = true;
    return [{ type: "probe" }];
  }

  /** It lives. Listening may have ended in silence all the same. */
  private probed(now: Millis): LifeEffect[] {
    this.probing = false;
    this.sign(now);
    if (!this.scanning) return [];
    this.quiet = Math.min(QUIET.longest, this.quiet * 2);
    return [{ type: "rescan" }];
  }

  private giveUp(reason: string): LifeEffect[] {
    const effects = this.unavailable(reason);
    this.phase = { name: "closing" };
    return [...effects, { type: "close" }];
  }

  private rest(now: Millis): LifeEffect[] {
    const pause = Math.min(PAUSE.longest, PAUSE.first * 2 ** this.failures);
    if (pause < PAUSE.longest) this.failures++;
    this.phase = { name: "resting", until: now + pause };
    return [];
  }
}
