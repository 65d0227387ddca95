/** The jobs of one device, as its object 5 has them: what servers want becomes a job, and what comes of it is told. */
import type { Millis, Random } from "../clock.ts";
import { Lwm2mError, reasonOf } from "../errors.ts";
import type { UpdateEvent } from "../lwm2m/firmware/firmware-update.ts";
import { UPDATE_RESULT, UPDATE_STATE, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import { notDone } from "../lwm2m/refusals.ts";
import type { DeviceJobs, JobOwner } from "./device-jobs.ts";
import { checkImage, type ImageVerdict } from "./image-check.ts";
import { named, said } from "./image-words.ts";
import type { StoredImage } from "./images.ts";
import type { KeptJob } from "./job.ts";
import { type JobContext, JobRunner } from "./job-runner.ts";
import type { KeptOwner, KeptPatch } from "./kept-firmware.ts";

export interface OwnerJobsOptions {
  /** As it is now. */
  readonly context: () => JobContext;
  /** For the names of jobs. */
  readonly random: Random;
  readonly kept: KeptOwner;
  readonly onClosed: () => void;
}

export class OwnerJobs implements DeviceJobs {
  private readonly owner: JobOwner;
  private readonly options: OwnerJobsOptions;
  private runner: JobRunner | undefined;
  private image: StoredImage | undefined;
  /** It begins once the device was told to forget what it has of the one before. */
  private next: KeptJob | undefined;
  /** Another one since the image was discarded: what was found out of it is nobody's any more. */
  private era = 0;
  /** What was asked before is done first. */
  private turn: Promise<void> = Promise.resolve();

  constructor(owner: JobOwner, options: OwnerJobsOptions) {
    this.owner = owner;
    this.options = options;
  }

  begin(image: StoredImage | undefined): void {
    this.image = image;
    void this.inTurn(() => this.resume());
  }

  arrived(image: StoredImage): Promise<void> {
    this.image = image;
    return this.inTurn(() => this.check(image));
  }

  start(): Promise<void> {
    return this.inTurn(() => this.execute());
  }

  /** A device that is away is told for some time, which no server need wait for; the next job does. */
  discard(): Promise<void> {
    this.era++;
    this.image = undefined;
    this.next = undefined;
    return this.inTurn(() => this.ended(true));
  }

  presence(online: boolean): void {
    this.runner?.heard(online);
  }

  status(): ReturnType<DeviceJobs["status"]> {
    const { history } = this.options.kept.value;
    if (this.runner === undefined) return { bytes: 0, history };
    const { progress, image, speed, waits } = this.runner;
    const { phase, offset: bytes } = progress;
    return { phase, bytes, total: image.size, ...speed, history, ...(waits === undefined ? {} : { waits }) };
  }

  /**
   * An operator gives up what is under way in state Updating, which servers cannot: `updateFailed` with result 10. Resolves to false
   * where nothing is, or the device may run the image already.
   */
  async stop(): Promise<boolean> {
    if (this.runner?.canBeCancelled !== true) return false;
    await this.inTurn(() => this.ended(false));
    return true;
  }

  /** An operator wants it later, and not before so long. Resolves to false where nothing waits. */
  async defer(by: Millis): Promise<boolean> {
    if (this.runner === undefined || this.runner.begun) return false;
    await this.runner.defer(this.options.context().clock.wall() + by);
    return true;
  }

  /** How urgent it is, or what time it is, is another now. */
  reconsider(): void {
    this.runner?.ask();
  }

  async close(): Promise<void> {
    this.era++;
    await this.inTurn(async () => {
      await this.runner?.suspend();
      this.runner = undefined;
    });
    this.options.onClosed();
  }

  private async resume(): Promise<void> {
    const { update, job } = this.options.kept.value;
    if (job === undefined) {
      if (update.state !== UPDATE_STATE.updating) return;
      return this.lose(UPDATE_RESULT.failed, "nothing is known of it any more");
    }
    // It was cancelled, and the process before this one did not come to the job.
    if (update.state === UPDATE_STATE.idle) return this.options.kept.change({ job: undefined });
    const { era, image } = this;
    if (image === undefined) return this.lose(UPDATE_RESULT.integrity, GONE);
    const verdict = await this.checked(image);
    if (era === this.era) this.run(image, job, verdict.ok ? verdict.version : image.version);
  }

  private async check(image: StoredImage): Promise<void> {
    const { era } = this;
    const verdict = await this.checked(image);
    if (era !== this.era) return;
    if (!verdict.ok) return this.lose(verdict.result, verdict.reason);
    if (this.owner.target.plan.stage === "before-update") return this.launch(image, false, verdict.version);
    return this.tell({ type: "downloaded", ...said(image, verdict.version) }, {});
  }

  private async execute(): Promise<void> {
    const { era, image, runner } = this;
    if (runner?.isEnding === false) return runner.execute();
    if (this.next !== undefined) return;
    const verdict = image === undefined ? undefined : await this.checked(image);
    if (era !== this.era) throw notDone("the configuration was changed at this moment; try again");
    if (image === undefined || verdict === undefined) return this.lose(UPDATE_RESULT.integrity, GONE);
    if (!verdict.ok) return this.lose(verdict.result, verdict.reason);
    return this.launch(image, true, verdict.version);
  }

  /** Resolves when the job is on the disk, in one write with what it does at once. */
  private launch(image: StoredImage, executed: boolean, header: string | undefined): Promise<void> {
    const { era, runner } = this;
    const job = this.newJob(executed);
    const kept = this.options.kept.change({ job });
    const begin = async (): Promise<void> => {
      if (era !== this.era) return;
      this.next = undefined;
      this.run(image, job, header);
    };
    if (runner === undefined) void begin();
    else {
      this.next = job;
      void runner.over.then(() => this.inTurn(begin));
    }
    return kept;
  }

  private run(image: StoredImage, job: KeptJob, header: string | undefined): void {
    const { context, kept } = this.options;
    const { target, onProgress } = this.owner;
    const version = header ?? kept.value.update.version;
    const runner = new JobRunner(
      {
        ...{ context, target, version, image: named(image, version) },
        write: (patch, event) =>
          this.write(patch, event?.type === "downloaded" ? { ...event, ...said(image, version) } : event),
        kept: () => kept.value,
        onProgress: () => onProgress.call(this.owner),
        onOver: () => {
          if (this.runner === runner) this.runner = undefined;
          onProgress.call(this.owner);
        },
      },
      job,
    );
    this.runner = runner;
    runner.start();
  }

  private async ended(isTold: boolean): Promise<void> {
    const { runner } = this;
    runner?.cancel(isTold);
    await runner?.ended;
    // One that waits for the end of this one.
    if (this.options.kept.value.job !== undefined) await this.options.kept.change({ job: undefined });
  }

  /** There is no image that could go on. */
  private lose(result: UpdateResult, reason: string): Promise<void> {
    const { kept } = this.options;
    const { log } = this.options.context();
    const { update, job } = kept.value;
    const device = this.owner.owner;
    const downloading = update.state === UPDATE_STATE.downloading;
    if (downloading) log.warn({ code: "LG578", device, reason }, "the image is not for the device");
    else log.warn({ code: "LG577", device, reason }, "the update failed");
    const event = downloading
      ? ({ type: "downloadFailed", result } as const)
      : ({ type: "updateFailed", result, kept: false } as const);
    return this.tell(event, job === undefined ? {} : { job: undefined });
  }

  private write(patch: KeptPatch, event: UpdateEvent | undefined): Promise<void> {
    this.owner.onProgress();
    return event === undefined ? this.options.kept.change(patch) : this.tell(event, patch);
  }

  /** One write for both. Nobody waits for what object 5 does afterwards: it may wait for the end of the job. */
  private async tell(event: UpdateEvent, patch: KeptPatch): Promise<void> {
    const { record, settle } = this.owner.object.apply(event);
    await this.options.kept.change({ ...patch, update: record });
    settle().catch((error: unknown) => {
      const reason = reasonOf(error);
      this.options
        .context()
        .log.debug({ device: this.owner.owner, reason }, "object 5 is closed, and knows from the disk");
    });
  }

  private async checked(image: StoredImage): Promise<ImageVerdict> {
    try {
      return await checkImage(image, this.owner.target.plan.accept);
    } catch (error) {
      return { ok: false, result: UPDATE_RESULT.integrity, reason: `it cannot be read: ${reasonOf(error)}` };
    }
  }

  private newJob(executed: boolean): KeptJob {
    const { context, random } = this.options;
    const begun = context().clock.wall();
    const id = Buffer.from(random(8)).toString("hex");
    return { id, phase: "waiting", offset: 0, attempts: 0, begun, ...(executed ? { executed: begun } : {}) };
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch((error: unknown) => {
      // Told to who asked.
      if (!(error instanceof Lwm2mError)) throw error;
    });
    return done;
  }
}

const GONE = "its image is damaged, or gone";
