/**
 * The jobs of all devices: images on their way, one on each link at a time. Object 5 of each device tells it what servers want, and
 * is told what came of that; what is under way when the process ends goes on in the next one.
 */
import type { Clock, Millis, Random } from "../clock.ts";
import { reasonOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { UpdateEvent } from "../lwm2m/firmware/firmware-update.ts";
import { UPDATE_RESULT, UPDATE_STATE, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import type { AcceptRule } from "../mapping/firmware-plan.ts";
import type { ImageOffers } from "./http/image-offers.ts";
import { checkImage, type ImageVerdict } from "./image-check.ts";
import type { Images, StoredImage } from "./images.ts";
import type { FirmwareStatus, KeptJob } from "./job.ts";
import { type JobContext, JobRunner } from "./job-runner.ts";
import type { KeptFirmwares } from "./kept-firmware.ts";
import { LinkQueue } from "./link-queue.ts";
import type { FirmwareTarget } from "./target.ts";
import { UpdateWindow, type WindowTimes } from "./windows.ts";

export interface FirmwareEngineOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** For the names of jobs. */
  readonly random: Random;
  /** Loaded. Object 5 changes `update` and `mark` of the same rows. */
  readonly kept: KeptFirmwares;
  readonly images: Pick<Images, "open">;
  /** Absent: at any time. */
  readonly window?: WindowTimes;
  /** Absent: devices cannot fetch images. */
  readonly offers?: Pick<ImageOffers, "offer">;
  /**
   * Object 5 of this device: `downloaded`, `downloadFailed`, `updating`, `deferred`, `updated`, `updateFailed`. What it changes of
   * its record before it returns is on the disk together with what the job changes. May call back.
   */
  readonly tell: (device: string, event: UpdateEvent) => void;
}

interface Seat {
  readonly target: FirmwareTarget;
  runner?: JobRunner;
  /** Another one since the image was discarded. */
  era: number;
  /** What was asked before is done first. */
  turn: Promise<void>;
}

export class FirmwareEngine {
  private readonly options: FirmwareEngineOptions;
  private readonly context: JobContext;
  private readonly seats = new Map<string, Seat>();

  constructor(options: FirmwareEngineOptions) {
    const { clock, log, window, offers } = options;
    this.options = options;
    const queue = new LinkQueue();
    this.context = { clock, log, queue, offers, window: window === undefined ? undefined : new UpdateWindow(window) };
  }

  /**
   * A device that can be updated, at the start or after a reload: with another plan it is to be removed first. What it had under way
   * goes on. Resolves when that is known. Never rejects.
   */
  add(target: FirmwareTarget): Promise<void> {
    const seat: Seat = { target, era: 0, turn: Promise.resolve() };
    this.seats.set(target.id, seat);
    return this.inTurn(seat, () => this.resume(seat));
  }

  /** It is not configured any more, or is another now: what is under way stays on the disk. Never rejects. */
  async remove(device: string): Promise<void> {
    const seat = this.seats.get(device);
    if (seat === undefined) return;
    this.seats.delete(device);
    await this.inTurn(seat, async () => {
      await seat.runner?.suspend();
      delete seat.runner;
    });
  }

  /** Whether it answers is another than before. */
  heard(device: string, online: boolean): void {
    this.seats.get(device)?.runner?.heard(online);
  }

  /**
   * An image arrived whole, in state Downloading: it is checked, and goes to the device where the plan says before-update.
   * `downloaded` or `downloadFailed` is told. Never rejects.
   */
  take(device: string, image: StoredImage): Promise<void> {
    return this.withSeat(device, (seat) => this.check(seat, image));
  }

  /** Update was executed, or follows by itself. `updating` or `deferred` is told. Never rejects. */
  update(device: string): Promise<void> {
    return this.withSeat(device, (seat) => this.begin(seat));
  }

  /**
   * The image is nobody's any more (the effect `discard` of object 5, which knows). Resolves when it is not read any more, and the
   * device was told as far as it can be. Never rejects.
   */
  discard(device: string): Promise<void> {
    const seat = this.seats.get(device);
    if (seat !== undefined) seat.era++;
    return this.withSeat(device, () => (seat === undefined ? Promise.resolve() : this.ended(seat, true)));
  }

  /**
   * An operator gives up what is under way in state Updating, which servers cannot: `updateFailed` with result 10 is told. False:
   * nothing is, or the device may run the image already.
   */
  async stop(device: string): Promise<boolean> {
    const seat = this.seats.get(device);
    if (seat?.runner?.canBeCancelled !== true) return false;
    await this.inTurn(seat, () => this.ended(seat, false));
    return true;
  }

  /** An operator wants it later. False: nothing waits. */
  async defer(device: string, by: Millis): Promise<boolean> {
    const { runner } = this.seats.get(device) ?? {};
    if (runner === undefined || runner.begun) return false;
    await runner.defer(this.options.clock.wall() + by);
    return true;
  }

  /** Severity or Maximum Defer Period are others, or the clock was set. */
  reconsider(device?: string): void {
    for (const [id, { runner }] of this.seats) if (device === undefined || device === id) runner?.ask();
  }

  /** What the job of this device knows; undefined: none is under way. */
  statusOf(device: string): Pick<FirmwareStatus, "image" | "progress" | "waits"> | undefined {
    const { runner } = this.seats.get(device) ?? {};
    if (runner === undefined) return undefined;
    const { image, progress, waits, rate, version } = runner;
    const { phase, offset } = progress;
    const { size, sha256 } = image;
    return {
      image: {
        size,
        sha256: Buffer.from(sha256).toString("hex"),
        ...told(image, version),
      },
      progress: {
        phase,
        bytes: offset,
        total: size,
        speed: Math.round(rate),
        ...(phase === "transfer" && rate > 0 ? { remaining: Math.round(((size - offset) * 1000) / rate) } : {}),
      },
      ...(waits === undefined ? {} : { waits }),
    };
  }

  /** Devices get their wires back, and the disk what there is to keep; the next process goes on. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.seats.keys()].map((device) => this.remove(device)));
  }

  private async resume(seat: Seat): Promise<void> {
    const { id, plan } = seat.target;
    const { update, job } = this.options.kept.of(id).value;
    if (job === undefined) {
      if (update.state === UPDATE_STATE.updating)
        this.lose(id, UPDATE_RESULT.failed, "nothing is known of it any more");
      return;
    }
    const image = await this.imageOf(seat);
    if (image === undefined) {
      this.lose(id, UPDATE_RESULT.integrity, "its image is damaged, or gone");
      return;
    }
    const verdict = await this.checked(image, plan.accept);
    this.run(seat, image, job, verdict.ok ? verdict.version : image.version);
  }

  private async check(seat: Seat, image: StoredImage): Promise<void> {
    const { id, plan } = seat.target;
    const { era } = seat;
    const verdict = await this.checked(image, plan.accept);
    if (era !== seat.era) return;
    if (!verdict.ok) this.lose(id, verdict.result, verdict.reason);
    else if (plan.stage === "before-update") this.run(seat, image, this.newJob(false), verdict.version);
    else this.options.tell(id, { type: "downloaded", ...told(image, verdict.version) });
  }

  private async begin(seat: Seat): Promise<void> {
    if (seat.runner !== undefined) {
      seat.runner.execute();
      return;
    }
    const { id, plan } = seat.target;
    const { era } = seat;
    const image = await this.imageOf(seat);
    const verdict = image === undefined ? undefined : await this.checked(image, plan.accept);
    if (era !== seat.era) return;
    if (image === undefined || verdict === undefined) {
      this.lose(id, UPDATE_RESULT.integrity, "its image is damaged, or gone");
    } else if (verdict.ok) this.run(seat, image, this.newJob(true), verdict.version);
    else this.lose(id, verdict.result, verdict.reason);
  }

  private run(seat: Seat, image: StoredImage, job: KeptJob, said: string | undefined): void {
    const { target } = seat;
    const kept = this.options.kept.of(target.id);
    const version = said ?? kept.value.update.version;
    const runner = new JobRunner(
      {
        context: this.context,
        target,
        image,
        kept,
        tell: (event) => {
          const named = event.type === "downloaded" ? { ...event, ...told(image, version) } : event;
          this.options.tell(target.id, named);
        },
        onOver: () => {
          if (seat.runner === runner) delete seat.runner;
        },
      },
      job,
      version,
    );
    seat.runner = runner;
    runner.start();
  }

  private async ended(seat: Seat, isTold: boolean): Promise<void> {
    const { runner } = seat;
    if (runner === undefined) return;
    runner.cancel(isTold);
    await runner.over;
  }

  /** There is no image that could go on. */
  private lose(id: string, result: UpdateResult, reason: string): void {
    const { log, kept, tell } = this.options;
    const { update, job } = kept.of(id).value;
    if (job !== undefined) void kept.of(id).change({ job: undefined });
    const downloading = update.state === UPDATE_STATE.downloading;
    if (downloading) log.warn({ code: "LG578", device: id, reason }, "the image is not for the device");
    else log.warn({ code: "LG577", device: id, reason }, "the update failed");
    tell(id, downloading ? { type: "downloadFailed", result } : { type: "updateFailed", result, kept: false });
  }

  private async imageOf({ target }: Seat): Promise<StoredImage | undefined> {
    try {
      return await this.options.images.open(target.prefix);
    } catch (error) {
      this.options.log.debug({ device: target.id, reason: reasonOf(error) }, "the image cannot be opened");
      return undefined;
    }
  }

  private async checked(image: StoredImage, accept: AcceptRule): Promise<ImageVerdict> {
    try {
      return await checkImage(image, accept);
    } catch (error) {
      return { ok: false, result: UPDATE_RESULT.integrity, reason: `it cannot be read: ${reasonOf(error)}` };
    }
  }

  private newJob(executed: boolean): KeptJob {
    const { clock, random } = this.options;
    const begun = clock.wall();
    return {
      id: Buffer.from(random(8)).toString("hex"),
      phase: "waiting",
      offset: 0,
      attempts: 0,
      begun,
      ...(executed ? { executed: begun } : {}),
    };
  }

  private withSeat(device: string, work: (seat: Seat) => Promise<void>): Promise<void> {
    const seat = this.seats.get(device);
    return seat === undefined ? Promise.resolve() : this.inTurn(seat, () => work(seat));
  }

  private inTurn(seat: Seat, work: () => Promise<void>): Promise<void> {
    seat.turn = seat.turn.then(work);
    return seat.turn;
  }
}

function told(image: StoredImage, version: string | undefined): { readonly name?: string; readonly version?: string } {
  const { name } = image;
  return { ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) };
}
