/** What servers make, fill and remove: the stored objects, and over those of the gateway itself Modbus for servers. */
import type { Link } from "../adapter.ts";
import type { Clock } from "../clock.ts";
import type { AdapterShelf } from "../config/adapter-shelf.ts";
import type { GatewaySettings } from "../config/types.ts";
import type { LinkPlan } from "../devices/devices.ts";
import type { Logger } from "../log.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { StoredChange } from "../lwm2m/stored-backing.ts";
import { keptObjects } from "./remote-modbus/objects.ts";
import { RemoteModbus } from "./remote-modbus/remote-modbus.ts";
import type { RemoteModbusStatus } from "./remote-modbus/status.ts";
import {
  StoredObjects,
  type StoredObjectsOptions,
  type StoredOwner,
  type StoredStatus,
} from "./state/stored-objects.ts";
import type { FilledBacking } from "./trees.ts";

export interface FilledOptions {
  /** As everything under `gateway:` they are those of the start. */
  readonly gateway: GatewaySettings;
  readonly catalogue: ObjectCatalogue;
  readonly adapters: AdapterShelf;
  readonly store: StoredObjectsOptions["store"];
  readonly clock: Clock;
  readonly log: Logger;
  readonly openLink: (id: string) => Promise<Link>;
  /** Something is another now; what servers did is on the disk. */
  readonly onChange: (prefix: string, change: StoredChange) => void;
  /** `links` and `used` give others now; resolves when these are open to be used. */
  readonly onLinks: () => Promise<void>;
}

export class Filled {
  private readonly options: FilledOptions;
  private readonly stored: StoredObjects;
  private readonly own: readonly ObjectDefinition[];
  private modbus: RemoteModbus | undefined;

  constructor(options: FilledOptions) {
    const { gateway, catalogue, store, clock, log } = options;
    this.options = options;
    this.own = [...gateway.storedObjects, ...(gateway.remoteModbus === undefined ? [] : keptObjects(catalogue))];
    this.stored = new StoredObjects({
      ...{ store, clock, log },
      onChange: (prefix, change) => {
        const told = prefix === "" && this.modbus !== undefined ? this.modbus.changed(change) : change;
        options.onChange(prefix, told);
      },
    });
  }

  /** Raw Modbus; undefined where the configuration allows none. */
  get remote(): RemoteModbus | undefined {
    return this.modbus;
  }

  /** Undefined where there is nothing of the kind. */
  of(prefix: string): FilledBacking | undefined {
    return prefix === "" && this.modbus !== undefined ? this.modbus : this.stored.backingOf(prefix);
  }

  /**
   * The devices that have stored objects from now on, which must have their places, and the links of the configuration.
   * Resolves to whether any stored objects are others. Rejects with StoreError.
   */
  async adopt(devices: readonly StoredOwner[], links: ReadonlyMap<string, LinkPlan>): Promise<boolean> {
    const others = await this.stored.adopt([{ prefix: "", objects: this.own }, ...devices]);
    this.modbus ??= await this.makeModbus();
    await this.modbus?.adopt(links);
    return others;
  }

  /** With those that were made for servers. */
  links(configured: ReadonlyMap<string, LinkPlan>): ReadonlyMap<string, LinkPlan> {
    return this.modbus?.plans(configured) ?? configured;
  }

  /** Ids of the links that servers use. */
  get used(): readonly string[] {
    return this.modbus?.used ?? [];
  }

  /** The links can be opened. */
  begin(): void {
    this.modbus?.begin();
  }

  /** Nothing may be asked on this link, for this reason; resolves when it is let go. */
  async pauseLink(id: string, reason: string): Promise<void> {
    await this.modbus?.pauseLink(id, reason);
  }

  resumeLink(id: string): void {
    this.modbus?.resumeLink(id);
  }

  status(): { readonly stored: readonly StoredStatus[]; readonly modbus?: RemoteModbusStatus } {
    return { stored: this.stored.status(), ...(this.modbus === undefined ? {} : { modbus: this.modbus.status() }) };
  }

  async close(): Promise<void> {
    await this.modbus?.close();
  }

  private async makeModbus(): Promise<RemoteModbus | undefined> {
    const { gateway, adapters, catalogue, clock, log, openLink, onChange, onLinks } = this.options;
    const settings = gateway.remoteModbus;
    const stored = this.stored.backingOf("");
    if (settings === undefined || stored === undefined) return undefined;
    const adapter = await adapters.named("modbus");
    if (adapter === undefined) throw new Error("the adapter for Modbus is missing: the installation is damaged");
    return new RemoteModbus(
      {
        ...{ settings, adapter, catalogue, clock, log, openLink, onLinks },
        onChange: (samples) => onChange("", { samples, removed: [], instances: false }),
      },
      stored,
    );
  }
}
