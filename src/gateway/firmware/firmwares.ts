/** Object 5 of every device whose mapping has a `firmware:` section, and what stands behind each. */
import type { DeviceJobs, JobOwner } from "../../firmware/device-jobs.ts";
import type { FirmwareStatus } from "../../firmware/job.ts";
import type { FirmwareTarget } from "../../firmware/target.ts";
import type { UpdateObject } from "../../firmware/update-object.ts";
import type { PlacedDevice } from "../state/places.ts";
import { DeviceFirmware, type FirmwareContext, type KeptRow } from "./device-firmware.ts";

export interface FirmwaresOptions extends FirmwareContext {
  /** Of any image, in bytes. */
  readonly maxSize: number;
  /** Of a device by its id. */
  readonly kept: (owner: string) => KeptRow;
  readonly jobsOf: (owner: JobOwner) => DeviceJobs;
  /** The gateway's own; absent: nobody may send it one. */
  readonly self?: { readonly maxSize: number; readonly jobsOf: (of: OfSelf) => DeviceJobs };
  /** Undefined where the device does not run. */
  readonly target: (owner: string) => FirmwareTarget | undefined;
}

type OfSelf = Pick<JobOwner, "object" | "onProgress">;

interface Open {
  readonly id: string;
  readonly maxSize: number;
  readonly via: string;
  readonly firmware: DeviceFirmware;
}

export class Firmwares {
  private readonly options: FirmwaresOptions;
  /** By prefix, which belongs to the same device for ever. */
  private open: ReadonlyMap<string, Open> = new Map();
  private byId: ReadonlyMap<string, DeviceFirmware> = new Map();
  private readonly self: DeviceFirmware | undefined;

  constructor(options: FirmwaresOptions) {
    this.options = options;
    const { self } = options;
    this.self = self && this.make({ id: "", maxSize: self.maxSize, via: "self" }, "");
  }

  /** Undefined where nobody knows how an image would get to the device. */
  of(prefix: string): UpdateObject | undefined {
    if (prefix === "") return this.self?.object;
    // Most gateways have none, and each request asks.
    return this.open.size === 0 ? undefined : this.open.get(prefix)?.firmware.object;
  }

  /** The devices that there are from now on, which must have their places. Resolves to whether any has another object 5. */
  async adopt(devices: readonly PlacedDevice[]): Promise<boolean> {
    const wanted = new Map(
      devices.filter((device) => this.isMeant(device)).map((device) => [device.prefix, this.keyOf(device)]),
    );
    const stays = (prefix: string, open: Open): boolean => {
      const key = wanted.get(prefix);
      return key !== undefined && isSame(open, key);
    };
    const gone = [...this.open].filter(([prefix, open]) => !stays(prefix, open));
    await Promise.all(gone.map(([, { firmware }]) => firmware.close()));
    const next = new Map([...this.open].filter(([prefix, open]) => stays(prefix, open)));
    const before = next.size;
    for (const [prefix, key] of wanted) {
      if (!next.has(prefix)) next.set(prefix, { ...key, firmware: this.make(key, prefix) });
    }
    const others = gone.length > 0 || next.size !== before;
    this.open = next;
    this.byId = new Map([...next.values()].map(({ id, firmware }) => [id, firmware]));
    return others;
  }

  /** The devices run: what the process before this one left goes on. */
  begin(): void {
    for (const [id, firmware] of this.byId) {
      const target = this.options.target(id);
      if (target === undefined) continue;
      void firmware.begin((of) => this.options.jobsOf({ owner: id, target, ...of }));
    }
    const { self } = this.options;
    if (self !== undefined) void this.self?.begin(self.jobsOf);
  }

  presence(id: string, online: boolean): void {
    this.byId.get(id)?.presence(online);
  }

  status(): readonly FirmwareStatus[] {
    const own = this.self === undefined ? [] : [this.self.status()];
    return [...own, ...[...this.open.values()].map(({ firmware }) => firmware.status())];
  }

  /** Of one device by its id, for a person. */
  get(id: string): DeviceFirmware | undefined {
    return this.byId.get(id);
  }

  /** Nobody has this prefix any more: what lies on the disk of it goes. Rejects with the system's error. */
  async forget(prefix: string): Promise<void> {
    if (!this.open.has(prefix)) await this.options.images.remove(prefix);
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(({ firmware }) => firmware.close()));
    await this.self?.close();
  }

  /** A device that has an object 5 of its own in its mapping keeps that. */
  private isMeant({ plan }: PlacedDevice): boolean {
    return plan.firmware !== undefined && !plan.objects.has(this.options.definition.id);
  }

  private keyOf({ plan: { id, firmware } }: PlacedDevice): Omit<Open, "firmware"> {
    const { maxSize } = this.options;
    return { id, maxSize: Math.min(maxSize, firmware?.accept.maxSize ?? maxSize), via: firmware?.via ?? "" };
  }

  private make({ id: owner, maxSize, via }: Omit<Open, "firmware">, prefix: string): DeviceFirmware {
    return new DeviceFirmware({ context: this.options, owner, prefix, via, maxSize, kept: this.options.kept(owner) });
  }
}

function isSame(a: Omit<Open, "firmware">, b: Omit<Open, "firmware">): boolean {
  return a.id === b.id && a.maxSize === b.maxSize && a.via === b.via;
}
