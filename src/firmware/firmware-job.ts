/**
 * One image on its way to one device, without the way: stages, retries, and whether it was a success. What it does next is on the
 * disk before it is done, so that a process after this one looks at the device first, and then goes on from there.
 */
import type { Millis } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import { UPDATE_RESULT, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import type { Machine, Timeout } from "../machine.ts";
import type { JobEffect, JobEvent, JobFailure, JobOptions, JobProgress } from "./job-events.ts";
import { busyPause, retryPause, STUCK } from "./job-pauses.ts";
import { resultOf } from "./job-result.ts";
import { JobSteps } from "./job-steps.ts";
import { Verifying } from "./verifying.ts";
import type { Look } from "./version-verdict.ts";

export class FirmwareJob implements Machine<JobEvent, JobEffect> {
  private readonly options: JobOptions;
  private readonly steps: JobSteps;
  private readonly verifying: Verifying;
  private policy: { readonly mayBegin: boolean; readonly reason?: string } = { mayBegin: true };
  private online = false;
  private started = false;
  /** In a row, none of which got further than the one before. */
  private failures = 0;
  private furthest: number;
  /** How often the device said: not now. */
  private refusals = 0;
  private busy: { readonly until: Millis; readonly reason: string } | undefined;
  /** How often the device said that the image arrived damaged. */
  private damaged = 0;

  /** `progress`: where it was when the process before this one ended, or where it begins. */
  constructor(options: JobOptions, progress: JobProgress) {
    this.options = options;
    this.furthest = progress.offset;
    this.steps = new JobSteps(options, progress);
    this.verifying = new Verifying(options);
  }

  get deadline(): Millis | undefined {
    return this.steps.wakeAt;
  }

  get progress(): JobProgress {
    return this.steps.progress;
  }

  /** Why nothing is done now, as a sentence; undefined: something is, or there is nothing to do. */
  get waits(): string | undefined {
    return this.steps.why;
  }

  /** What came of it is told; the device may have to be told to forget it. */
  get isEnding(): boolean {
    return this.isOver || this.steps.step === "aborting";
  }

  /** It hears nothing any more. */
  get isOver(): boolean {
    return this.steps.step === "over";
  }

  /** Whether the device still runs what it ran, and nothing of that has been touched. */
  get canBeCancelled(): boolean {
    return this.steps.isBeforeActivation && !this.isEnding;
  }

  handle(event: JobEvent | Timeout, now: Millis): JobEffect[] {
    if (this.steps.step !== "over") this.take(event, now);
    return this.steps.take();
  }

  private take(event: JobEvent | Timeout, now: Millis): void {
    switch (event.type) {
      case "start":
      case "execute":
      case "policy":
      case "presence":
        this.onCondition(event, now);
        break;
      case "granted":
        if (this.steps.step === "queued") this.begin(now);
        break;
      case "queued":
        if (this.steps.step === "queued") this.steps.wait(event.reason);
        break;
      case "looked":
        if (this.steps.step === "looking") this.onLooked(event.look, now);
        break;
      case "done":
        this.onDone(now);
        break;
      case "failed":
        this.onFailed(event.failure, now);
        break;
      case "acknowledged":
        if (this.steps.step === "sending") this.onAcknowledged(event.offset, now);
        break;
      case "cancel":
        this.cancel(event.told);
        break;
      case "timeout":
        if (this.steps.wakeAt !== undefined && now >= this.steps.wakeAt) this.onTimeout(now);
        break;
      default:
        event satisfies never;
    }
  }

  private onCondition(event: JobEvent & { type: "start" | "execute" | "policy" | "presence" }, now: Millis): void {
    switch (event.type) {
      case "start":
        this.started = true;
        this.steps.step = "waiting";
        // What had begun goes on whatever the window says: a device is not left in the middle.
        if (!this.steps.isAtRest) this.steps.claim();
        break;
      case "execute":
        this.steps.progress = { ...this.steps.progress, executed: true };
        break;
      case "policy":
        this.policy = event;
        break;
      case "presence":
        this.online = event.online;
        break;
      default:
        event satisfies never;
    }
    this.consider(now);
  }

  /** Of a job that has not begun, or whose image lies in the device: whether it may go on now. */
  private consider(now: Millis): void {
    const { steps } = this;
    const { phase, executed } = steps.progress;
    if (!this.started || !steps.isAtRest || (phase === "staged" && !executed)) return;
    if (steps.step === "resting") steps.step = "waiting";
    if (steps.step !== "waiting" && steps.step !== "queued") return;
    const reason = this.obstacle(now);
    if (reason === undefined) {
      if (steps.step === "waiting") steps.claim();
      return;
    }
    steps.unclaim();
    steps.wakeAt = this.busy?.until;
    steps.wait(reason);
  }

  private obstacle(now: Millis): string | undefined {
    if (this.busy !== undefined && now < this.busy.until) return this.busy.reason;
    if (!this.policy.mayBegin) return this.policy.reason ?? "deferred";
    return this.online ? undefined : "the device is not heard: it begins when it is";
  }

  private begin(now: Millis): void {
    const { steps } = this;
    const { phase, executed, attempts } = steps.progress;
    steps.begun();
    this.busy = undefined;
    const tell = executed ? ({ type: "updating" } as const) : undefined;
    switch (phase) {
      case "waiting":
        steps.keep({ phase: "enter", attempts: attempts + 1 }, tell);
        steps.lookFirst();
        break;
      case "staged":
        steps.activate(tell);
        break;
      case "enter":
      case "transfer":
        this.again();
        break;
      case "activate":
        steps.lookFirst();
        break;
      case "verify":
        this.verify(now);
        break;
      case "confirm":
        steps.hold("device");
        steps.run("confirm");
        break;
      default:
        phase satisfies never;
    }
  }

  private again(): void {
    this.steps.keep({ attempts: this.steps.progress.attempts + 1 });
    this.steps.lookFirst();
  }

  private onLooked(look: Look, now: Millis): void {
    const { phase, before } = this.steps.progress;
    if (phase === "verify") this.onSeen(look, now);
    else if (phase !== "activate") this.onFound(look, now);
    else if (this.verifying.runsNow(look, before)) this.toVerify(now);
    else this.steps.activate();
  }

  /** What the device has already is not sent again. */
  private onFound(look: Look, now: Millis): void {
    const { steps } = this;
    const { before, offset, executed } = steps.progress;
    const runs = this.verifying.runsNow(look, before);
    if (runs && executed) this.toVerify(now);
    else if (runs || look.probe?.staged === true) this.onArrived();
    else {
      const from = this.damaged > 0 ? 0 : (look.probe?.offset ?? offset);
      const known = before ?? look.version;
      steps.progress = { ...steps.progress, offset: from, ...(known === undefined ? {} : { before: known }) };
      if (this.options.plan.enter.length === 0) steps.send(now);
      else steps.run("enter");
    }
  }

  private onAcknowledged(offset: number, now: Millis): void {
    if (offset > this.furthest) {
      this.furthest = offset;
      this.failures = 0;
    }
    this.steps.note(offset, now);
  }

  private onDone(now: Millis): void {
    const { step, progress } = this.steps;
    if (step === "aborting") this.steps.leave();
    else if (step === "sending") this.onArrived();
    else if (step !== "running") return;
    else if (progress.phase === "activate") this.toVerify(now);
    else if (progress.phase === "confirm") this.succeed();
    else this.steps.send(now);
  }

  /** The device has all of it. */
  private onArrived(): void {
    this.failures = 0;
    this.steps.progress = { ...this.steps.progress, offset: this.options.size };
    if (this.steps.progress.executed) this.steps.activate();
    else this.steps.stage();
  }

  private toVerify(now: Millis): void {
    this.failures = 0;
    const { size, plan } = this.options;
    this.steps.keep({ phase: "verify", offset: size, deadline: now + plan.verify.within });
    this.steps.close();
    this.verify(now);
  }

  private verify(now: Millis): void {
    this.steps.hold("device");
    this.steps.pause(this.verifying.begin(this.steps.progress.deadline, now));
  }

  private onSeen(look: Look, now: Millis): void {
    const next = this.verifying.seen(look, this.steps.progress.before, now);
    switch (next.type) {
      case "again":
        this.steps.pause(next.at);
        break;
      case "good":
        this.confirm();
        break;
      case "failed":
        this.fail(UPDATE_RESULT.failed, next.reason, false);
        break;
      default:
        next satisfies never;
    }
  }

  private confirm(): void {
    if (this.options.plan.confirm.length === 0) {
      this.succeed();
      return;
    }
    this.steps.keep({ phase: "confirm" });
    this.steps.run("confirm");
  }

  private succeed(): void {
    const after = this.verifying.version;
    this.steps.finish(
      { result: UPDATE_RESULT.success, ...(after === undefined ? {} : { after }) },
      { type: "updated" },
    );
  }

  private onFailed(failure: JobFailure, now: Millis): void {
    const { step, progress } = this.steps;
    if (step === "aborting") this.steps.leave();
    if (step !== "sending" && step !== "running") return;
    // A device that was taken to its bootloader once may have no word for that any more.
    const entered = step === "running" && progress.phase === "transfer" && failure.condition === undefined;
    if (entered) this.steps.send(now);
    else this.onBroken(failure, now);
  }

  private onBroken(failure: JobFailure, now: Millis): void {
    const result = resultOf(failure, this.options.plan.results);
    // A noisy line may damage an image once; twice it is the image.
    const second = failure.condition === "crc" && this.damaged++ === 0;
    if (result === undefined || second) this.retry(failure, now);
    else if (result === UPDATE_RESULT.deferred) this.postpone(failure.message, now);
    else this.fail(result, failure.message, false);
  }

  private postpone(message: string, now: Millis): void {
    const pause = busyPause(++this.refusals);
    const reason = `the device says not now: ${message}; asked again in ${formatDuration(pause)}`;
    this.busy = { until: now + pause, reason };
    this.steps.warn("LG579", message, "the device is busy: the update waits");
    this.steps.postpone(this.busy.until);
    this.steps.wait(reason);
  }

  private retry(failure: JobFailure, now: Millis): void {
    if (++this.failures > this.options.plan.retries) {
      this.giveUp(failure, now);
      return;
    }
    const pause = retryPause(this.failures);
    this.steps.close();
    this.steps.hold("device");
    this.steps.why = `${failure.message}; tried again in ${formatDuration(pause)}`;
    this.steps.warn("LG576", failure.message, `the update broke off: tried again in ${formatDuration(pause)}`);
    this.steps.pause(now + pause);
  }

  /** A device that did not answer its activation may have done it all the same: its version tells. */
  private giveUp(failure: JobFailure, now: Millis): void {
    const { phase, executed } = this.steps.progress;
    if (phase === "activate" && failure.kind !== "rejected") this.toVerify(now);
    else if (!this.steps.isBeforeActivation) this.fail(UPDATE_RESULT.failed, failure.message, false);
    else this.fail(executed ? UPDATE_RESULT.failed : UPDATE_RESULT.connectionLost, failure.message, executed);
  }

  private onTimeout(now: Millis): void {
    const { step } = this.steps;
    this.steps.wakeAt = undefined;
    if (step === "waiting") this.consider(now);
    else if (step === "sending") this.onStuck(now);
    else if (step === "pausing") this.goOn();
  }

  private goOn(): void {
    const { phase } = this.steps.progress;
    this.steps.why = undefined;
    if (phase === "verify") this.steps.look(true);
    else if (phase === "confirm") this.steps.run("confirm");
    else if (phase === "activate") this.steps.lookFirst();
    else this.again();
  }

  private onStuck(now: Millis): void {
    const message = `stuck at byte ${this.steps.progress.offset} of ${this.options.size} for ${formatDuration(STUCK)}`;
    this.retry({ kind: "unreachable", message }, now);
  }

  /** `told`: object 5 knows. */
  private cancel(told: boolean): void {
    if (!this.canBeCancelled) return;
    const result = UPDATE_RESULT.cancelled;
    this.steps.finish({ result, reason: "cancelled" }, told ? undefined : this.failureOf(result, true));
  }

  private fail(result: UpdateResult, reason: string, kept: boolean): void {
    this.steps.warn("LG577", reason, "the update failed");
    this.steps.finish({ result, reason }, this.failureOf(result, kept));
  }

  private failureOf(result: UpdateResult, kept: boolean) {
    if (!this.steps.progress.executed) return { type: "downloadFailed", result } as const;
    return { type: "updateFailed", result, kept } as const;
  }
}
