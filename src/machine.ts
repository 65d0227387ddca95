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
  const waiting: (Event | Timeout)[] = [];
  let running = false;
  let stopped = false;
  let armed: Millis | undefined;
  let disarm: (() => void) | undefined;

  const arm = (): void => {
    const deadline = stopped ? undefined : machine.deadline;
    // Deadlines come and go with every message: a timer that rings too early costs less than one made anew each time.
    if (!stopped && (deadline === undefined || (armed !== undefined && armed <= deadline))) return;
    disarm?.();
    armed = deadline;
    disarm = deadline === undefined ? undefined : clock.at(deadline, onDeadline);
  };
  const onDeadline = (): void => {
    armed = undefined;
    disarm = undefined;
    const deadline = machine.deadline;
    if (deadline !== undefined && deadline <= clock.monotonic()) feed(TIMEOUT);
    else arm();
  };
  const feed = (event: Event | Timeout): void => {
    if (stopped) return;
    waiting.push(event);
    if (running) return;
    running = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        for (const effect of machine.handle(next, clock.monotonic())) perform(effect);
      }
    } finally {
      running = false;
      arm();
    }
  };
  return Object.assign((event: Event) => feed(event), {
    stop(): void {
      stopped = true;
      waiting.length = 0;
      arm();
    },
  });
}
