import type { PointId, Transfer, TransferContext } from "../adapter.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { FirmwarePlan } from "../mapping/firmware-plan.ts";
import type { Device } from "./device.ts";

/** Where its device is found, whatever a reload made of it. */
export interface TargetPort {
  get(id: string): Device | undefined;
  hold(device: Device, reason: string, line: boolean): () => void;
  lend(link: string, reason: string): Promise<() => Promise<void>>;
}

/**
 * A device with a `firmware:` section as a job sees it: a `FirmwareTarget`. A reload may put another device in the place of the one
 * that was there: what was under way then ends with DeviceError, a hold goes on, and the next call is to the new one.
 */
export class DeviceTarget {
  readonly id: string;
  private readonly port: TargetPort;
  /** As it was last; where it is gone it refuses everything. */
  private last: Device;
  private known: FirmwarePlan;

  constructor(device: Device, plan: FirmwarePlan, port: TargetPort) {
    this.id = device.plan.id;
    this.port = port;
    this.last = device;
    this.known = plan;
  }

  get prefix(): string {
    return this.device().prefix;
  }

  get link(): string {
    return this.device().plan.link;
  }

  get plan(): FirmwarePlan {
    this.known = this.device().plan.firmware ?? this.known;
    return this.known;
  }

  /** Whether a job may begin: it answers, so far as anybody knows, or need not. */
  get online(): boolean {
    return this.plan.unheard === true || this.device().answers;
  }

  hold(reason: string, line: boolean): () => void {
    return this.port.hold(this.device(), reason, line);
  }

  lend(reason: string): Promise<() => Promise<void>> {
    return this.port.lend(this.link, reason);
  }

  async transfer(context: TransferContext): Promise<Transfer> {
    return this.device().held.transfer(context);
  }

  async invoke(steps: readonly unknown[]): Promise<void> {
    return this.device().held.invoke(steps);
  }

  async read(points: readonly PointId[]): Promise<ReadonlyMap<PointId, Value>> {
    return this.device().held.read(points);
  }

  private device(): Device {
    this.last = this.port.get(this.id) ?? this.last;
    return this.last;
  }
}
