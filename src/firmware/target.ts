/** What a job needs of its device. */
import type { PointId, Transfer, TransferContext } from "../adapter.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { FirmwarePlan } from "../mapping/firmware-plan.ts";

export interface FirmwareTarget {
  /** Of the device. */
  readonly id: string;
  readonly prefix: string;
  /** One job at a time on each. */
  readonly link: string;
  readonly plan: FirmwarePlan;
  /** Whether a job may begin: it answers, so far as anybody knows, or need not (`unheard` of the plan). */
  readonly online: boolean;
  /**
   * From now on nobody polls it, and its silence is no outage; `line`: nor anybody else on its link. Reads and writes of servers
   * get `reason`. Ends by what it returns, once; then the device is looked for.
   */
  hold(reason: string, line: boolean): () => void;
  /**
   * The link is closed, and nobody opens it, this target neither, until what it resolves to is called: for a program that has the port.
   * Resolves when it can be had. Never rejects. Absent: nobody holds a port.
   */
  lend?(reason: string): Promise<() => Promise<void>>;
  /** Rejects with DeviceError; also where the link is away. */
  transfer(context: TransferContext): Promise<Transfer>;
  /** Steps of the adapter, parsed. */
  invoke(steps: readonly unknown[]): Promise<void>;
  /** Fresh values, though it is held; a point that has no good one is left out. Rejects with DeviceError where it does not answer. */
  read(points: readonly PointId[]): Promise<ReadonlyMap<PointId, Value>>;
}
