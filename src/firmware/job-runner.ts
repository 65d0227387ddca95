/** Runs one job: does what the machine wants, at the device and on the disk, and tells it what came of that. */
import type { Clock, UnixMillis } from "../clock.ts";
import type { Logger } from "../log.ts";
import { type Drive, drive } from "../machine.ts";
import { FirmwareJob } from "./firmware-job.ts";
import type { ImageOffers } from "./http/image-offers.ts";
import { said } from "./image-words.ts";
import type { StoredImage } from "./images.ts";
import type { KeptFirmware, KeptJob } from "./job.ts";
import { JobDevice } from "./job-device.ts";
import type { JobEffect, JobEvent, JobProgress } from "./job-events.ts";
import { JobFile, progressOf, type WriteJob } from "./job-file.ts";
import type { Claimant, LinkQueue } from "./link-queue.ts";
import { Permission } from "./permission.ts";
import { Speed, type SpeedProgress } from "./speed.ts";
import type { FirmwareTarget } from "./target.ts";
import type { UpdateWindow } from "./windows.ts";

/** What jobs have in common. */
export interface JobContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly queue: LinkQueue;
  readonly window: UpdateWindow | undefined;
  readonly offers: Pick<ImageOffers, "offer"> | undefined;
}

export interface RunnerOptions {
  /** As it is now: the window may be another after a reload. */
  readonly context: () => JobContext;
  readonly target: FirmwareTarget;
  readonly image: StoredImage;
  /** That the image says, or that was told; undefined: nobody knows. */
  readonly version: string | undefined;
  readonly kept: () => KeptFirmware;
  readonly write: WriteJob;
  /** What can be seen of it is another now. */
  readonly onProgress: () => void;
  readonly onOver: () => void;
}

export class JobRunner implements Claimant {
  readonly target: FirmwareTarget;
  readonly image: StoredImage;
  /** As it was when the job began: what was claimed is given back, whatever a reload says. */
  readonly link: string;
  /** That the image says, or that was told; undefined: nobody knows. */
  readonly version: string | undefined;
  /** Resolves when nothing of it is under way any more. */
  readonly over: Promise<void>;
  /** Resolves when it does not read its image any more; the device may have to be told still. */
  readonly ended: Promise<void>;
  private onOver: () => void = () => {};
  private onEnded: () => void = () => {};
  private readonly options: RunnerOptions;

  private readonly machine: FirmwareJob;
  private readonly feed: Drive<JobEvent>;
  private readonly device: JobDevice;
  private readonly file: JobFile;
  private readonly permission: Permission;
  private readonly pace = new Speed();
  private readonly effects: JobEffect[] = [];
  private working = false;
  private letGo: (() => void) | undefined;

  constructor(options: RunnerOptions, job: KeptJob) {
    const { context, target, image, version, kept, write } = options;
    const { clock, log, offers } = context();
    this.options = options;
    this.target = target;
    this.image = image;
    this.link = target.link;
    this.version = version;
    this.over = new Promise((resolve) => {
      this.onOver = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.onEnded = resolve;
    });
    this.file = new JobFile(clock, write, () => kept().history, job);
    const progress = progressOf(job, clock, target.plan.verify.within);
    this.machine = new FirmwareJob({ plan: target.plan, size: image.size, wanted: version }, progress);
    this.feed = drive(this.machine, clock, (effect) => this.enqueue(effect));
    this.permission = new Permission({ context, kept, job: () => this.file.job, feed: this.feed });
    this.device = new JobDevice({
      target,
      image,
      clock,
      log,
      ...(offers === undefined ? {} : { offers }),
      job: () => this.file.job,
      feed: this.feed,
      onCookie: (cookie) => void this.file.add({ cookie }),
      onToken: (token) => this.file.add({ token }),
    });
  }

  get owner(): string {
    return this.target.id;
  }

  get severity(): number {
    return this.options.kept().update.severity;
  }

  get since(): UnixMillis {
    return this.file.job.begun;
  }

  get begun(): boolean {
    const { phase } = this.machine.progress;
    return phase !== "waiting" && phase !== "staged";
  }

  get progress(): JobProgress {
    return this.machine.progress;
  }

  get waits(): string | undefined {
    return this.machine.waits;
  }

  get canBeCancelled(): boolean {
    return this.machine.canBeCancelled;
  }

  /** Nothing can be done with it any more, whatever the device has to be told still. */
  get isEnding(): boolean {
    return this.machine.isEnding;
  }

  /** Of the transfer, while there is one. */
  get speed(): SpeedProgress {
    const { phase, offset } = this.machine.progress;
    if (phase !== "transfer") return {};
    return this.pace.progress(this.options.context().clock.monotonic(), this.image.size - offset);
  }

  start(): void {
    this.feed({ type: "presence", online: this.target.online });
    this.ask();
    this.feed({ type: "start" });
  }

  /** Resolves when it is on the disk, in one write with what it does at once. */
  execute(): Promise<void> {
    const executed = this.file.job.executed ?? this.options.context().clock.wall();
    const kept = this.file.add({ executed });
    this.feed({ type: "presence", online: this.target.online });
    this.ask();
    this.feed({ type: "execute" });
    return kept;
  }

  heard(online: boolean): void {
    this.feed({ type: "presence", online: online || this.target.plan.unheard === true });
  }

  /** `told`: object 5 knows. */
  cancel(told: boolean): void {
    this.feed({ type: "cancel", told });
  }

  /** Not before then, whatever the window says. Resolves when it is on the disk. */
  defer(until: UnixMillis): Promise<void> {
    const kept = this.file.add({ until });
    this.ask();
    return kept;
  }

  /** What it may begin by is another now. */
  ask(): void {
    this.permission.ask();
  }

  onGranted(): void {
    this.feed({ type: "granted" });
  }

  onQueued(owner: string): void {
    this.feed({ type: "queued", reason: `the firmware of ${owner} is being updated on link "${this.link}"` });
  }

  /** It goes on in a process after this one, or with another plan. Resolves when the device has its wire back. */
  async suspend(): Promise<void> {
    this.feed.stop();
    this.effects.length = 0;
    this.rest();
    await this.device.close();
    this.options.context().queue.release(this);
    this.onEnded();
    this.onOver();
  }

  private rest(): void {
    this.permission.close();
    this.file.settle();
    this.letGo?.();
    this.letGo = undefined;
  }

  /** One after the other: what is to be on the disk is there before the next is done. */
  private enqueue(effect: JobEffect): void {
    this.effects.push(effect);
    if (!this.working) void this.work();
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let effect = this.effects.shift(); effect !== undefined; effect = this.effects.shift()) {
      const waits = this.perform(effect);
      if (waits !== undefined) await waits;
    }
    this.working = false;
    if (!this.machine.isOver) return;
    this.rest();
    this.options.onOver();
    this.onOver();
  }

  /** What is to be waited for. */
  private perform(effect: JobEffect): Promise<void> | undefined {
    const context = this.options.context();
    switch (effect.type) {
      case "claim":
        context.queue.claim(this);
        return undefined;
      case "release":
        context.queue.release(this);
        return undefined;
      case "hold":
        this.hold(effect.whom);
        return undefined;
      case "keep":
        context.log.info({ device: this.owner, phase: effect.progress.phase }, "firmware: where the update is");
        return this.file.keep(effect.progress, effect.tell);
      case "end":
        context.log.info({ device: this.owner, ...effect.end }, "firmware: the update is over");
        return this.file
          .end(effect.end, { size: this.image.size, ...said(this.image, this.version) }, effect.tell)
          .then(this.onEnded);
      case "note":
        this.pace.note(effect.offset, context.clock.monotonic());
        if (this.file.note(effect.offset)) this.options.onProgress();
        return undefined;
      case "warn":
        context.log.warn({ code: effect.code, device: this.owner, reason: effect.reason }, effect.message);
        return undefined;
      case "close":
        return this.device.close();
      case "look":
      case "run":
      case "send":
      case "abort":
        this.device.ask(effect);
        return undefined;
    }
  }

  /** The new hold is there before the old one goes. */
  private hold(whom: "line" | "device" | "nobody"): void {
    const before = this.letGo;
    this.letGo = whom === "nobody" ? undefined : this.target.hold("its firmware is being updated", whom === "line");
    before?.();
  }
}
