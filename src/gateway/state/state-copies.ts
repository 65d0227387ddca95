/** What a running gateway knows, as files that somebody else may take away. */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Clock, HOUR, type Random } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { StoreError } from "../../store/store.ts";
import type { Kept } from "./kept.ts";

/** Plain data. */
export interface StateCopy {
  /** Where the state lies: history.db there can be copied beside us. */
  readonly state: string;
  /** A new folder with a copy of gateway.db; whoever asked removes it. */
  readonly copy: string;
  /** Why what came last is not in history.db. */
  readonly unwritten?: string;
}

export interface StateCopyOptions {
  readonly kept: Pick<Kept, "store" | "history" | "directory">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const FOLDER = "backup-";

export class StateCopies {
  private readonly options: StateCopyOptions;

  constructor(options: StateCopyOptions) {
    this.options = options;
  }

  /** The history is written first, then the rest copied. Rejects with StoreError where the disk does not take the copy. */
  async make(): Promise<StateCopy> {
    const { kept, random, log } = this.options;
    const { store, history, directory } = kept;
    this.removeOld();
    const unwritten = await history.flush().then(
      () => undefined,
      (error: unknown) => {
        if (!(error instanceof StoreError)) throw error;
        return error.message;
      },
    );
    const copy = join(directory, FOLDER + Buffer.from(random(6)).toString("hex"));
    try {
      mkdirSync(copy, { mode: 0o700 });
    } catch (error) {
      throw new StoreError("unwritable", `cannot make ${copy}: ${reasonOf(error)}`, { cause: error });
    }
    try {
      await store.copyTo(copy);
    } catch (error) {
      rmSync(copy, { recursive: true, force: true });
      throw error;
    }
    log.info({ copy }, "the state is copied for a backup");
    return { state: directory, copy, ...(unwritten === undefined ? {} : { unwritten }) };
  }

  /** Somebody who asked was killed before it was taken away. */
  private removeOld(): void {
    const { kept, clock } = this.options;
    for (const name of readdirSync(kept.directory).filter((each) => each.startsWith(FOLDER))) {
      const folder = join(kept.directory, name);
      const { mtimeMs } = statSync(folder, { throwIfNoEntry: false }) ?? {};
      if (mtimeMs !== undefined && clock.wall() - mtimeMs > HOUR) rmSync(folder, { recursive: true, force: true });
    }
  }
}
