/** Object 5 of the gateway itself and of every device whose mapping has a `firmware:` section, and what stands behind each. */
import type { DeviceJobs, JobOwner, ObjectOwner } from "../../firmware/device-jobs.ts";
import type { FirmwareStatus } from "../../firmware/job.ts";
import type { FirmwareTarget } from "../../firmware/target.ts";
import type { UpdateObject } from "../../firmware/update-object.ts";
import type { PlacedDevice } from "../state/places.ts";
import { DeviceFirmware, type FirmwareContext, type KeptRow } from "./device-firmware.ts";

export interface FirmwaresOptions extends FirmwareContext {
  /** Of any image, in bytes. */
  readonly maxSize: number;
  /** Once, before anything is adopted. Rejects with StoreError. */
  readonly load: () => Promise<void>;
  /** Of a device by its id, or "" for the gateway itself. */
  readonly kept: (owner: string) => KeptRow;
  /** A device has another id now, or is forgotten. */
  readonly moved: (from: string, to: string | undefined) => void;
  /** Undefined where the device does not run. */
  readonly target: (owner: string) => FirmwareTarget | undefined;
  readonly jobsOf: (owner: JobOwner) => DeviceJobs;
  /** The gateway's own; absent: nobody may send it one. */
  readonly self?: { readonly maxSize: number; readonly jobsOf: (of: ObjectOwner) => DeviceJobs };
}

/** By what an object 5 stays the same over a reload. */
interface Key {
  readonly id: string;
  readonly maxSize: number;
  readonly via: string;
  /** Of the plan: another text may mean another way. */
  readonly fingerprint: string;
}

interface Open extends Key {
  readonly firmware: DeviceFirmware;
}

export class Firmwares {
  private readonly options: FirmwaresOptions;
  private loaded: Promise<void> | undefined;
  /** By prefix, which belongs to the same device for ever. */
  private open: ReadonlyMap<string, Open> = new Map();
  private byId: ReadonlyMap<string, DeviceFirmware> = new Map();
  private self: DeviceFirmware | undefined;

  constructor(options: FirmwaresOptions) {
    this.options = options;
  }

  /** Undefined where nobody knows how an image would get to the device. */
  of(prefix: string): UpdateObject | undefined {
    if (prefix === "") return this.self?.object;
    // Most gateways have none, and each request asks.
    return this.open.size === 0 ? undefined : this.open.get(prefix)?.firmware.object;
  }

  /**
   * The devices that there are from now on, which must have their places. Resolves to whether any has another object 5. Rejects with
   * StoreError.
   */
  async adopt(devices: readonly PlacedDevice[]): Promise<boolean> {
    await this.load();
    const wanted = new Map(
      devices.filter((device) => this.isMeant(device)).map((one) => [one.prefix, this.keyOf(one)]),
    );
    const stays = (prefix: string, open: Open): boolean => {
      const key = wanted.get(prefix);
      return key !== undefined && isSame(open, key);
    };
    const gone = [...this.open].filter(([prefix, open]) => !stays(prefix, open));
    await Promise.all(gone.map(([, { firmware }]) => firmware.close()));
    for (const { plan } of devices) if (plan.was !== undefined) this.options.moved(plan.was, plan.id);
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
    const { target, jobsOf, self } = this.options;
    for (const [id, firmware] of this.byId) {
      const device = target(id);
      if (device !== undefined) void firmware.begin((of) => jobsOf({ owner: id, target: device, ...of }));
    }
    if (self !== undefined) void this.self?.begin(self.jobsOf);
  }

  presence(id: string, online: boolean): void {
    this.byId.get(id)?.presence(online);
  }

  /** The clock was set. */
  reconsider(): void {
    for (const firmware of this.byId.values()) firmware.reconsider();
  }

  status(): readonly FirmwareStatus[] {
    const own = this.self === undefined ? [] : [this.self];
    return [...own, ...this.byId.values()].map((firmware) => firmware.status());
  }

  /** Of one device by its id, for a person; "" is the gateway itself. */
  get(id: string): DeviceFirmware | undefined {
    return id === "" ? this.self : this.byId.get(id);
  }

  /** Nobody has this prefix any more: what lies on the disk of it goes. Rejects with the system's error. */
  async forget(id: string, prefix: string): Promise<void> {
    if (this.open.has(prefix)) return;
    this.options.moved(id, undefined);
    await this.options.images.remove(prefix);
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(({ firmware }) => firmware.close()));
    await this.self?.close();
  }

  private load(): Promise<void> {
    this.loaded ??= this.options.load().then(() => {
      const { self } = this.options;
      if (self !== undefined) this.self = this.make({ id: "", maxSize: self.maxSize, via: "self" }, "");
    });
    return this.loaded;
  }

  /** A device that has an object 5 of its own in its mapping keeps that. */
  private isMeant({ plan }: PlacedDevice): boolean {
    return plan.firmware !== undefined && !plan.objects.has(this.options.definition.id);
  }

  private keyOf({ plan: { id, firmware, fingerprint } }: PlacedDevice): Key {
    const { maxSize } = this.options;
    const most = Math.min(maxSize, firmware?.accept.maxSize ?? maxSize);
    return { id, maxSize: most, via: firmware?.via ?? "", fingerprint };
  }

  private make({ id: owner, maxSize, via }: Omit<Key, "fingerprint">, prefix: string): DeviceFirmware {
    return new DeviceFirmware({ context: this.options, owner, prefix, via, maxSize, kept: this.options.kept(owner) });
  }
}

function isSame(a: Key, b: Key): boolean {
  return a.id === b.id && a.maxSize === b.maxSize && a.via === b.via && a.fingerprint === b.fingerprint;
}
