import { MINUTE, type Millis, SECOND } from "../../../src/adapter.ts";

/** Each attempt owes advertisements at least this … */
const LEAST_OWED: Millis = SECOND;
/** … and all together at most this. */
const MOST_OWED: Millis = 30 * SECOND;
/** An attempt to a device that nobody heard owes so many times what it took. */
const UNHEARD_FACTOR = 3;
const RESCAN = { first: SECOND, longest: MINUTE } as const;
/** One failure to listen may be chance. */
const DEAF = 2;

/** Whether one adapter listens for advertisements, when it does so again after a failure, and what attempts to connect owe it. */
export class Listening {
  private readonly allowed: boolean;
  private since: Millis | undefined;
  private failures = 0;
  private again: Millis = 0;
  private owed: Millis = 0;

  /** `allowed`: by the configuration. */
  constructor(allowed: boolean) {
    this.allowed = allowed;
  }

  get isOn(): boolean {
    return this.since !== undefined;
  }

  /** Whether what advertises can be hoped to be heard. */
  get canHear(): boolean {
    return this.allowed && this.failures < DEAF;
  }

  /** When it may be tried. */
  get againAt(): Millis {
    return this.again;
  }

  /** The adapter is another one, or there again. */
  reset(now: Millis): void {
    this.since = undefined;
    this.failures = 0;
    this.again = now;
    this.owed = 0;
  }

  start(now: Millis): void {
    this.since = now;
  }

  succeeded(): void {
    this.failures = 0;
  }

  failed(now: Millis): void {
    this.since = undefined;
    this.again = now + Math.min(RESCAN.longest, RESCAN.first * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 10);
  }

  /** `wanted`: whether anybody still wants to hear. Returns whether it was on. */
  stop(now: Millis, wanted: boolean): boolean {
    if (this.since === undefined) return false;
    this.owed = this.owedAt(now, wanted);
    this.since = undefined;
    return true;
  }

  /** An attempt to connect is over, during which nothing was heard. */
  owe(attempt: { readonly took: Millis; readonly heard: boolean }): void {
    const took = Math.max(LEAST_OWED, attempt.took);
    this.owed = Math.min(MOST_OWED, this.owed + took * (attempt.heard ? 1 : UNHEARD_FACTOR));
  }

  /** The time that advertisements still have a right to before the next attempt. */
  owedAt(now: Millis, wanted: boolean): Millis {
    if (!this.canHear || !wanted) return 0;
    return this.since === undefined ? this.owed : Math.max(0, this.owed - (now - this.since));
  }
}
