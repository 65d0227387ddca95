/** The state as it is at one moment, with a gateway that runs or without. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { StateCopy } from "../../gateway/state/state-copies.ts";
import { copyDatabase, DATABASES } from "../../store/copy.ts";
import { StoreError } from "../../store/store.ts";
import { askGateway, NotRunning } from "../admin.ts";
import { type Arguments, FailureError } from "../command.ts";
import { statePlace } from "../state-directory.ts";

export interface StateFiles {
  /** Whether a gateway runs. */
  readonly running: boolean;
  /** Of each file its name and where a copy of it lies. */
  readonly files: readonly { readonly name: string; readonly path: string }[];
  /** Why what came last is not in it. */
  readonly unwritten?: string;
}

/**
 * What the work gives, with copies beside `target` that are removed after it: there must be room for the history there. Rejects with
 * FailureError.
 */
export async function withStateFiles<T>(
  args: Arguments,
  target: string,
  work: (state: StateFiles) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(`${resolve(target)}.`).catch((error: unknown) => {
    throw new FailureError(`cannot write to ${dirname(resolve(target))}`, { code: "LG104", cause: error });
  });
  let theirs: StateCopy | undefined;
  try {
    theirs = await askForCopy(args);
    const { state, copy } = theirs ?? { state: (await statePlace(args, DATABASES.gateway)).directory };
    const gateway = join(copy ?? folder, DATABASES.gateway);
    if (copy === undefined) copyDatabase(join(state, DATABASES.gateway), gateway);
    // After the other: what it is owed by observations that are known there is in it.
    const history = join(folder, DATABASES.history);
    copyDatabase(join(state, DATABASES.history), history);
    const files = [gateway, history].filter((path) => existsSync(path));
    return await work({
      running: theirs !== undefined,
      files: files.map((path) => ({ name: path === history ? DATABASES.history : DATABASES.gateway, path })),
      ...(theirs?.unwritten === undefined ? {} : { unwritten: theirs.unwritten }),
    });
  } catch (error) {
    throw error instanceof StoreError ? new FailureError(error.message, { code: "LG611", cause: error }) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
    if (theirs !== undefined) await rm(theirs.copy, { recursive: true, force: true });
  }
}

/** Undefined where no gateway runs. */
async function askForCopy(args: Arguments): Promise<StateCopy | undefined> {
  try {
    // The answer is our own program's, on a socket that only its user can open.
    return (await askGateway(args, "/v1/backup", { body: {}, patience: PATIENCE })) as StateCopy;
  } catch (error) {
    if (error instanceof NotRunning) return undefined;
    throw error;
  }
}

/** The disk may be slow, and has to take all that waits in memory. */
const PATIENCE = 120_000;
