/** What broke off, counted: whether a job bears with it once more, and what it means where it does not. */
import type { Millis } from "../clock.ts";
import { UPDATE_RESULT, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import type { JobFailure, JobOptions } from "./job-events.ts";
import { retryPause } from "./job-pauses.ts";
import { resultOf } from "./job-result.ts";

export type Setback =
  | { readonly type: "again"; readonly pause: Millis }
  /** It was tried as often as it may be. */
  | { readonly type: "exhausted" }
  /** The device is busy. */
  | { readonly type: "later" }
  /** The device says that it will not do, however often it is tried. */
  | { readonly type: "failed"; readonly result: UpdateResult };

export class Setbacks {
  private readonly plan: Pick<JobOptions["plan"], "retries" | "results">;
  /** In a row, none of which got further than the one before. */
  private failures = 0;
  private furthest: number;
  /** How often the device said that the image arrived damaged. */
  private damaged = 0;

  /** `offset`: how far it got before. */
  constructor(plan: Pick<JobOptions["plan"], "retries" | "results">, offset: number) {
    this.plan = plan;
    this.furthest = offset;
  }

  /** What the device has of the image is not to be built upon. */
  get wasDamaged(): boolean {
    return this.damaged > 0;
  }

  /** The device has so much of it. */
  reached(offset: number): void {
    if (offset <= this.furthest) return;
    this.furthest = offset;
    this.failures = 0;
  }

  /** A stage is behind it: the next one may fail as often. */
  passed(): void {
    this.failures = 0;
  }

  count(failure: JobFailure): Setback {
    const result = resultOf(failure, this.plan.results);
    // A noisy line may damage an image once; twice it is the image.
    const first = failure.condition === "crc" && this.damaged++ === 0;
    if (result === undefined || first) return this.once();
    return result === UPDATE_RESULT.deferred ? { type: "later" } : { type: "failed", result };
  }

  private once(): Setback {
    if (++this.failures > this.plan.retries) return { type: "exhausted" };
    return { type: "again", pause: retryPause(this.failures) };
  }
}
