/** What carries the images of one device to it, as its object 5 has it: contract of the engine. */
import type { StoredImage } from "./images.ts";
import type { JobPhase, KeptFirmware } from "./job.ts";
import type { FirmwareTarget } from "./target.ts";
import type { UpdateObject } from "./update-object.ts";

/** What the parts of one owner know of each other: `event` and `apply` of its object 5 tell it what becomes of a job. */
export interface JobOwner {
  /** Id of the device. */
  readonly owner: string;
  readonly target: FirmwareTarget;
  readonly object: Pick<UpdateObject, "record" | "event" | "apply">;
  /** What stands of it is another now: for status and for whoever watches. */
  onProgress(): void;
}

/** Calls never throw and are done in their order; what comes of them is told to `JobOwner.object`. */
export interface DeviceJobs {
  /**
   * The process before this one ended, or the configuration is another: goes on. `image`: the whole one that is here; undefined where
   * there is none, and then nothing can go on.
   */
  begin(image: StoredImage | undefined): void;
  /** An image is here, whole: it is checked against `accept`, and with `stage: before-update` carried to the device. */
  arrived(image: StoredImage): void;
  /** Update was executed, or follows by itself: `updating`, `deferred` or `updateFailed` is told. */
  start(): void;
  /** Whatever is under way ends; the device is told to forget what it has. Resolves when nobody reads the image any more. */
  discard(): Promise<void>;
  /** The device answers, or does not any more. */
  presence(online: boolean): void;
  /** Severity or Maximum Defer Period are others, or the clock was set. */
  reconsider?(): void;
  /** What of it can be seen: of KeptFirmware what it adds. */
  status(): {
    readonly phase?: JobPhase;
    readonly bytes: number;
    readonly total?: number;
    readonly speed: number;
    readonly waits?: string;
  } & Pick<KeptFirmware, "history">;
  /** The gateway ends, or the device has no firmware any more: what is under way goes on with the next `begin`. */
  close(): Promise<void>;
}
