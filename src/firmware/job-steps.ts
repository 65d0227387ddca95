/** What a job can do, one word each: where it is, what it waits for, and the effects that come of it. */
import { type Millis, SECOND } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { UpdateEvent } from "../lwm2m/firmware/firmware-update.ts";
import { UPDATE_RESULT, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import type { JobPhase } from "./job.ts";
import type { JobEffect, JobEnd, JobOptions, JobProgress } from "./job-events.ts";
import { STUCK } from "./job-pauses.ts";
import type { Refusal } from "./obstacles.ts";

/** What it waits for. */
export type Step =
  | "resting"
  | "waiting"
  | "queued"
  | "looking"
  | "running"
  | "sending"
  | "pausing"
  | "aborting"
  | "over";

export class JobSteps {
  progress: JobProgress;
  step: Step = "resting";
  wakeAt: Millis | undefined;
  /** Why nothing is done now. */
  why: string | undefined;
  private readonly options: JobOptions;
  /** Object 5 says that it is deferred. */
  private deferred = false;
  private effects: JobEffect[] = [];

  constructor(options: JobOptions, progress: JobProgress) {
    this.options = options;
    this.progress = progress;
  }

  /** Nothing was asked of the device since it was let go. */
  get isAtRest(): boolean {
    return AT_REST.includes(this.progress.phase);
  }

  get isBeforeActivation(): boolean {
    return this.isAtRest || BEFORE_ACTIVATION.includes(this.progress.phase);
  }

  take(): JobEffect[] {
    return this.effects.splice(0);
  }

  claim(): void {
    this.await("queued");
    this.effects.push({ type: "claim" });
  }

  unclaim(): void {
    if (this.step === "queued") this.effects.push({ type: "release" });
    this.step = "waiting";
  }

  /** Object 5 hears of it once; before the state is Downloaded there is no word for it. */
  wait(reason: string): void {
    this.why = reason;
    if (!this.progress.executed || !this.isAtRest || this.deferred) return;
    this.deferred = true;
    this.keep({}, { type: "deferred" });
  }

  begun(): void {
    this.why = undefined;
    this.deferred = false;
  }

  lookFirst(): void {
    this.hold(this.options.plan.lock);
    this.look(false);
  }

  look(health: boolean): void {
    this.await("looking");
    this.effects.push({ type: "look", health });
  }

  run(steps: "enter" | "activate" | "confirm"): void {
    this.await("running");
    this.effects.push({ type: "run", steps });
  }

  send(now: Millis): void {
    if (this.progress.phase !== "transfer") this.keep({ phase: "transfer" });
    this.await("sending", now + STUCK);
    this.effects.push({ type: "send", offset: this.progress.offset });
  }

  /** The device has so much of it. */
  note(offset: number, now: Millis): void {
    // Not for each of thousands: a timer is moved then.
    if (offset !== this.progress.offset && now + STUCK - (this.wakeAt ?? 0) >= SECOND) this.wakeAt = now + STUCK;
    this.progress = { ...this.progress, offset };
    this.effects.push({ type: "note", offset });
  }

  pause(until: Millis): void {
    this.await("pausing", until);
  }

  /** The image lies in the device, and waits for Update there. */
  stage(): void {
    this.letGo();
    this.keep({ phase: "staged", offset: this.options.size }, { type: "downloaded" });
    this.await("resting");
  }

  /** It broke off. The device is held meanwhile: it may be in the middle. */
  retry(message: string, pause: Millis, now: Millis): void {
    const again = `tried again in ${formatDuration(pause)}`;
    this.close();
    this.hold("device");
    this.why = `${message}; ${again}`;
    this.warn("LG576", message, `the update broke off: ${again}`);
    this.pause(now + pause);
  }

  /** The device is left alone, as it wished; then it begins anew. */
  postpone(message: string, { until, reason }: Refusal): void {
    this.warn("LG579", message, "the device is busy: the update waits");
    this.letGo();
    this.await("waiting", until);
    this.keep({ phase: "waiting" });
    this.wait(reason);
  }

  activate(tell?: UpdateEvent): void {
    if (this.progress.phase !== "activate") {
      this.keep({ phase: "activate" }, tell);
      this.hold(this.options.plan.lock);
    }
    this.run("activate");
  }

  /** The wire is given back. */
  close(): void {
    this.effects.push({ type: "close" });
  }

  /** `after`: the version that runs now, if that is known. */
  succeed(after: string | undefined): void {
    const end = { result: UPDATE_RESULT.success, ...(after === undefined ? {} : { after }) };
    this.finish(end, { type: "updated" });
  }

  /** `kept`: the image is, and Update may be executed again. */
  fail(result: UpdateResult, reason: string, kept: boolean): void {
    this.warn("LG577", reason, "the update failed");
    this.finish({ result, reason }, this.failureOf(result, kept));
  }

  /** `told`: object 5 knows. */
  cancel(told: boolean): void {
    const result = UPDATE_RESULT.cancelled;
    this.finish({ result, reason: "cancelled" }, told ? undefined : this.failureOf(result, true));
  }

  leave(): void {
    this.letGo();
    this.await("over");
  }

  hold(whom: "line" | "device" | "nobody"): void {
    this.effects.push({ type: "hold", whom });
  }

  keep(change: Partial<JobProgress>, tell?: UpdateEvent): void {
    const { deadline: _, ...rest } = this.progress;
    this.progress = { ...(change.phase === undefined ? this.progress : rest), ...change };
    this.effects.push({ type: "keep", progress: this.progress, ...(tell === undefined ? {} : { tell }) });
  }

  /** The device is told to forget it, where it has some of it and does not run it. */
  private finish(end: JobEnd, tell: UpdateEvent | undefined): void {
    const touched = this.progress.attempts > 0 && this.isBeforeActivation;
    this.why = undefined;
    this.close();
    this.effects.push({ type: "end", end, ...(tell === undefined ? {} : { tell }) });
    if (!touched) {
      this.leave();
      return;
    }
    this.await("aborting");
    this.effects.push({ type: "abort" });
  }

  private warn(code: "LG576" | "LG577" | "LG579", reason: string, message: string): void {
    this.effects.push({ type: "warn", code, reason, message });
  }

  private failureOf(result: UpdateResult, kept: boolean): UpdateEvent {
    if (!this.progress.executed) return { type: "downloadFailed", result };
    return { type: "updateFailed", result, kept };
  }

  private letGo(): void {
    this.close();
    this.hold("nobody");
    this.effects.push({ type: "release" });
  }

  private await(step: Step, until?: Millis): void {
    this.step = step;
    this.wakeAt = until;
  }
}

const AT_REST: readonly JobPhase[] = ["waiting", "staged"];
const BEFORE_ACTIVATION: readonly JobPhase[] = ["enter", "transfer"];
