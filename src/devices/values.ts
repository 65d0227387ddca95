import type { Millis, UnixMillis } from "../clock.ts";
import type { Path } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";

/** What is known of one path. */
export interface Known {
  /** The last good value, with the time at which it was measured. */
  readonly good?: Sample;
  /** Why the newest reading is no value, and when it came; absent while the value is good. */
  readonly bad?: { readonly reason: string; readonly time: UnixMillis };
  /** When the newest reading, good or bad, came in. Monotonic: an NTP step makes no value younger. */
  readonly heard: Millis;
}

/** The newest reading of each path of a device, good or bad. */
export declare class Values {
  /** Takes good samples; returns those whose value is new. A value read again unchanged is younger, but not new. */
  update(samples: readonly Sample[], now: Millis): Sample[];
  /** The newest reading is no value; the last good one stays as it was. Returns whether this (or the reason) is new. */
  bad(path: Path, reason: string, time: UnixMillis, now: Millis): boolean;
  get(path: Path): Known | undefined;
  /** How long ago the newest reading came, good or bad; undefined where there was none. */
  age(path: Path, now: Millis): Millis | undefined;
}
