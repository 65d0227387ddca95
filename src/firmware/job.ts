/** A job: one image on its way to one device. What of it is kept, and what of it can be seen. */
import type { Millis, UnixMillis } from "../clock.ts";
import type { UpdateRecord } from "../lwm2m/firmware/firmware-update.ts";
import type { UpdateResult } from "../lwm2m/firmware/update-result.ts";

/** Where a job is; in this order, but for what fails. */
export const JOB_PHASES = ["waiting", "enter", "transfer", "staged", "activate", "verify", "confirm"] as const;
export type JobPhase = (typeof JOB_PHASES)[number];

/** On the disk before each change of phase. */
export interface KeptJob {
  /** Names it towards the device, too. */
  readonly id: string;
  readonly phase: JobPhase;
  /** Bytes that the device has acknowledged. */
  readonly offset: number;
  readonly cookie?: string;
  /** Of an image that the device fetches: see ImageOffer. */
  readonly token?: string;
  /** What ran before. */
  readonly before?: string;
  /** How often the transfer was begun. */
  readonly attempts: number;
  readonly begun: UnixMillis;
  /** When Update was executed; absent: not yet. */
  readonly executed?: UnixMillis;
  /** An operator wants it not before. */
  readonly until?: UnixMillis;
  /** Of `verify`: when it must be back. */
  readonly deadline?: UnixMillis;
}

/** What is kept of one owner: a device by its id, or "" for the gateway. One row, one JSON text. */
export interface KeptFirmware {
  readonly update: UpdateRecord;
  readonly job?: KeptJob;
  /** Of a download that is under way. */
  readonly mark?: string;
  /** The newest last, at most 20. */
  readonly history: readonly JobRecord[];
}

/** What became of a job. */
export interface JobRecord {
  readonly begun: UnixMillis;
  readonly ended: UnixMillis;
  readonly name?: string;
  readonly version?: string;
  readonly size: number;
  readonly before?: string;
  readonly after?: string;
  readonly result: UpdateResult;
  readonly reason?: string;
}

/** For a person, `status` and the metrics; plain data. */
export interface FirmwareStatus {
  /** Id of the device; absent: the gateway itself. */
  readonly device?: string;
  readonly prefix: string;
  readonly via: string;
  readonly state: number;
  readonly result: number;
  readonly update: UpdateRecord;
  readonly image?: {
    readonly size: number;
    readonly sha256: string;
    readonly name?: string;
    readonly version?: string;
  };
  /** Of what is under way: the download, or the job. */
  readonly progress?: {
    readonly phase: JobPhase | "download";
    readonly bytes: number;
    readonly total?: number;
    /** Bytes a second, of the last ten seconds; absent: it does not come, or nobody knows yet. */
    readonly speed?: number;
    /** At that speed; absent: nobody knows. */
    readonly remaining?: Millis;
  };
  /** Why it does not go on now, as a sentence: another job on the link, outside the window, deferred. */
  readonly waits?: string;
  readonly history: readonly JobRecord[];
}
