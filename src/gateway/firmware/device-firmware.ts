/** The firmware of one device, or of the gateway itself, joined: its object 5, its image, who fetches that and what is done with it. */
import type { Clock } from "../../clock.ts";
import type { DeviceJobs, ObjectOwner } from "../../firmware/device-jobs.ts";
import type { Downloader } from "../../firmware/download.ts";
import { Fetching } from "../../firmware/fetching.ts";
import type { Images, StoredImage } from "../../firmware/images.ts";
import type { FirmwareStatus, KeptFirmware } from "../../firmware/job.ts";
import { Speed } from "../../firmware/speed.ts";
import { UpdateObject } from "../../firmware/update-object.ts";
import type { Logger } from "../../log.ts";
import type { UpdateEvent } from "../../lwm2m/firmware/firmware-update.ts";
import { initialUpdate } from "../../lwm2m/firmware/update-machine.ts";
import { UPDATE_RESULT, UPDATE_STATE } from "../../lwm2m/firmware/update-result.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import { notDone } from "../../lwm2m/refusals.ts";
import type { Sample } from "../../lwm2m/sample.ts";

/** What is kept of one owner. `change` resolves when it is on the disk, and never rejects; after `hurry` a disk is tried once. */
export interface KeptRow {
  readonly value: KeptFirmware;
  hurry(): void;
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
  /** What of it can be seen is another now; "" is the gateway itself. */
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
  /** What was asked for before there was anybody to do it. */
  private waiting: ((jobs: DeviceJobs) => void)[] = [];
  private begun = false;
  private beginning: Promise<void> = Promise.resolve();
  private image: StoredImage | undefined;
  private readonly speed = new Speed();
  private fetched: { readonly bytes: number; readonly total?: number } | undefined;

  constructor(options: DeviceFirmwareOptions) {
    this.options = options;
    this.fetching = this.makeFetching();
    this.object = this.makeObject();
  }

  /** There is somebody to do what is asked for: what the process before this one left goes on. Never rejects. */
  begin(jobsOf: (of: ObjectOwner) => DeviceJobs): Promise<void> {
    if (this.begun) return this.beginning;
    this.begun = true;
    const { object } = this;
    const onProgress = (): void => this.options.context.onProgress(this.options.owner);
    this.beginning = this.goOn(jobsOf({ object, onProgress, tell: (event) => this.tell(event) }));
    return this.beginning;
  }

  presence(online: boolean): void {
    this.jobs?.presence(online);
  }

  /** The clock was set. */
  reconsider(): void {
    this.jobs?.reconsider?.();
  }

  /** Resolves when it is on the disk; who observes it hears of it then. */
  private async tell(event: UpdateEvent): Promise<void> {
    const { record, settle } = this.object.apply(event);
    await this.options.kept.change({ update: record });
    settle().catch(nobodyAsks);
  }

  status(): FirmwareStatus {
    const { owner, prefix, via, kept } = this.options;
    const { record: update } = this.object;
    const { history } = kept.value;
    const { phase, history: _, waits, ...come } = this.jobs?.status() ?? { bytes: 0, history };
    const progress = phase === undefined ? this.downloaded() : { phase, ...come };
    return {
      ...(owner === "" ? {} : { device: owner }),
      ...{ prefix, via, state: update.state, result: update.result, update, history },
      ...(this.image === undefined ? {} : { image: described(this.image) }),
      ...(progress === undefined ? {} : { progress }),
      ...(waits === undefined ? {} : { waits }),
    };
  }

  /** What is under way goes on with the next `begin`, in this process or another. */
  async close(): Promise<void> {
    // What waits for a disk that refuses would be waited for below.
    this.options.kept.hurry();
    await this.fetching.stop();
    await this.beginning;
    await this.jobs?.close();
    await this.object.close();
  }

  private async goOn(jobs: DeviceJobs): Promise<void> {
    const { context, prefix, kept } = this.options;
    const { state, uri } = this.object.record;
    const isUnderWay = kept.value.job !== undefined;
    const found = state === UPDATE_STATE.idle ? undefined : await context.images.open(prefix);
    const isNew = this.image === undefined && found !== undefined;
    this.image ??= found;
    this.jobs = jobs;
    jobs.begin(this.image);
    for (const work of this.waiting.splice(0)) work(jobs);
    if (isUnderWay || this.object.record.state !== state) return;
    if (state === UPDATE_STATE.downloaded && this.image === undefined) {
      void this.tell({ type: "updateFailed", result: UPDATE_RESULT.integrity, kept: false });
    } else if (state !== UPDATE_STATE.downloading) return;
    else if (this.image !== undefined) {
      // Whole when the process before this one ended, which had not looked at it yet.
      if (isNew) void jobs.arrived(this.image);
    } else if (uri === "") void this.tell({ type: "downloadFailed", result: UPDATE_RESULT.connectionLost });
    else this.fetching.begin(uri, { mark: kept.value.mark });
  }

  private makeFetching(): Fetching {
    const { context, prefix, maxSize, kept } = this.options;
    const { images, downloaders, log } = context;
    return new Fetching({
      ...{ owner: prefix, images, maxSize, downloaders, log },
      port: {
        keepMark: (mark) => void kept.change({ mark }),
        onProgress: (bytes, total) => {
          this.speed.note(bytes, context.clock.monotonic());
          this.fetched = { bytes, ...(total === undefined ? {} : { total }) };
          context.onProgress(this.options.owner);
        },
        arrived: (image) => void this.arrived(image),
        failed: (result) => void this.tell({ type: "downloadFailed", result }),
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
        onChange: (samples) => this.changed(samples),
        download: (uri) => {
          this.speed.clear();
          this.fetching.begin(uri);
        },
        arrived: (image) => this.arrived(image),
        discard: () => this.discard(),
        start: () => this.start(),
        now: () => clock.wall(),
      },
    });
  }

  private downloaded(): FirmwareStatus["progress"] {
    const { fetched } = this;
    if (fetched === undefined) return undefined;
    const { bytes, total } = fetched;
    const now = this.options.context.clock.monotonic();
    return {
      phase: "download",
      ...fetched,
      ...this.speed.progress(now, total === undefined ? undefined : total - bytes),
    };
  }

  private changed(samples: readonly Sample[]): void {
    const { context, prefix } = this.options;
    context.onChange(prefix, samples);
    // How urgent it is, and how long it may wait, is another now.
    this.jobs?.reconsider?.();
  }

  private async arrived(image: StoredImage): Promise<void> {
    this.image = image;
    this.fetched = undefined;
    void this.options.kept.change({ mark: undefined });
    // Image and state are on the disk: who does not run yet goes on from there.
    if (this.jobs === undefined) this.waiting.push((jobs) => void jobs.arrived(image));
    else await this.jobs.arrived(image);
  }

  private async start(): Promise<void> {
    await this.beginning;
    if (this.jobs === undefined) throw notDone("the device does not run yet; try again");
    await this.jobs.start();
  }

  private async discard(): Promise<void> {
    const { kept } = this.options;
    this.waiting = [];
    await this.fetching.stop();
    await this.jobs?.discard();
    this.image = undefined;
    this.fetched = undefined;
    if (kept.value.mark !== undefined) await kept.change({ mark: undefined });
  }
}

/** The object is closed, and what was to be told is on the disk. */
function nobodyAsks(): void {}

function described({ size, sha256, name, version }: StoredImage): NonNullable<FirmwareStatus["image"]> {
  return {
    size,
    sha256: Buffer.from(sha256).toString("hex"),
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
  };
}
