/** The state directory, or a copy of it in memory where the disk takes nothing: live operation does not depend on a disk. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../../log.ts";
import { openStore, type Store, StoreError } from "../../store/store.ts";
import { bindToMachine } from "./machine.ts";

export interface OpenedState {
  readonly store: Store;
  /** Where it really lies. */
  readonly directory: string;
  /** Of a copy: nobody needs it any more. */
  readonly discard?: () => void;
}

export interface StateOptions {
  readonly directory: Promise<string>;
  readonly log: Logger;
  readonly onFailure: (error: Error) => void;
}

/** Rejects with StoreError, or with what the directory rejects with. */
export async function openState({ directory, ...options }: StateOptions): Promise<OpenedState> {
  try {
    return { store: await openStore({ directory, ...options }), directory: await directory };
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "unwritable") throw error;
    const copy = copyOf(await directory);
    // Without it nobody knows which prefix a device had.
    if (copy === undefined) throw error;
    const fields = { state: await directory, copy, reason: error.message };
    options.log.error(
      { code: "LG663", ...fields },
      "the disk takes nothing: the gateway runs on a copy of its state in memory, and what changes is lost when it ends",
    );
    return {
      store: await openStore({ directory: copy, ...options }),
      directory: copy,
      discard: () => rmSync(copy, { recursive: true }),
    };
  }
}

/** Closes it where it is another machine's: rejects with ForeignState then. A state that cannot say whose it is, is used. */
export async function ownState(
  { store, discard }: OpenedState,
  machine: string | undefined,
  log: Logger,
): Promise<void> {
  try {
    await bindToMachine(store, machine, log);
  } catch (error) {
    if (error instanceof StoreError && error.kind !== "failed") {
      log.warn(
        { code: "LG663", reason: error.message },
        "whether the state is this machine's cannot be looked up, or not written",
      );
      return;
    }
    await store.close();
    discard?.();
    throw error;
  }
}

/** Undefined where there is nothing to be copied, or no place for it. */
function copyOf(directory: string): string | undefined {
  if (!existsSync(join(directory, "gateway.db"))) return undefined;
  for (const place of [MEMORY, tmpdir()]) {
    try {
      const copy = mkdtempSync(join(place, "lwm2m-gateway-state-"));
      const files = readdirSync(directory).filter((name) => DATABASE.test(name));
      for (const name of files) copyFileSync(join(directory, name), join(copy, name));
      return copy;
    } catch {
      // The next place may do.
    }
  }
  return undefined;
}

/** A file system in memory, on Linux. */
const MEMORY = "/dev/shm";
/** With their logs, which have what is not in them yet; the shared memory of a log is made anew. */
const DATABASE = /^(?:gateway|history)\.db(?:-wal)?$/;
