/** What a job hears, and what it wants done. */
import type { Millis } from "../clock.ts";
import type { ErrorCode } from "../error-codes.ts";
import type { DeviceErrorKind, FirmwareCondition } from "../errors.ts";
import type { UpdateEvent } from "../lwm2m/firmware/firmware-update.ts";
import type { UpdateResult } from "../lwm2m/firmware/update-result.ts";
import type { FirmwarePlan } from "../mapping/firmware-plan.ts";
import type { JobPhase } from "./job.ts";
import type { Look } from "./version-verdict.ts";

/** What a machine makes of the plan. */
export interface JobOptions {
  readonly plan: Pick<
    FirmwarePlan,
    "expect" | "version" | "enter" | "confirm" | "verify" | "retries" | "lock" | "results"
  >;
  readonly size: number;
  /** By the image's header, or as it was told; undefined: nobody knows. */
  readonly wanted: string | undefined;
}

/** Where it is, as far as that must outlive the process. */
export interface JobProgress {
  readonly phase: JobPhase;
  readonly offset: number;
  readonly before?: string;
  readonly attempts: number;
  /** Update was executed; else it goes to the device before that. */
  readonly executed: boolean;
  /** Of `verify`, monotonic. */
  readonly deadline?: Millis;
}

export interface JobFailure {
  readonly kind: DeviceErrorKind;
  readonly condition?: FirmwareCondition;
  readonly message: string;
}

export type JobEvent =
  /** It is to go on, from where it was, or to begin as soon as it may. */
  | { readonly type: "start" }
  /** Update was executed, which is on the disk, or goes there with what is kept next. */
  | { readonly type: "execute" }
  /** Whether window and operator let it begin. */
  | { readonly type: "policy"; readonly mayBegin: boolean; readonly reason?: string }
  | { readonly type: "presence"; readonly online: boolean }
  /** The link is its own, or another job's. */
  | { readonly type: "granted" }
  | { readonly type: "queued"; readonly reason: string }
  | { readonly type: "looked"; readonly look: Look }
  /** What was to be run or sent is. */
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly failure: JobFailure }
  | { readonly type: "acknowledged"; readonly offset: number }
  /** `told`: object 5 knows already. */
  | { readonly type: "cancel"; readonly told: boolean };

export type JobEffect =
  /** Asks for the link; `granted` or `queued` follows. */
  | { readonly type: "claim" }
  | { readonly type: "release" }
  /** Who else is not asked: nobody on the link, the device, or none. */
  | { readonly type: "hold"; readonly whom: "line" | "device" | "nobody" }
  /** What comes after it waits until it is on the disk, with what object 5 makes of `tell`. */
  | { readonly type: "keep"; readonly progress: JobProgress; readonly tell?: UpdateEvent }
  | { readonly type: "end"; readonly end: JobEnd; readonly tell?: UpdateEvent }
  /** On its way to the disk, which nobody waits for. */
  | { readonly type: "note"; readonly offset: number }
  | { readonly type: "look"; readonly health: boolean }
  | { readonly type: "run"; readonly steps: "enter" | "activate" | "confirm" }
  | { readonly type: "send"; readonly offset: number }
  /** Best effort, then `done`. */
  | { readonly type: "abort" }
  /** Ends what runs, and gives back the wire. */
  | { readonly type: "close" }
  | { readonly type: "warn"; readonly code: ErrorCode; readonly reason: string; readonly message: string };

export interface JobEnd {
  readonly result: UpdateResult;
  readonly reason?: string;
  readonly after?: string;
}
