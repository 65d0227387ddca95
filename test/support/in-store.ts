/** Stored objects over a real database, without its thread: each use is one run of the gateway. */
import assert from "node:assert/strict";
import { StoredObjects, type StoredObjectsLimits, type StoredOwner } from "../../src/gateway/state/stored-objects.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { ObjectDefinition } from "../../src/lwm2m/objects/definition.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { GatewayFile } from "../../src/store/gateway-file.ts";
import type { DeviceClaim, Store } from "../../src/store/store.ts";
import { FakeClock } from "./fake-clock.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

export const PORTFOLIO = definition(16);
/** A resource of each type. */
export const TEST_OBJECT = definition(3442);
export const OWN: StoredOwner = { prefix: "", objects: [PORTFOLIO, TEST_OBJECT] };

export interface StoreWorld {
  readonly stored: StoredObjects;
  readonly lines: LogLine[];
  tree(prefix?: string): ModelTree;
  /** Forgets a device. */
  forget(id: string): boolean;
  /** From now on the disk takes so many bytes more; undefined: as many as there are. */
  leaveRoom(bytes: number | undefined): void;
}

export type InstanceStore = Pick<Store, "loadInstances" | "saveInstances">;

/** Stored objects over a real store in this directory, which is closed after the work. */
export async function inStore<T>(
  directory: string,
  work: (world: StoreWorld) => Promise<T>,
  setup: StoreSetup = {},
): Promise<T> {
  const { owners = [OWN], claims = [], limits } = setup;
  const file = new GatewayFile(directory, ({ reason }) => assert.fail(reason));
  const { db, devices } = file.use((tables) => tables);
  const store: InstanceStore = {
    loadInstances: async () => file.use(({ instances }) => instances.load()),
    saveInstances: async (changes) => file.use(({ instances }) => instances.save(changes)),
  };
  try {
    devices.assign(claims);
    const lines: LogLine[] = [];
    const stored = new StoredObjects({
      store: setup.store?.(store) ?? store,
      clock: new FakeClock(),
      log: recordingLogger(lines),
      onChange: () => {},
      ...(limits === undefined ? {} : { limits }),
    });
    await stored.adopt(owners);
    const tree = (prefix = ""): ModelTree => {
      const backing = stored.backingOf(prefix);
      if (backing === undefined) throw new RangeError("it has no stored objects");
      return new ModelTree(backing);
    };
    const leaveRoom = (bytes?: number): void => {
      const pages = Number(db.pragma("page_count", { simple: true }));
      const more =
        bytes === undefined ? MANY_PAGES : Math.ceil(bytes / Number(db.pragma("page_size", { simple: true })));
      db.pragma(`max_page_count = ${pages + more}`);
    };
    return await work({ stored, lines, tree, forget: (id) => devices.forget(id), leaveRoom });
  } finally {
    file.close();
  }
}

export interface StoreSetup {
  readonly owners?: readonly StoredOwner[];
  readonly claims?: readonly DeviceClaim[];
  readonly limits?: StoredObjectsLimits;
  readonly store?: (store: InstanceStore) => InstanceStore;
}

export async function valuesOf(tree: ModelTree, ...objects: readonly string[]): Promise<Record<string, Value>> {
  const samples = await Promise.all(objects.map((object) => tree.read(parsePath(object))));
  return Object.fromEntries(samples.flat().map(({ path, value }) => [path, value]));
}

const MANY_PAGES = 1_000_000;

function definition(id: number): ObjectDefinition {
  const found = catalogue.find(id);
  if (found === undefined) throw new RangeError(`no object ${id}`);
  return found;
}
