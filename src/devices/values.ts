import type { Millis, UnixMillis } from "../clock.ts";
import type { Path } from "../lwm2m/path.ts";
import { type Sample, sameValue } from "../lwm2m/sample.ts";

/** What is known of one path. */
export interface Known {
  /** The last good value, with the time at which it was measured. */
  readonly good?: Sample;
  /** Why the newest reading is no value, and when it came; absent while the value is good. */
  readonly bad?: { readonly reason: string; readonly time: UnixMillis };
  /** When the newest reading, good or bad, came in. Monotonic: an NTP step makes no value younger. */
  readonly heard: Millis;
}

/** The newest reading of each path of a device, good or bad. A value keeps the time at which it was measured. */
export class Values {
  private readonly known = new Map<Path, Known>();

  /** Takes good samples; returns those whose value is new. A value read again unchanged is younger, but not new. */
  update(samples: readonly Sample[], now: Millis): Sample[] {
    const changed: Sample[] = [];
    for (const sample of samples) {
      const before = this.known.get(sample.path)?.good;
      this.known.set(sample.path, { good: sample, heard: now });
      if (before === undefined || !sameValue(before.value, sample.value)) changed.push(sample);
    }
    return changed;
  }

  /**
   * The newest reading is no value; the last good one stays as it was. Returns whether that is new: a reason that changes
   * with each reading ("999 is not within 0..400") is none.
   */
  bad(path: Path, reason: string, time: UnixMillis, now: Millis): boolean {
    const before = this.known.get(path);
    this.known.set(path, { ...before, bad: { reason, time }, heard: now });
    return before?.bad === undefined;
  }

  get(path: Path): Known | undefined {
    return this.known.get(path);
  }
}
