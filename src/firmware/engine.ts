/** The jobs of all devices: images on their way, one on each link at a time. What is under way when the process ends goes on later. */
import type { Clock, Millis, Random } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { DeviceJobs, JobOwner } from "./device-jobs.ts";
import type { ImageOffers } from "./http/image-offers.ts";
import type { JobContext } from "./job-runner.ts";
import type { KeptFirmwares } from "./kept-firmware.ts";
import { LinkQueue } from "./link-queue.ts";
import { OwnerJobs } from "./owner-jobs.ts";
import { UpdateWindow, type WindowTimes } from "./windows.ts";

export interface FirmwareEngineOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** For the names of jobs. */
  readonly random: Random;
  /** Loaded. Object 5 changes `update` and `mark` of the same rows. */
  readonly kept: Pick<KeptFirmwares, "of">;
  /** When jobs may begin, until `follow` says otherwise; absent: at any time. */
  readonly window?: WindowTimes;
  /** Absent: devices cannot fetch images. */
  readonly offers?: Pick<ImageOffers, "offer">;
}

export class FirmwareEngine {
  private readonly options: FirmwareEngineOptions;
  private readonly queue = new LinkQueue();
  private context: JobContext;
  private readonly owners = new Map<string, OwnerJobs>();

  constructor(options: FirmwareEngineOptions) {
    this.options = options;
    this.context = this.contextFor(options.window);
  }

  /** Of a device that runs, for its object 5; those that the same device had before are closed first. */
  jobsOf(owner: JobOwner): DeviceJobs {
    const { random, kept } = this.options;
    const id = owner.owner;
    const onClosed = (): void => {
      if (this.owners.get(id) === jobs) this.owners.delete(id);
    };
    const jobs: OwnerJobs = new OwnerJobs(owner, {
      random,
      onClosed,
      kept: kept.of(id),
      context: () => this.context,
    });
    this.owners.set(id, jobs);
    return jobs;
  }

  /** Jobs begin in this window from now on; those that wait for the one before look anew. */
  follow(window: WindowTimes | undefined): void {
    this.context = this.contextFor(window);
    for (const jobs of this.owners.values()) jobs.reconsider();
  }

  /** See OwnerJobs. */
  async stop(device: string): Promise<boolean> {
    return (await this.owners.get(device)?.stop()) ?? false;
  }

  async defer(device: string, by: Millis): Promise<boolean> {
    return (await this.owners.get(device)?.defer(by)) ?? false;
  }

  private contextFor(window: WindowTimes | undefined): JobContext {
    const { clock, log, offers } = this.options;
    const { queue } = this;
    return { clock, log, queue, offers, window: window === undefined ? undefined : new UpdateWindow(window) };
  }
}
