/** The firmware of one device, or of the gateway itself, joined: its object 5, its image, who fetches that and who carries it to the device. */
import type { Clock } from "../../clock.ts";
import type { DeviceJobs, JobOwner } from "../../firmware/device-jobs.ts";
import type { Downloader } from "../../firmware/download.ts";
import { Fetching } from "../../firmware/fetching.ts";
import type { Images, StoredImage } from "../../firmware/images.ts";
import type { FirmwareStatus, KeptFirmware } from "../../firmware/job.ts";
import { UpdateObject } from "../../firmware/update-object.ts";
import type { Logger } from "../../log.ts";
import type { UpdateEvent } from "../../lwm2m/firmware/firmware-update.ts";
import { initialUpdate } from "../../lwm2m/firmware/update-machine.ts";
import { UPDATE_RESULT, UPDATE_STATE } from "../../lwm2m/firmware/update-result.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import type { Sample } from "../../lwm2m/sample.ts";

/** What is kept of one owner. `change` resolves when it is on the disk, and never rejects. */
export interface KeptRow {
  readonly value: KeptFirmware;
  change(patch: Partial<Pick<KeptFirmware, "update">> & { readonly mark?: string | undefined }): Promise<void>;
}

/** What all devices have in common. */
export interface FirmwareContext {
  /** Object 5, version 1.2. */
  readonly definition: ObjectDefinition;
  readonly images: Images;
  readonly downloaders: readonly Downloader[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Values of object 5 are others now. */
  readonly onChange: (prefix: string, samples: readonly Sample[]) => void;
  /** What of it can be seen is another now. */
  readonly onProgress: (owner: string) => void;
}

export interface DeviceFirmwareOptions {
  readonly context: FirmwareContext;
  /** Id of the device; "" is the gateway itself. */
  readonly owner: string;
  readonly prefix: string;
  readonly via: string;
  readonly maxSize: number;
  readonly kept: KeptRow;
}

export class DeviceFirmware {
  readonly object: UpdateObject;
  private readonly options: DeviceFirmwareOptions;
  private readonly fetching: Fetching;
  private jobs: DeviceJobs | undefined;
  /** What was asked for before there was a device to ask it of. */
  private waiting: ((jobs: DeviceJobs) => void)[] = [];
  private image: StoredImage | undefined;
  private fetched: { readonly bytes: number; readonly total?: number } | undefined;

  constructor(options: DeviceFirmwareOptions) {
    this.options = options;
    this.fetching = this.makeFetching();
    this.object = this.makeObject();
  }

  /** What carries images to it is there: what the process before this one left goes on. */
  async begin(jobsOf: (of: Pick<JobOwner, "object" | "onProgress">) => DeviceJobs): Promise<void> {
    if (this.jobs !== undefined) return;
    const { context, owner, prefix, kept } = this.options;
    const { object } = this;
    const jobs = jobsOf({ object, onProgress: () => context.onProgress(owner) });
    const { state, uri } = object.record;
    this.jobs = jobs;
    if (state !== UPDATE_STATE.idle) this.image ??= await context.images.open(prefix);
    jobs.begin(this.image);
    for (const work of this.waiting.splice(0)) work(jobs);
    if (state === UPDATE_STATE.downloaded && this.image === undefined) {
      await this.event({ type: "updateFailed", result: UPDATE_RESULT.integrity, kept: false });
    } else if (state !== UPDATE_STATE.downloading || kept.value.job !== undefined) return;
    else if (this.image !== undefined) jobs.arrived(this.image);
    else if (uri === "") await this.event({ type: "downloadFailed", result: UPDATE_RESULT.connectionLost });
    else this.fetching.begin(uri, { mark: kept.value.mark });
  }

  presence(online: boolean): void {
    this.jobs?.presence(online);
  }

  status(): FirmwareStatus {
    const { owner, prefix, via, kept } = this.options;
    const { record: update } = this.object;
    const { phase, bytes, total, speed, waits, history = kept.value.history } = this.jobs?.status() ?? NOTHING_DONE;
    const progress =
      phase !== undefined
        ? { progress: { phase, bytes, speed, ...(total === undefined ? {} : { total }) } }
        : this.fetched === undefined
          ? {}
          : { progress: { phase: "download" as const, speed: 0, ...this.fetched } };
    return {
      ...(owner === "" ? {} : { device: owner }),
      ...{ prefix, via, state: update.state, result: update.result, update, history },
      ...(this.image === undefined ? {} : { image: described(this.image) }),
      ...progress,
      ...(waits === undefined ? {} : { waits }),
    };
  }

  /** What is under way goes on with the next `begin`, in this process or another. */
  async close(): Promise<void> {
    await this.fetching.stop();
    await this.jobs?.close();
    await this.object.close();
  }

  private makeFetching(): Fetching {
    const { context, prefix, maxSize, kept } = this.options;
    const { images, downloaders, log } = context;
    return new Fetching({
      ...{ owner: prefix, images, maxSize, downloaders, log },
      port: {
        keepMark: (mark) => void kept.change({ mark }),
        onProgress: (bytes, total) => {
          this.fetched = { bytes, ...(total === undefined ? {} : { total }) };
          context.onProgress(this.options.owner);
        },
        arrived: (image) => this.arrived(image),
        failed: (result) => void this.event({ type: "downloadFailed", result }),
      },
    });
  }

  private makeObject(): UpdateObject {
    const { context, prefix, maxSize, kept } = this.options;
    const { definition, images, downloaders, clock } = context;
    const { update } = kept.value;
    return new UpdateObject({
      ...{ prefix, definition, images, maxSize },
      record: update.changed === undefined ? { ...initialUpdate(clock.wall()), ...update } : update,
      protocols: [...new Set(downloaders.flatMap(({ protocols }) => protocols))].sort((a, b) => a - b),
      schemes: new Set(downloaders.flatMap(({ schemes }) => schemes)),
      port: {
        save: (record) => kept.change({ update: record }),
        onChange: (samples) => context.onChange(prefix, samples),
        download: (uri) => this.fetching.begin(uri),
        arrived: (image) => this.arrived(image),
        discard: () => this.discard(),
        start: () => this.withJobs((jobs) => jobs.start()),
        now: () => clock.wall(),
      },
    });
  }

  private arrived(image: StoredImage): void {
    this.image = image;
    this.fetched = undefined;
    void this.options.kept.change({ mark: undefined });
    this.withJobs((jobs) => jobs.arrived(image));
  }

  private async discard(): Promise<void> {
    this.waiting = [];
    await this.fetching.stop();
    await this.jobs?.discard();
    this.image = undefined;
    this.fetched = undefined;
    if (this.options.kept.value.mark !== undefined) await this.options.kept.change({ mark: undefined });
  }

  private withJobs(work: (jobs: DeviceJobs) => void): void {
    if (this.jobs === undefined) this.waiting.push(work);
    else work(this.jobs);
  }

  /** Of ours: where it cannot be told any more, nobody asks. */
  private event(event: UpdateEvent): Promise<void> {
    return this.object.event(event).catch(() => {});
  }
}

const NOTHING_DONE: Partial<ReturnType<DeviceJobs["status"]>> & { readonly bytes: number; readonly speed: number } = {
  bytes: 0,
  speed: 0,
};

function described({ size, sha256, name, version }: StoredImage): NonNullable<FirmwareStatus["image"]> {
  return {
    size,
    sha256: Buffer.from(sha256).toString("hex"),
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
  };
}
