/** The versions of this gateway, joined from its configuration and from who started it. */
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import type { LoadedConfig } from "../../config/types.ts";
import { reasonOf } from "../../errors.ts";
import { nameOf } from "../../firmware/self/choose.ts";
import type { StateSchemas } from "../../firmware/self/manifest.ts";
import { OwnVersions } from "../../firmware/self/own-versions.ts";
import { Versions } from "../../firmware/self/versions.ts";
import type { Logger } from "../../log.ts";
import { HISTORY_MIGRATIONS, MIGRATIONS } from "../../store/migrations.ts";
import { launchedAs } from "./launched-as.ts";
import { pinnedKeys } from "./pinned-keys.ts";

/** What this program makes of the databases. */
export const OWN_SCHEMAS: StateSchemas = { gateway: MIGRATIONS.length, history: HISTORY_MIGRATIONS.length };

export interface OwnVersionsPlace {
  readonly config: LoadedConfig;
  /** Where the databases are. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Undefined where the configuration has none, or they cannot be: then the log says why. */
export function ownVersions({ config, directory: databases, clock, log }: OwnVersionsPlace): OwnVersions | undefined {
  const { self } = config.gateway.firmware;
  if (self === undefined) return undefined;
  const { version: running, packaged, directory } = launchedAs();
  if (directory === undefined) {
    log.warn(
      { code: "LG562" },
      "the gateway takes no versions of itself: STATE_DIRECTORY names no place for them, as a service manager does",
    );
    return undefined;
  }
  try {
    const keys = pinnedKeys(config.file, self.keys);
    const versions = new Versions(directory, keys);
    const { trial } = self;
    const { arch } = process;
    const state = OWN_SCHEMAS;
    const own = new OwnVersions({ versions, keys, arch, running, packaged, databases, trial, clock, state });
    own.sweep();
    tellNews(own, log);
    return own;
  } catch (error) {
    log.error({ code: "LG564", reason: reasonOf(error) }, "the gateway takes no versions of itself: no key is known");
    return undefined;
  }
}

/** What became of the last one, once. */
function tellNews(own: OwnVersions, log: Logger): void {
  const news = own.news();
  if (news !== undefined) {
    const { version, before, reason, aside } = news;
    const fields = { code: "LG561", version: nameOf(version), runs: nameOf(before), reason } as const;
    log.error(fields, "a version of the gateway was taken back");
    if (aside !== undefined) {
      const files = { code: "LG561", databases: join(aside, "*.db") } as const;
      log.warn(
        files,
        "its databases were put back with it: what was measured since is in those set aside, and no server gets it",
      );
    }
  }
  const { trial, runs } = own.status();
  if (trial !== undefined)
    log.info({ version: runs, ...trial }, "a version on trial: it is taken back unless it registers");
}
