/**
 * One image on its way to one device, without the way: stages, retries, and whether it was a success. What it does next is on the
 * disk before it is done, so that a process after this one looks at the device first, and then goes on from there.
 */
import type { Millis } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import { UPDATE_RESULT } from "../lwm2m/firmware/update-result.ts";
import type { Machine, Timeout } from "../machine.ts";
import { DeviceTrial } from "./device-trial.ts";
import type { JobEffect, JobEvent, JobFailure, JobOptions, JobProgress } from "./job-events.ts";
import { STUCK } from "./job-pauses.ts";
import { JobSteps } from "./job-steps.ts";
import { Obstacles } from "./obstacles.ts";
import { Setbacks } from "./setbacks.ts";
import type { Look } from "./version-verdict.ts";

export class FirmwareJob implements Machine<JobEvent, JobEffect> {
  private readonly options: JobOptions;
  private readonly steps: JobSteps;
  private readonly obstacles = new Obstacles();
  private readonly setbacks: Setbacks;
  private readonly trial: DeviceTrial;
  private started = false;

  /** `progress`: where it was when the process before this one ended, or where it begins. */
  constructor(options: JobOptions, progress: JobProgress) {
    this.options = options;
    this.steps = new JobSteps(options, progress);
    this.setbacks = new Setbacks(options.plan, progress.offset);
    this.trial = new DeviceTrial(options, this.steps);
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
        if (this.canBeCancelled) this.steps.cancel(event.told);
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
        this.obstacles.policy = event;
        break;
      case "presence":
        this.obstacles.online = event.online;
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
    const reason = this.obstacles.at(now);
    if (reason === undefined) {
      if (steps.step === "waiting") steps.claim();
      return;
    }
    steps.unclaim();
    steps.wakeAt = this.obstacles.until(now);
    steps.wait(reason);
  }

  private begin(now: Millis): void {
    const { steps } = this;
    const { phase, executed, attempts } = steps.progress;
    steps.begun();
    this.obstacles.begun();
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
        this.trial.goOn(now);
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
    const { phase } = this.steps.progress;
    if (phase === "verify") this.trial.onSeen(look, now);
    else if (phase !== "activate") this.onFound(look, now);
    else if (this.trial.runsNow(look)) this.toVerify(now);
    else this.steps.activate();
  }

  /** What the device has already is not sent again. */
  private onFound(look: Look, now: Millis): void {
    const { steps } = this;
    const { before, offset, executed } = steps.progress;
    const runs = this.trial.runsNow(look);
    if (runs && executed) this.toVerify(now);
    else if (runs || look.probe?.staged === true) this.onArrived();
    else {
      const from = this.setbacks.wasDamaged ? 0 : (look.probe?.offset ?? offset);
      const known = before ?? look.version;
      steps.progress = { ...steps.progress, offset: from, ...(known === undefined ? {} : { before: known }) };
      if (this.options.plan.enter.length === 0) steps.send(now);
      else steps.run("enter");
    }
  }

  private onAcknowledged(offset: number, now: Millis): void {
    this.setbacks.reached(offset);
    this.steps.note(offset, now);
  }

  private onDone(now: Millis): void {
    const { step, progress } = this.steps;
    if (step === "aborting") this.steps.leave();
    else if (step === "sending") this.onArrived();
    else if (step !== "running") return;
    else if (progress.phase === "activate") this.toVerify(now);
    else if (progress.phase === "confirm") this.trial.onConfirmed();
    else this.steps.send(now);
  }

  /** The device has all of it. */
  private onArrived(): void {
    this.setbacks.passed();
    this.steps.progress = { ...this.steps.progress, offset: this.options.size };
    if (this.steps.progress.executed) this.steps.activate();
    else this.steps.stage();
  }

  private toVerify(now: Millis): void {
    this.setbacks.passed();
    this.trial.begin(now);
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
    const setback = this.setbacks.count(failure);
    switch (setback.type) {
      case "again":
        this.steps.retry(failure.message, setback.pause, now);
        break;
      case "exhausted":
        this.giveUp(failure, now);
        break;
      case "later":
        this.steps.postpone(failure.message, this.obstacles.refused(failure.message, now));
        break;
      case "failed":
        this.steps.fail(setback.result, failure.message, false);
        break;
      default:
        setback satisfies never;
    }
  }

  /** A device that did not answer its activation may have done it all the same: its version tells. */
  private giveUp(failure: JobFailure, now: Millis): void {
    const { phase, executed } = this.steps.progress;
    if (phase === "activate" && failure.kind !== "rejected") this.toVerify(now);
    else if (!this.steps.isBeforeActivation) this.steps.fail(UPDATE_RESULT.failed, failure.message, false);
    else this.steps.fail(executed ? UPDATE_RESULT.failed : UPDATE_RESULT.connectionLost, failure.message, executed);
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
    this.onBroken({ kind: "unreachable", message }, now);
  }
}
