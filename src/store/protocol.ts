import type { LogFields } from "../log.ts";
import type { DeviceClaim, DevicePlace, DevicePlaces } from "./device-place.ts";
import type { KeptFacts } from "./fact-table.ts";
import type { FirmwareChange, KeptFirmwareRow } from "./firmware-table.ts";
import type { HistoryCalls } from "./history/calls.ts";
import type { DeviceInstance, NumberedInstance } from "./instance-numbers.ts";
import type { KeptChange, KeptInstances } from "./instance-table.ts";
import type { KnownTime } from "./known-time.ts";
import type { KeptPart, PartChanges } from "./server-table.ts";
import type { StoreErrorKind } from "./store-error.ts";

/** What the store's thread can be asked, and what each question gives. */
export interface StoreCalls extends HistoryCalls {
  readonly assignDevices: { readonly argument: readonly DeviceClaim[]; readonly result: DevicePlaces };
  readonly loadPlaces: { readonly argument: undefined; readonly result: ReadonlyMap<string, DevicePlace> };
  readonly assignNumbers: {
    readonly argument: readonly DeviceInstance[];
    readonly result: readonly NumberedInstance[];
  };
  readonly forgetDevice: { readonly argument: string; readonly result: boolean };
  readonly loadInstances: { readonly argument: undefined; readonly result: KeptInstances };
  readonly saveInstances: { readonly argument: readonly KeptChange[]; readonly result: undefined };
  /** Reads `gateway.db` again. Gives what was wrong with it; then it is set aside and another one begun. */
  readonly checkGateway: { readonly argument: undefined; readonly result: string | undefined };
  readonly loadTime: { readonly argument: undefined; readonly result: KnownTime | undefined };
  readonly saveTime: { readonly argument: KnownTime; readonly result: undefined };
  /** A copy of `gateway.db` in that directory. */
  readonly copyTo: { readonly argument: string; readonly result: undefined };
  readonly loadMachine: { readonly argument: undefined; readonly result: string | undefined };
  readonly saveMachine: { readonly argument: string | undefined; readonly result: undefined };
  readonly loadServers: { readonly argument: undefined; readonly result: readonly KeptPart[] };
  readonly saveServer: { readonly argument: PartChanges; readonly result: undefined };
  /** See `collect` of heap.ts. */
  readonly collect: { readonly argument: undefined; readonly result: undefined };
  /** Takes the lock of the file and gives it back. */
  readonly pulse: { readonly argument: undefined; readonly result: undefined };
  readonly loadFacts: { readonly argument: undefined; readonly result: readonly KeptFacts[] };
  readonly saveFacts: { readonly argument: KeptFacts; readonly result: undefined };
  readonly loadFirmware: { readonly argument: undefined; readonly result: readonly KeptFirmwareRow[] };
  readonly saveFirmware: { readonly argument: FirmwareChange; readonly result: undefined };
  /** The thread ends after its answer. */
  readonly close: { readonly argument: undefined; readonly result: undefined };
}

export type StoreCall = keyof StoreCalls;

/** Main thread to worker. Answers come in the order of the requests, each under its number. */
export type StoreRequest<Call extends StoreCall = StoreCall> = {
  readonly [C in Call]: { readonly number: number; readonly call: C; readonly argument: StoreCalls[C]["argument"] };
}[Call];

/** An error as it crosses the threads: structured clone would drop its class and its kind. */
export interface SentError {
  readonly kind: StoreErrorKind;
  readonly message: string;
  /** The stack and causes as text, for the log. */
  readonly detail: string;
}

/** Worker to main thread. The first one is `opened`, or `refused`, after which the thread ends. */
export type StoreReply =
  | { readonly type: "opened" }
  | { readonly type: "refused"; readonly error: SentError }
  | { readonly type: "answer"; readonly number: number; readonly result: StoreCalls[StoreCall]["result"] }
  | { readonly type: "failure"; readonly number: number; readonly error: SentError }
  | { readonly type: "log"; readonly level: "error" | "warn"; readonly fields: LogFields; readonly message: string };

/** The first message to the thread. It may be loading while somebody still finds out where the state lies. */
export interface StoreOpening {
  readonly directory: string;
}
