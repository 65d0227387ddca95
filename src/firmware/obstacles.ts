/** What keeps a job that is at rest from going on, as a sentence for a person: the operator, the device, or its silence. */
import type { Millis } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import { busyPause } from "./job-pauses.ts";

export interface Refusal {
  readonly until: Millis;
  readonly reason: string;
}

export class Obstacles {
  policy: { readonly mayBegin: boolean; readonly reason?: string } = { mayBegin: true };
  online = false;
  /** How often the device said: not now. */
  private refusals = 0;
  private busy: Refusal | undefined;

  /** Until when the device wishes to be left alone; undefined: it does not, or no longer. */
  until(now: Millis): Millis | undefined {
    return this.refusalAt(now)?.until;
  }

  /** The one that is told; undefined: there is none. */
  at(now: Millis): string | undefined {
    const refusal = this.refusalAt(now);
    if (refusal !== undefined) return refusal.reason;
    if (!this.policy.mayBegin) return this.policy.reason ?? "deferred";
    return this.online ? undefined : "the device is not heard: it begins when it is";
  }

  /** The device says: not now. */
  refused(message: string, now: Millis): Refusal {
    const pause = busyPause(++this.refusals);
    const reason = `the device says not now: ${message}; asked again in ${formatDuration(pause)}`;
    this.busy = { until: now + pause, reason };
    return this.busy;
  }

  /** The device is asked again. */
  begun(): void {
    this.busy = undefined;
  }

  private refusalAt(now: Millis): Refusal | undefined {
    return this.busy !== undefined && now < this.busy.until ? this.busy : undefined;
  }
}
