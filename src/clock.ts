import { randomBytes } from "node:crypto";

/** Milliseconds on the monotonic clock: every deadline and interval. */
export type Millis = number;
/** Milliseconds since 1970: the time of a sample. May jump when NTP sets the clock. */
export type UnixMillis = number;

export const SECOND: Millis = 1000;
export const MINUTE: Millis = 60 * SECOND;
export const HOUR: Millis = 60 * MINUTE;

export interface Clock {
  monotonic(): Millis;
  wall(): UnixMillis;
  /** What is known of the times that it told before it was right; absent where it always was. */
  readonly undated?: Undated | undefined;
  /** Runs the task once, at the given monotonic time. Returns its cancel function. */
  at(time: Millis, task: () => void): () => void;
}

/**
 * Nobody may know yet what time it is: a machine without a battery has just started. Times are milliseconds since that start
 * then, and stay below all times that a clock which is right can tell: see `isUndated`. So they can be dated wherever they are.
 */
export type Undated =
  /** When the machine started. */
  | { readonly started: UnixMillis }
  /** That is not known yet; how long ago it is now. */
  | { readonly now: Millis };

/** RFC 8428 §4.5.3 has the same border: a time before 1978-07-04 is relative. No machine runs so long without being set. */
export function isUndated(time: UnixMillis): boolean {
  return time < FIRST_DATE;
}

/** An undated time in Unix time; any other as it is. */
export function datedFrom(started: UnixMillis, time: UnixMillis): UnixMillis {
  return isUndated(time) ? started + time : time;
}

/** A time in Unix time, as far as the clock knows by now what that is. */
export function datedBy({ undated }: Clock, time: UnixMillis): UnixMillis {
  return undated !== undefined && "started" in undated ? datedFrom(undated.started, time) : time;
}

/** What the clock says now of a moment of monotonic time: whoever tells a person about it keeps the moment, not what it said. */
export function wallAt(clock: Clock, time: Millis): UnixMillis {
  return Math.round(clock.wall() + time - clock.monotonic());
}

/** Resolves after this time, or as soon as the signal ends it. */
export function paused(clock: Clock, time: Millis, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.at(clock.monotonic() + time, () => end());
    const end = (): void => {
      cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Where a machine gets its random bytes: an argument of its constructor, so that a test can choose them. */
export type Random = (bytes: number) => Uint8Array;

/** The random bytes of the machine we run on. */
export const systemRandom: Random = (bytes) => randomBytes(bytes);

/** A number in [0, 1) made of four random bytes. */
export function randomFraction(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 0x1_0000_0000;
}

/** 2^28 s after 1970. */
const FIRST_DATE: UnixMillis = 2 ** 28 * SECOND;

/** Node's timers hold at most 2^31-1 ms; a longer wait is taken in steps. */
const LONGEST_TIMER: Millis = 0x7fff_ffff;

/** The clock of the machine we run on. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  at(time, task) {
    // Whole milliseconds: Node keeps a list of its timers for each wait that occurs, under its digits as a name.
    const wait = Math.max(0, Math.ceil(time - performance.now()));
    if (wait > LONGEST_TIMER) return inSteps(time, task);
    const timer = setTimeout(task, wait);
    return () => clearTimeout(timer);
  },
};

/** A wait that is longer than any timer. */
function inSteps(time: Millis, task: () => void): () => void {
  let cancel: () => void;
  const timer = setTimeout(() => {
    cancel = systemClock.at(time, task);
  }, LONGEST_TIMER);
  cancel = () => clearTimeout(timer);
  return () => cancel();
}
