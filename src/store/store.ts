import { Worker } from "node:worker_threads";
import { workerUrl } from "../locate.ts";
import type { Logger } from "../log.ts";
import type { DeviceClaim, DevicePlace, DevicePlaces } from "./device-place.ts";
import type { KeptFacts } from "./fact-table.ts";
import type { FirmwareChange, KeptFirmwareRow } from "./firmware-table.ts";
import type { History, HistoryOptions } from "./history/history.ts";
import { HistoryQueue } from "./history/history-queue.ts";
import type { DeviceInstance, NumberedInstance } from "./instance-numbers.ts";
import type { KeptChange, KeptInstances } from "./instance-table.ts";
import { IntegrityCheck, type IntegrityOutcome } from "./integrity-check.ts";
import type { KnownTime } from "./known-time.ts";
import type { StoreOpening } from "./protocol.ts";
import type { KeptPart, PartChange } from "./server-table.ts";
import { WorkerClient } from "./worker-client.ts";

export type { DeviceClaim, DevicePlace, DevicePlaces } from "./device-place.ts";
export type { KeptFacts } from "./fact-table.ts";
export type { FirmwareChange, KeptFirmwareRow } from "./firmware-table.ts";
export {
  type DropCause,
  type History,
  type HistoryBoot,
  type HistoryEntry,
  type HistoryOptions,
  type HistoryReport,
  type HistoryStats,
  type Inflow,
  roomLasts,
  type SequenceRange,
  type WaitingStats,
  type WhenFull,
} from "./history/history.ts";
export type { DeviceInstance, NumberedInstance } from "./instance-numbers.ts";
export type { DamagedInstance, KeptChange, KeptInstances } from "./instance-table.ts";
export type { FileCheck, IntegrityOutcome } from "./integrity-check.ts";
export type { KnownTime } from "./known-time.ts";
export type { KeptPart, PartChange } from "./server-table.ts";
export { StoreError, type StoreErrorKind } from "./store-error.ts";

/**
 * What the gateway remembers over restarts. Every method rejects with StoreError; after a `failed` one nothing works any
 * more and the process must start again.
 */
export interface Store {
  /**
   * Gives each device its prefix and its instance of object 25, or finds those that it has: assigned once, kept for ever,
   * never given to another id until `forgetDevice`. `was` moves both to the new id. All in one transaction; a device that
   * cannot be placed is in `refused` and disturbs no other.
   */
  assignDevices(devices: readonly DeviceClaim[]): Promise<DevicePlaces>;
  /** The place of every device that has one, configured or not, by its id. */
  loadPlaces(): Promise<ReadonlyMap<string, DevicePlace>>;
  /**
   * Frees the prefix and the instance of a device that is gone for good, and drops its stored instances. Resolves to whether
   * the device was known.
   */
  forgetDevice(id: string): Promise<boolean>;
  /**
   * Gives each of these a number among the instances of its object of all devices, or finds the one that it has: the smallest that
   * is free, in their order; kept for ever, never given to another device until `forgetDevice`, and moved by `was` like the prefix.
   * One transaction. An instance of a device without a place, or beyond 65535 of them, is left out.
   */
  assignNumbers(wanted: readonly DeviceInstance[]): Promise<readonly NumberedInstance[]>;
  /** Every stored instance, of devices that are not configured too, in order of object and instance. */
  loadInstances(): Promise<KeptInstances>;
  /** All of the changes, or none where it rejects; when it resolves they are on the disk. */
  saveInstances(changes: readonly KeptChange[]): Promise<void>;
  /** A copy of `gateway.db` as it is now, in that directory. */
  copyTo(directory: string): Promise<void>;
  /** The machine whose state this is, as a hash of its id; undefined: nobody's yet. */
  loadMachine(): Promise<string | undefined>;
  /** Undefined: it is nobody's from now on. */
  saveMachine(hash: string | undefined): Promise<void>;
  /** What is kept of servers, of those that are not configured too. */
  loadServers(): Promise<readonly KeptPart[]>;
  /** All of the changes to what is kept of one server, or none where it rejects. */
  saveServer(server: number, changes: readonly PartChange[]): Promise<void>;
  /** What devices said of themselves, also those that are not configured. */
  loadFacts(): Promise<readonly KeptFacts[]>;
  /** In the place of what was kept of this device. */
  saveFacts(facts: KeptFacts): Promise<void>;
  /** Where the update of each firmware stands, of devices that are not configured too. */
  loadFirmware(): Promise<readonly KeptFirmwareRow[]>;
  /** In the place of what was kept of this owner; when it resolves it is on the disk. Of a device without a place nothing is kept. */
  saveFirmware(change: FirmwareChange): Promise<void>;
  /** What the run before left of the time; undefined: nothing. */
  loadTime(): Promise<KnownTime | undefined>;
  saveTime(known: KnownTime): Promise<void>;
  /** The historical queue, in a file of its own: `history.db`. To be asked for once. Rejects with `newer`, `unwritable` too. */
  openHistory(options: HistoryOptions): Promise<History>;
  /**
   * Reads both files once, beside everything else: `gateway.db`, which is small, in the store's thread; the history in a thread of
   * its own, which takes seconds where it is large. What is damaged is set aside with a loud error, and a new file begun with what
   * memory has and what can be read; live operation goes on. To be called once, when the start is over: after the first
   * registration. Rejects with `failed` and `closed` alone.
   */
  checkIntegrity(): Promise<IntegrityOutcome>;
  /**
   * Whether it goes on: its thread answers, and a transaction can be had; nothing is written. Resolves after what was asked
   * before is done; where the disk hangs, with that.
   */
  pulse(): Promise<void>;
  /** Gives back memory that its thread does not need. Rejects with `failed` and `closed` alone. */
  collect(): Promise<void>;
  /** Whether something was asked that is not answered yet. */
  readonly busy: boolean;
  /** Waits for what was asked before, then closes the files. A history is flushed before. Closing twice is allowed. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /**
   * The state directory; made where it is missing. The file in it is `gateway.db`. The thread loads while the directory is
   * still being found out; where that fails, so does the store.
   */
  readonly directory: string | Promise<string>;
  readonly log: Logger;
  /** Called once when the store's thread dies by itself: the gateway cannot keep its promises any more. */
  readonly onFailure?: (error: Error) => void;
}

/**
 * Opens the store in a thread of its own. Rejects with StoreError `locked`, `newer`, `unwritable` or `failed`, or with what
 * the directory rejects with.
 */
export async function openStore({ directory, log, onFailure = () => {} }: StoreOptions): Promise<Store> {
  const worker = new Worker(workerUrl(import.meta.url, "store-worker"), { name: "store" });
  const client = new WorkerClient(worker, log, onFailure);
  try {
    worker.postMessage({ directory: await directory } satisfies StoreOpening);
  } catch (error) {
    await client.abandon();
    throw error;
  }
  await client.opened();
  let history: HistoryQueue | undefined;
  const check = new IntegrityCheck(client, log);
  return {
    get busy() {
      return client.busy;
    },
    assignDevices: (devices) => client.call("assignDevices", devices),
    loadPlaces: () => client.call("loadPlaces", undefined),
    assignNumbers: (wanted) => client.call("assignNumbers", wanted),
    forgetDevice: (id) => client.call("forgetDevice", id),
    loadInstances: () => client.call("loadInstances", undefined),
    saveInstances: (changes) => client.call("saveInstances", changes),
    copyTo: (target) => client.call("copyTo", target),
    ...records(client),
    openHistory: async (options) => {
      const { clock, commit: _, ...limits } = options;
      const content = await client.call("openHistory", { ...limits, now: clock.wall() });
      history = new HistoryQueue((...call) => client.call(...call), log, options, content);
      return history;
    },
    checkIntegrity: () => check.run(history),
    pulse: () => client.call("pulse", undefined),
    collect: () => client.call("collect", undefined),
    close: () => {
      check.close();
      history?.close();
      return client.close();
    },
  };
}

type Records = `${"load" | "save"}${"Machine" | "Facts" | "Firmware" | "Time"}` | "loadServers" | "saveServer";

/** What somebody writes and reads again, as it is. */
function records(client: WorkerClient): Pick<Store, Records> {
  return {
    loadMachine: () => client.call("loadMachine", undefined),
    saveMachine: (hash) => client.call("saveMachine", hash),
    loadServers: () => client.call("loadServers", undefined),
    saveServer: (server, changes) => client.call("saveServer", { server, changes }),
    loadFacts: () => client.call("loadFacts", undefined),
    saveFacts: (facts) => client.call("saveFacts", facts),
    loadFirmware: () => client.call("loadFirmware", undefined),
    saveFirmware: (change) => client.call("saveFirmware", change),
    loadTime: () => client.call("loadTime", undefined),
    saveTime: (known) => client.call("saveTime", known),
  };
}
