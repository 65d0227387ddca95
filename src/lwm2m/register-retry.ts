/** How long to wait after a failed registration: Core 1.2 §6.2.1.2 where the server says so, else our own rule. */
import { HOUR, MINUTE, type Millis, type Random, randomFraction, SECOND } from "../clock.ts";

/** Resources 17 to 20 of the Server object, times in seconds; an absent one has the default that Core recommends. */
export interface ServerRetry {
  readonly count?: number | undefined;
  readonly timer?: number | undefined;
  readonly sequenceDelay?: number | undefined;
  readonly sequenceCount?: number | undefined;
}

export interface RetryWait {
  readonly wait: Millis;
  /** Who waits for this server to be registered need not wait any longer: its sequences are used up, or it has set none. */
  readonly failed: boolean;
  /** The server's own sequences are used up: by Core the registration has failed for good. */
  readonly exhausted: boolean;
}

const FIRST_WAIT: Millis = 10 * SECOND;
const LONGEST_WAIT: Millis = 5 * MINUTE;
/** A part of each wait is left to chance, so that a fleet does not come back in one moment. */
const JITTER = 0.25;

/** Recommended where a resource is absent (Core 1.2, Server object 17 to 20). */
const DEFAULTS = { count: 5, timer: 60, sequenceDelay: 86400, sequenceCount: 1 };
/** Of resource 19: no further sequence. */
const NO_FURTHER_SEQUENCE = 0xffff_ffff;
/** A server may write nonsense, and a gateway that nobody can reach any more needs a visit. */
const SHORTEST_SERVER_WAIT: Millis = SECOND;
const LONGEST_SERVER_WAIT: Millis = 24 * HOUR;

/** Counts failures in a row. */
export class RegisterRetry {
  private readonly random: Random;
  private readonly serverRetry: () => ServerRetry;
  private failures = 0;
  private attempt = 1;
  private sequence = 1;

  constructor(random: Random, serverRetry: () => ServerRetry) {
    this.random = random;
    this.serverRetry = serverRetry;
  }

  reset(): void {
    this.failures = 0;
    this.attempt = 1;
    this.sequence = 1;
  }

  /** The wait before the next attempt, after one that has failed. */
  next(): RetryWait {
    const written = this.serverRetry();
    const isWritten = Object.values(written).some((value) => value !== undefined);
    if (!isWritten) return { wait: this.nextOfOurs(), failed: true, exhausted: false };
    const next = this.nextOfServer(written);
    return { ...next, failed: next.exhausted };
  }

  /** 10 s, doubling to 5 min, each up to a quarter shorter. */
  private nextOfOurs(): Millis {
    const longest = Math.min(FIRST_WAIT * 2 ** this.failures++, LONGEST_WAIT);
    return Math.ceil(longest * (1 - JITTER * randomFraction(this.random)));
  }

  /**
   * Attempts of a sequence are timer · 2^(n-1) apart, sequences a sequence delay. By Core the last sequence ends it all; since
   * nothing else could bring the gateway back, it then begins anew after one more sequence delay, a day at most.
   */
  private nextOfServer(written: ServerRetry): Omit<RetryWait, "failed"> {
    const { count = DEFAULTS.count, timer = DEFAULTS.timer } = written;
    const { sequenceDelay = DEFAULTS.sequenceDelay, sequenceCount = DEFAULTS.sequenceCount } = written;
    if (this.attempt < count) {
      return { wait: bounded(timer * 2 ** (this.attempt++ - 1)), exhausted: false };
    }
    this.attempt = 1;
    const exhausted = this.sequence >= sequenceCount || sequenceDelay === NO_FURTHER_SEQUENCE;
    this.sequence = exhausted ? 1 : this.sequence + 1;
    return { wait: bounded(sequenceDelay), exhausted };
  }
}

function bounded(seconds: number): Millis {
  return Math.min(Math.max(seconds * SECOND, SHORTEST_SERVER_WAIT), LONGEST_SERVER_WAIT);
}
