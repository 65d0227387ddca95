/**
 * A device on trial, from its activation on: it is watched until it is known whether it runs the image, and stays; then it is told
 * to keep it.
 */
import type { Millis } from "../clock.ts";
import { UPDATE_RESULT } from "../lwm2m/firmware/update-result.ts";
import type { JobOptions } from "./job-events.ts";
import type { JobSteps } from "./job-steps.ts";
import { Verifying } from "./verifying.ts";
import type { Look } from "./version-verdict.ts";

export class DeviceTrial {
  private readonly options: JobOptions;
  private readonly steps: JobSteps;
  private readonly verifying: Verifying;

  constructor(options: JobOptions, steps: JobSteps) {
    this.options = options;
    this.steps = steps;
    this.verifying = new Verifying(options);
  }

  /** Whether it has been updated already, though nobody here saw it. */
  runsNow(look: Look): boolean {
    return this.verifying.runsNow(look, this.steps.progress.before);
  }

  begin(now: Millis): void {
    const { size, plan } = this.options;
    this.steps.keep({ phase: "verify", offset: size, deadline: now + plan.verify.within });
    this.steps.close();
    this.goOn(now);
  }

  /** After a restart, too: its deadline is the one of before. */
  goOn(now: Millis): void {
    this.steps.hold("device");
    this.steps.pause(this.verifying.begin(this.steps.progress.deadline, now));
  }

  onSeen(look: Look, now: Millis): void {
    const next = this.verifying.seen(look, this.steps.progress.before, now);
    switch (next.type) {
      case "again":
        this.steps.pause(next.at);
        break;
      case "good":
        this.confirm();
        break;
      case "failed":
        this.steps.fail(UPDATE_RESULT.failed, next.reason, false);
        break;
      default:
        next satisfies never;
    }
  }

  onConfirmed(): void {
    this.steps.succeed(this.verifying.version);
  }

  private confirm(): void {
    if (this.options.plan.confirm.length === 0) {
      this.onConfirmed();
      return;
    }
    this.steps.keep({ phase: "confirm" });
    this.steps.run("confirm");
  }
}
