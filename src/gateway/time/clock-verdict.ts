/** Whether the machine knows what time it is. It does not say so itself: there are signs, and times that cannot be. */
import { type Millis, SECOND, type UnixMillis } from "../../clock.ts";
import type { KnownTime } from "../../store/store.ts";

/** What the machine shows of how it came by its time. */
export type ClockSign =
  /** A time service has set the clock since the machine started. */
  | { readonly type: "synchronized"; readonly by: string }
  /** There is a time service, and it has not found the time yet. */
  | { readonly type: "searching"; readonly by: string }
  /** It was set from a clock with a battery when the machine started. */
  | { readonly type: "battery"; readonly by: string }
  /** Nothing that we can read. */
  | { readonly type: "none" };

/** One run of the machine, from its start to its end. */
export interface Boot {
  /** Other in each; undefined where the machine does not tell. */
  readonly id: string | undefined;
  /** How long it lasts, when it is asked. */
  readonly uptime: Millis;
}

export interface Verdict {
  readonly trusted: boolean;
  /** Why, as a sentence. */
  readonly reason: string;
}

export interface ClockCase {
  readonly wall: UnixMillis;
  /** No time before this one can be now: see `earliestStart`. */
  readonly earliest: UnixMillis;
  readonly sign: ClockSign;
  /** The clock was right before in this run of the machine. */
  readonly continued: boolean;
  /** `gateway.clock: trusted`. */
  readonly believed: boolean;
}

/** No program of this name ran before. */
export const FIRST_TIME: UnixMillis = Date.UTC(2025, 0, 1);

export function verdict({ wall, earliest, sign, continued, believed }: ClockCase): Verdict {
  if (believed) return trusted("the configuration says so (gateway.clock: trusted)");
  if (wall < FIRST_TIME) return untrusted(`the machine says ${iso(wall)}: nobody has set its clock`);
  if (sign.type === "synchronized") return trusted(`${sign.by} has set it`);
  if (continued) return trusted("it was right before, since the machine started");
  if (wall < earliest - TOLERANCE) {
    return untrusted(`the machine says ${iso(wall)}, but it was ${iso(earliest)} already`);
  }
  switch (sign.type) {
    case "searching":
      return untrusted(`${sign.by} has not found the time yet`);
    case "battery":
      return trusted(`${sign.by} set it when the machine started`);
    case "none":
      return trusted("it says a time that can be, and nothing contradicts it");
  }
}

/** The last run knew what time it was: when this run of the machine can have begun at the earliest. */
export function earliestStart(known: KnownTime | undefined, boot: Boot): UnixMillis {
  if (known === undefined) return FIRST_TIME - boot.uptime;
  if (boot.id === undefined) return known.time - boot.uptime;
  return boot.id === known.boot ? known.time - known.uptime : known.time;
}

function trusted(reason: string): Verdict {
  return { trusted: true, reason };
}

function untrusted(reason: string): Verdict {
  return { trusted: false, reason };
}

function iso(time: UnixMillis): string {
  return new Date(time).toISOString();
}

/** Clocks with a battery count whole seconds, and none is exact. */
const TOLERANCE: Millis = 2 * SECOND;
