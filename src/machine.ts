import type { Clock, Millis } from "./clock.ts";

export interface Timeout {
  readonly type: "timeout";
}

export const TIMEOUT: Timeout = { type: "timeout" };

/** A protocol with the I/O left out: events go in, effects come out. Same events at the same times give the same effects, always. */
export interface Machine<Event, Effect> {
  /** Takes one event; returns what the caller must now do, in order. */
  handle(event: Event | Timeout, now: Millis): Effect[];
  /** When to hand in a timeout, if no other event comes first. */
  readonly deadline: Millis | undefined;
}

/** A machine that runs on a clock. */
export interface Drive<Event> {
  /** Feeds an event. Re-entrant: an event that an effect causes waits until the effects before it are done. */
  (event: Event): void;
  /** Takes the machine off the clock; events after that are dropped. */
  stop(): void;
}

/** Runs a machine on a clock. Returns the function that feeds it events. */
export function drive<Event, Effect>(
  machine: Machine<Event, Effect>,
  clock: Clock,
  perform: (effect: Effect) => void,
): Drive<Event> {
  const driver = new Driver(machine, clock, perform);
  return Object.assign((event: Event) => driver.feed(event), { stop: () => driver.stop() });
}

/** There are thousands, most of which are at rest: what one does not need now it does not have. */
class Driver<Event, Effect> {
  private readonly machine: Machine<Event, Effect>;
  private readonly clock: Clock;
  private readonly perform: (effect: Effect) => void;
  /** Events that came while another was handled. */
  private waiting: (Event | Timeout)[] | undefined;
  private running = false;
  private stopped = false;
  private armed: Millis | undefined;
  private disarm: (() => void) | undefined;

  constructor(machine: Machine<Event, Effect>, clock: Clock, perform: (effect: Effect) => void) {
    this.machine = machine;
    this.clock = clock;
    this.perform = perform;
  }

  feed(event: Event | Timeout): void {
    if (this.stopped) return;
    if (this.running) {
      this.waiting ??= [];
      this.waiting.push(event);
      return;
    }
    this.running = true;
    try {
      this.handle(event);
      while (this.waiting !== undefined) {
        const next = this.waiting.shift();
        if (next === undefined) this.waiting = undefined;
        else this.handle(next);
      }
    } finally {
      this.running = false;
      this.arm();
    }
  }

  stop(): void {
    this.stopped = true;
    this.waiting = undefined;
    this.arm();
  }

  private handle(event: Event | Timeout): void {
    for (const effect of this.machine.handle(event, this.clock.monotonic())) this.perform(effect);
  }

  private arm(): void {
    const deadline = this.stopped ? undefined : this.machine.deadline;
    // Deadlines come and go with every message: a timer that rings too early costs less than one made anew each time.
    if (!this.stopped && (deadline === undefined || (this.armed !== undefined && this.armed <= deadline))) return;
    this.disarm?.();
    this.armed = deadline;
    this.disarm = deadline === undefined ? undefined : this.clock.at(deadline, () => this.onDeadline());
  }

  private onDeadline(): void {
    this.armed = undefined;
    this.disarm = undefined;
    const { deadline } = this.machine;
    if (deadline !== undefined && deadline <= this.clock.monotonic()) this.feed(TIMEOUT);
    else this.arm();
  }
}
