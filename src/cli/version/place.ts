/** The versions of the service, for a person at the machine. What is written is written as the user of the service. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import { ArtefactError, type StateSchemas } from "../../firmware/self/manifest.ts";
import { OwnVersions } from "../../firmware/self/own-versions.ts";
import { PACKAGED, wasStarted } from "../../firmware/self/record.ts";
import { VERSIONS, Versions } from "../../firmware/self/versions.ts";
import { launchedAs } from "../../gateway/firmware/launched-as.ts";
import { OWN_SCHEMAS } from "../../gateway/firmware/own-versions.ts";
import { pinnedKeys } from "../../gateway/firmware/pinned-keys.ts";
import { type Arguments, FailureError, UsageError } from "../command.ts";
import { SERVICE_STATE, statePlace } from "../state-directory.ts";

export interface VersionsPlace {
  readonly own: OwnVersions;
  readonly versions: Versions;
}

export const STATE_OPTION = {
  type: "string",
  value: "DIR",
  help: `What the service manager calls STATE_DIRECTORY (default: that of the environment, else ${SERVICE_STATE}).`,
} as const;

/** Rejects with ConfigError, UsageError or FailureError. */
export async function versionsPlace(args: Arguments): Promise<VersionsPlace> {
  const { config, directory: databases } = await statePlace(args, "gateway.db");
  const { self } = config.gateway.firmware;
  if (self === undefined) {
    throw new UsageError("the configuration has no gateway.firmware.self: without a pinned key there are no versions", {
      code: "LG560",
    });
  }
  const keys = keysOf(config.file, self.keys);
  const { packaged, directory = join(SERVICE_STATE, VERSIONS) } = launchedAs();
  const named = args.text("state");
  const place = resolve(named === undefined ? directory : join(named, VERSIONS));
  becomeOwnerOf(dirname(place));
  const versions = new Versions(place, keys);
  const running = runningOf(versions);
  const own = new OwnVersions({
    ...{ versions, keys, running, packaged, databases, state: schemasOf(versions, running) },
    ...{ arch: process.arch, trial: self.trial, clock: systemClock },
  });
  return { own, versions };
}

function keysOf(config: string, names: readonly string[]): ReturnType<typeof pinnedKeys> {
  try {
    return pinnedKeys(config, names);
  } catch (error) {
    throw new UsageError(reasonOf(error), { code: "LG564", cause: error });
  }
}

/** One that is to be tried, and has not been started yet, is none that runs. */
function runningOf(versions: Versions): string {
  const { trial } = versions.record() ?? {};
  if (trial === undefined) return versions.current();
  return wasStarted(trial) ? trial.version : trial.before;
}

/** The version that runs has brought the state to what it knows. */
function schemasOf(versions: Versions, running: string): StateSchemas {
  if (running === PACKAGED) return OWN_SCHEMAS;
  try {
    return versions.head(running).manifest.state;
  } catch (error) {
    if (error instanceof ArtefactError) return OWN_SCHEMAS;
    throw error;
  }
}

/** Into a directory that is another user's root writes nothing: a link that stands there would lead it anywhere. */
function becomeOwnerOf(directory: string): void {
  if (!existsSync(directory)) {
    throw new FailureError(
      `there is no ${directory}: the service has not run yet, or has its state elsewhere (--state)`,
    );
  }
  const { uid, gid } = statSync(directory);
  if (process.getuid?.() !== 0 || uid === 0) return;
  process.chdir(directory);
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

/** What is refused is a sentence for whoever typed it. */
export async function told<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ArtefactError) throw new FailureError(error.message, { code: "LG560", cause: error });
    throw error;
  }
}
