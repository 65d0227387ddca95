/** Objects that servers fill, on a disk that a test holds in its hand. */
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { type InstanceChange, StoredBacking, type StoredChange } from "../../src/lwm2m/stored-backing.ts";
import type { StoredInstance } from "../../src/lwm2m/stored-content.ts";
import type { StoredLimits } from "../../src/lwm2m/stored-limits.ts";

export interface StoredSetup {
  readonly prefix?: string;
  readonly objects?: readonly number[];
  readonly stored?: readonly StoredInstance[];
  readonly limits?: Partial<StoredLimits>;
  /** What the disk does; by default it takes everything. */
  readonly keep?: (changes: readonly InstanceChange[]) => Promise<void>;
}

export interface StoredWorld {
  readonly backing: StoredBacking;
  /** What was told, in order. */
  readonly told: StoredChange[];
  /** What was given to the disk, in order. */
  readonly kept: (readonly InstanceChange[])[];
  time: number;
}

export function aStoredBacking(setup: StoredSetup = {}): StoredWorld {
  const { prefix = "", objects = [16], stored = [], limits = {}, keep = async () => {} } = setup;
  const definitions = objects.map((id) => {
    const definition = catalogue.find(id);
    if (definition === undefined) throw new RangeError(`no object ${id}`);
    return definition;
  });
  const told: StoredChange[] = [];
  const kept: (readonly InstanceChange[])[] = [];
  const world: StoredWorld = {
    told,
    kept,
    time: 1_700_000_000_000,
    backing: new StoredBacking(
      { prefix, definitions, limits: { instances: 100, valueBytes: 1000, ...limits } },
      stored,
      {
        keep: async (changes) => {
          await keep(changes);
          kept.push(changes);
        },
        onChange: (change) => told.push(change),
        now: () => world.time,
      },
    ),
  };
  return world;
}
