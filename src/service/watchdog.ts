/**
 * The watchdog of the service manager is fed when every part of the gateway has moved since it was fed last. A timer alone
 * would prove that timers run, and not that anything is read or kept.
 */
import type { Clock, Millis } from "../clock.ts";
import { SECOND } from "../clock.ts";
import type { Logger } from "../log.ts";

/** A part whose standstill means that the gateway does not do its work. */
export interface Pulse {
  /** Subject of a sentence, e.g. "the store". */
  readonly name: string;
  /** Resolves once it has moved. What stands still resolves when it goes on, or never. Never rejects. */
  moved(): Promise<void>;
}

export interface WatchdogOptions {
  /** The gateway is killed when it was not fed for so long: WATCHDOG_USEC. */
  readonly limit: Millis;
  /** Beside the event loop. */
  readonly pulses: readonly Pulse[];
  readonly feed: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Watchdog {
  private readonly options: WatchdogOptions;
  /** Who has not moved yet, in this round. */
  private readonly waiting = new Set<Pulse>();
  private complained: readonly Pulse[] = [];
  private cancelRound: () => void = () => {};
  private cancelComplaint: () => void = () => {};
  private closed = false;

  constructor(options: WatchdogOptions) {
    this.options = options;
  }

  /** Feeds at once, since everything has just begun, and at half of the limit from then on. */
  start(): void {
    this.options.feed();
    this.wait();
  }

  stop(): void {
    this.closed = true;
    this.cancelRound();
    this.cancelComplaint();
  }

  private wait(): void {
    const { clock, limit } = this.options;
    this.cancelRound = clock.at(clock.monotonic() + limit / 2, () => this.round());
  }

  private round(): void {
    const { clock, limit, pulses } = this.options;
    const loop: Pulse = {
      name: "the event loop",
      moved: () => new Promise((turn) => clock.at(clock.monotonic(), turn)),
    };
    for (const pulse of [loop, ...pulses]) {
      this.waiting.add(pulse);
      void pulse.moved().then(() => this.hasMoved(pulse));
    }
    this.cancelComplaint = clock.at(clock.monotonic() + limit / 4, () => this.complain());
  }

  private hasMoved(pulse: Pulse): void {
    this.waiting.delete(pulse);
    if (this.waiting.size > 0 || this.closed) return;
    const { feed, log } = this.options;
    this.cancelComplaint();
    if (this.complained.length > 0)
      log.warn({ code: "LG802" }, `${names(this.complained)} moved again: the watchdog is fed`);
    this.complained = [];
    feed();
    this.wait();
  }

  private complain(): void {
    const { limit, log } = this.options;
    this.complained = [...this.waiting];
    const seconds = Math.round(limit / 4 / SECOND);
    log.error(
      { code: "LG802" },
      `${names(this.complained)} stood still for ${seconds} s: systemd kills the gateway in ${seconds} s and starts it again, unless that changes`,
    );
  }
}

/** WATCHDOG_USEC where the watchdog is meant for us; undefined: nobody watches. `ids`: ours, and our parent's, the launcher's. */
export function watchdogLimit(
  { WATCHDOG_USEC: usec = "", WATCHDOG_PID: pid }: Readonly<Record<string, string | undefined>>,
  ids: readonly number[],
): Millis | undefined {
  const limit = Number(usec) / 1000;
  if (!(limit > 0) || (pid !== undefined && !ids.includes(Number(pid)))) return undefined;
  return limit;
}

function names(pulses: readonly Pulse[]): string {
  return pulses.map(({ name }) => name).join(" and ");
}
