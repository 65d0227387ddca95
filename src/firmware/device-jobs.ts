/** What carries the images of one device to it, as its object 5 has it: contract of the engine. */
import type { UpdateEvent } from "../lwm2m/firmware/firmware-update.ts";
import type { StoredImage } from "./images.ts";
import type { JobPhase, KeptFirmware } from "./job.ts";
import type { SpeedProgress } from "./speed.ts";
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

/** Who of it keeps no more than object 5. */
export interface ObjectOwner extends Pick<JobOwner, "object" | "onProgress"> {
  /** What becomes of the image. Resolves when it is on the disk; who observes it hears of it then. Never rejects. */
  tell(event: UpdateEvent): Promise<void>;
}

/**
 * Calls are done in their order, and what comes of them is told to `JobOwner.object`. They may be called within its turn: nothing that
 * is waited for here waits for that.
 */
export interface DeviceJobs {
  /**
   * The process before this one ended, or the configuration is another: goes on. `image`: the whole one that is here; undefined where
   * there is none, and then nothing can go on.
   */
  begin(image: StoredImage | undefined): void;
  /**
   * An image is here, whole: it is checked against `accept`, and with `stage: before-update` carried to the device. Resolves when what
   * the check says is on the disk, or the job that carries it. Never rejects.
   */
  arrived(image: StoredImage): Promise<void>;
  /**
   * Update was executed, or follows by itself: `updating`, `deferred` or `updateFailed` is told. Resolves when that is on the disk,
   * long before it ends. Rejects with Lwm2mError where it is closed before.
   */
  start(): Promise<void>;
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
    readonly waits?: string;
  } & SpeedProgress &
    Pick<KeptFirmware, "history">;
  /** The gateway ends, or the device has no firmware any more: what is under way goes on with the next `begin`. */
  close(): Promise<void>;
}
