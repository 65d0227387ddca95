/** What object 5 of one prefix can be asked, and what it is told: its states are a machine, what it does is somebody else's. */
import type { UnixMillis } from "../../clock.ts";
import type { Lwm2mError } from "../../errors.ts";
import type { UpdateResult, UpdateState } from "./update-result.ts";

/** What of an update outlives the process; plain data. */
export interface UpdateRecord {
  readonly state: UpdateState;
  readonly result: UpdateResult;
  /** Resource 1; "" where there is none. */
  readonly uri: string;
  /** Resources 6 and 7; absent: nobody has said. */
  readonly name?: string;
  readonly version?: string;
  /** Resource 11: 0 critical, 1 mandatory, 2 optional. */
  readonly severity: 0 | 1 | 2;
  /** Resource 12. */
  readonly changed?: UnixMillis;
  /** Resource 13, in seconds; 0: no deferral; absent: nobody has said how long it may be deferred. */
  readonly deferPeriod?: number;
  /** Resource 14. */
  readonly automatic: boolean;
}

/** What servers do, and what comes of it. */
export type UpdateEvent =
  /** The first block of a Package arrived: no reset. */
  | { readonly type: "pushBegins" }
  /** Package = one NUL byte, or Package URI = "". */
  | { readonly type: "reset" }
  | { readonly type: "pull"; readonly uri: string; readonly supported: boolean }
  /** The image is on the disk, whole, and what `accept` wants of it holds; before-update: the device has it too. */
  | { readonly type: "downloaded"; readonly name?: string; readonly version?: string }
  /** It did not get here, or is no image for this device. */
  | { readonly type: "downloadFailed"; readonly result: UpdateResult }
  | { readonly type: "update" }
  /** The job begins; before it was due, or deferred. */
  | { readonly type: "updating" }
  /** The policy, a window or the device says: later. */
  | { readonly type: "deferred" }
  | { readonly type: "updated" }
  /** `kept`: the image is there still, and Update may be executed again. */
  | { readonly type: "updateFailed"; readonly result: UpdateResult; readonly kept: boolean }
  | { readonly type: "cancel" }
  /** Resources 11, 13 and 14 are written. */
  | ({ readonly type: "set" } & Partial<Pick<UpdateRecord, "severity" | "deferPeriod" | "automatic">>);

export type UpdateEffect =
  | { readonly type: "changed"; readonly record: UpdateRecord }
  /** Fetch what `uri` names. */
  | { readonly type: "download"; readonly uri: string }
  /** What is being fetched, or was, is nobody's any more; `abort`: the device may have some of it. */
  | { readonly type: "discard" }
  /** Update was executed, or follows by itself: what comes of it is said by `updating`, `deferred` or `updateFailed`. */
  | { readonly type: "start" }
  /** What the server asked for cannot be now; what stands before it was done all the same. */
  | { readonly type: "refused"; readonly error: Lwm2mError };
