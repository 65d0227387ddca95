/** The objects that servers fill, of the gateway and of each device: joined to the store. */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import { makePath } from "../../lwm2m/path.ts";
import { notDone } from "../../lwm2m/refusals.ts";
import { type InstanceChange, StoredBacking, type StoredChange } from "../../lwm2m/stored-backing.ts";
import type { StoredInstance, StoredValue } from "../../lwm2m/stored-content.ts";
import { type StoredLimits, valueBytes } from "../../lwm2m/stored-limits.ts";
import { fitsDefinition } from "../../lwm2m/value-check.ts";
import {
  type DamagedInstance,
  type KeptChange,
  type KeptInstances,
  type Store,
  StoreError,
} from "../../store/store.ts";

/** Who has stored objects. */
export interface StoredOwner {
  /** Id of the device; absent: the gateway itself. */
  readonly device?: string;
  readonly prefix: string;
  readonly objects: readonly ObjectDefinition[];
}

/** What servers may fill under one prefix, and what they did; plain data. */
export interface StoredStatus {
  /** "" is the gateway itself. */
  readonly prefix: string;
  readonly objects: readonly { readonly object: number; readonly name: string; readonly instances: number }[];
}

export interface StoredObjectsOptions {
  readonly store: Pick<Store, "loadInstances" | "saveInstances">;
  readonly clock: Clock;
  readonly log: Logger;
  /** A server changed something; it is on the disk. */
  readonly onChange: (prefix: string, change: StoredChange) => void;
  readonly limits?: StoredObjectsLimits;
}

export interface StoredObjectsLimits extends StoredLimits {
  /** Of everything together, devices that are not configured too. */
  readonly bytes: number;
}

/** Far more than labels and settings need; far less than a disk or a memory has. */
export const STORED_LIMITS: StoredObjectsLimits = { instances: 1000, valueBytes: 65536, bytes: 16 * 1024 * 1024 };

interface Open {
  readonly owner: StoredOwner;
  readonly backing: StoredBacking;
}

export class StoredObjects {
  private readonly options: StoredObjectsOptions;
  private readonly limits: StoredObjectsLimits;
  /** By prefix, which belongs to the same device for ever. */
  private open: ReadonlyMap<string, Open> = new Map();
  private bytes = 0;
  private failing = false;
  /** What was told of rows and values that are left out. */
  private readonly told = new Set<string>();

  constructor(options: StoredObjectsOptions) {
    this.options = options;
    this.limits = options.limits ?? STORED_LIMITS;
  }

  /** Undefined where there are none. */
  backingOf(prefix: string): StoredBacking | undefined {
    // Most gateways have none, and each request asks.
    return this.open.size === 0 ? undefined : this.open.get(prefix)?.backing;
  }

  status(): readonly StoredStatus[] {
    return [...this.open.values()].map(({ owner: { prefix, objects }, backing }) => ({
      prefix,
      objects: objects.map(({ id: object, name }) => {
        const instances = backing.model.get(object)?.instances.size ?? 0;
        return { object, name: name.trim(), instances };
      }),
    }));
  }

  /**
   * Those that have stored objects from now on; devices must have their places. Resolves to whether anything is different.
   * Rejects with StoreError.
   */
  async adopt(owners: readonly StoredOwner[]): Promise<boolean> {
    const wanted = owners.filter(({ objects }) => objects.length > 0);
    const kept = wanted.flatMap((owner) => this.openAs(owner) ?? []);
    const closing = [...this.open.values()].filter((open) => !kept.includes(open));
    if (closing.length === 0 && kept.length === wanted.length) return false;
    await Promise.all(closing.map(({ backing }) => backing.close()));
    const opening = wanted.filter((owner) => this.openAs(owner) === undefined);
    const rows = opening.length === 0 ? undefined : await this.load();
    const byPrefix = new Map(kept.map((open) => [open.owner.prefix, open]));
    for (const owner of opening) byPrefix.set(owner.prefix, { owner, backing: this.backing(owner, rows) });
    this.open = byPrefix;
    return true;
  }

  /** The one that is open and can stay. */
  private openAs(owner: StoredOwner): Open | undefined {
    const open = this.open.get(owner.prefix);
    return open !== undefined && isDeepStrictEqual(open.owner, owner) ? open : undefined;
  }

  private async load(): Promise<KeptInstances> {
    const rows = await this.options.store.loadInstances();
    this.bytes = rows.instances.reduce((sum, { values }) => sum + bytesOf(values), 0);
    for (const row of rows.damaged) this.tell(row, `what was stored cannot be read and is left out: ${row.reason}`);
    return rows;
  }

  private backing(owner: StoredOwner, rows: KeptInstances | undefined): StoredBacking {
    const { prefix, objects } = owner;
    const definitions = new Map(objects.map((definition) => [definition.id, definition]));
    const instances = (rows?.instances ?? []).flatMap((row): StoredInstance[] => {
      const definition = row.device === owner.device ? definitions.get(row.object) : undefined;
      return definition === undefined ? [] : [{ ...row, values: this.fitting(row, definition) }];
    });
    const { clock, onChange } = this.options;
    return new StoredBacking({ prefix, definitions: objects, limits: this.limits }, instances, {
      keep: (changes) => this.keep(owner, changes),
      onChange: (change) => onChange(prefix, change),
      now: () => clock.wall(),
    });
  }

  /** The definition may be another than when the value was written: of another version, or of another file. */
  private fitting(row: StoredInstance & { readonly device?: string }, definition: ObjectDefinition): StoredValue[] {
    return row.values.filter(({ resource, resourceInstance, value }) => {
      const known = definition.resources.get(resource);
      const fits = known?.operations.includes("W") === true && known.multiple === (resourceInstance !== undefined);
      if (fits && fitsDefinition(value, known)) return true;
      this.tell({ ...row, resource }, "what was stored does not fit the object any more and is left out");
      return false;
    });
  }

  private async keep({ device, prefix }: StoredOwner, changes: readonly InstanceChange[]): Promise<void> {
    const growth = this.growth(prefix, changes);
    if (growth > 0 && this.bytes + growth > this.limits.bytes) {
      throw notDone(`there is no room: the stored objects of this gateway hold ${this.limits.bytes} bytes at most`);
    }
    this.bytes += growth;
    try {
      const rows = changes.map((change): KeptChange => (device === undefined ? change : { device, ...change }));
      await this.options.store.saveInstances(rows);
      if (this.failing) this.options.log.info({}, "stored objects can be written again");
      this.failing = false;
    } catch (error) {
      this.bytes -= growth;
      throw this.refusal(error);
    }
  }

  private growth(prefix: string, changes: readonly InstanceChange[]): number {
    const backing = this.backingOf(prefix);
    return changes.reduce((sum, { object, instance, values }) => {
      const before = backing?.valuesOf(object, instance);
      return sum + (values === undefined ? 0 : bytesOf(values)) - (before === undefined ? 0 : bytesOf(before));
    }, 0);
  }

  /** The person behind the gateway must make room, or mend it; the server hears no more than that. */
  private refusal(error: unknown): unknown {
    if (!(error instanceof StoreError)) return error;
    if (!this.failing)
      this.options.log.error({ code: "LG663", err: error }, "stored objects cannot be written: servers are refused");
    this.failing = true;
    return notDone(`the gateway could not write it to its disk (${error.kind}): nothing is changed`, { cause: error });
  }

  private tell(about: Omit<DamagedInstance, "reason"> & { readonly resource?: number }, message: string): void {
    const { device, object, instance, resource } = about;
    const at = { prefix: "", object, instance };
    const path = makePath(resource === undefined ? at : { ...at, resource });
    const key = `${device ?? ""} ${path} ${message}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    this.options.log.error({ code: "LG668", ...(device === undefined ? {} : { device }), path }, message);
  }
}

/** What an instance takes; with something for each value, so that a million empty ones count too. */
function bytesOf(values: readonly StoredValue[]): number {
  return values.reduce((sum, { value }) => sum + valueBytes(value) + VALUE_OVERHEAD, INSTANCE_OVERHEAD);
}

const VALUE_OVERHEAD = 32;
const INSTANCE_OVERHEAD = 64;
