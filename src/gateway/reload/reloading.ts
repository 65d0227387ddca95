/** Load all, check all, then swap: a reload of the running gateway, and what would become of one. */
import { resolve } from "node:path";
import { type Clock, type Millis, type UnixMillis, wallAt } from "../../clock.ts";
import type { AdapterShelf } from "../../config/adapter-shelf.ts";
import { type FileRead, ReadRecord } from "../../config/read-record.ts";
import type { LinkSettings, LoadedConfig } from "../../config/types.ts";
import type { DevicesChange } from "../../devices/devices.ts";
import { sameLink } from "../../devices/same-plan.ts";
import { ConfigError, reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { StoreError } from "../../store/store.ts";
import { readConfig } from "../read-config.ts";
import { filesToKeep, isPackaged } from "./configuration-files.ts";
import type { KeptConfigurations } from "./kept-configurations.ts";
import { type LinksReport, NO_LINKS, type ReloadReport, toldProblem } from "./reload-report.ts";
import { changedSettings } from "./settings-changes.ts";

export interface ReloadingOptions {
  readonly configFile: string;
  readonly adapters: AdapterShelf;
  readonly clock: Clock;
  readonly log: Logger;
  /** As it runs now. */
  readonly config: () => LoadedConfig;
  /** Makes it the one that runs. Rejects with StoreError, and then that of before runs on. */
  readonly swap: (config: LoadedConfig) => Promise<DevicesChange>;
  /** What a swap would do. */
  readonly preview: (config: LoadedConfig) => DevicesChange;
  /** Ids of the devices that are off. */
  readonly disabled: () => readonly string[];
  /** Where those that ran are kept; absent where the disk takes nothing. */
  readonly kept: KeptConfigurations | undefined;
}

/** How the configuration that runs came to be; plain data. */
export interface ConfigurationStatus {
  /** When it was taken: at the start, or by the last reload that was. */
  readonly taken: UnixMillis;
  readonly reloads: { readonly taken: number; readonly refused: number };
  /** Mistakes in the files, as of the last time that they were read. */
  readonly errors: number;
  /** What the last reload did not take them for, where it did not. */
  readonly refused?: { readonly time: UnixMillis; readonly reason: string };
}

export class Reloading {
  private readonly options: ReloadingOptions;
  /** What holds until the gateway is started again. */
  private readonly atStart: LoadedConfig;
  private record: ReadRecord;
  private takenAt: Millis;
  private readonly counts = { taken: 0, refused: 0 };
  private errors: number;
  private refused: { readonly time: Millis; readonly reason: string } | undefined;

  constructor(options: ReloadingOptions, record: ReadRecord) {
    const config = options.config();
    this.options = options;
    this.atStart = config;
    this.record = record;
    this.takenAt = options.clock.monotonic();
    this.errors = errorsIn(config.problems);
  }

  /** The files that were read last, whether they were taken or not; undefined where nobody wants them watched. */
  get watched(): { readonly files: readonly FileRead[]; readonly directories: readonly string[] } | undefined {
    if (!this.options.config().gateway.autoReload) return undefined;
    const { files, directories } = this.record;
    return {
      files: files.filter(({ path }) => !isPackaged(path)),
      directories: directories.filter((path) => !isPackaged(path)),
    };
  }

  get status(): ConfigurationStatus {
    const { clock } = this.options;
    const { refused } = this;
    return {
      taken: wallAt(clock, this.takenAt),
      reloads: { ...this.counts },
      errors: this.errors,
      ...(refused === undefined ? {} : { refused: { ...refused, time: wallAt(clock, refused.time) } }),
    };
  }

  /** The configuration of the start runs. */
  async started(): Promise<void> {
    await this.keep(this.record, "start");
  }

  /** `by`: who asked for it. A broken config.yaml changes nothing; devices whose plan is the same are untouched. */
  async reload(by: string): Promise<ReloadReport> {
    const { clock, log, swap } = this.options;
    const began = clock.monotonic();
    try {
      const [config, record] = await this.read();
      const links = linkChanges(this.options.config().links, config.links);
      const restart = this.changedSinceStart(config);
      this.warn(restart, changedSettings(this.options.config(), config));
      const change = await swap(config);
      await this.keep(record, by, change);
      const { disabled } = this.options;
      const devices = { ...change, untouched: untouched(config, change), disabled: disabled() };
      const duration = Math.round(clock.monotonic() - began);
      log.info(
        { devices: config.devices.length, disabled: devices.disabled.length, ...countsOf(change), duration },
        "configuration reloaded",
      );
      this.takenNow(config);
      const problems = config.problems.map(toldProblem);
      return { taken: true, dryRun: false, problems, devices, links, restart, duration };
    } catch (error) {
      const report = refusal(error, Math.round(clock.monotonic() - began));
      this.refusedNow(report);
      return report;
    }
  }

  /** What a reload would do now: everything is read and checked, and nothing changed. */
  async check(): Promise<ReloadReport> {
    const { clock, preview } = this.options;
    const began = clock.monotonic();
    try {
      const config = await readConfig(this.options.configFile, this.options.adapters);
      const links = linkChanges(this.options.config().links, config.links);
      const change = preview(config);
      const disabled = config.disabled.map(({ id }) => id);
      return {
        ...{ taken: true, dryRun: true, problems: config.problems.map(toldProblem) },
        devices: { ...change, untouched: untouched(config, change), disabled },
        ...{ links, restart: this.changedSinceStart(config), duration: Math.round(clock.monotonic() - began) },
      };
    } catch (error) {
      return { ...refusal(error, Math.round(clock.monotonic() - began)), dryRun: true };
    }
  }

  private async read(): Promise<readonly [LoadedConfig, ReadRecord]> {
    const { configFile, adapters } = this.options;
    const record = new ReadRecord();
    // Also where it is rejected: the mistake may be in a file that was not read before.
    this.record = record;
    return [await record.during(() => readConfig(configFile, adapters)), record];
  }

  /** For `rollback`. That it cannot be kept is no reason not to run with it. */
  private async keep(record: ReadRecord, by: string, change?: DevicesChange): Promise<void> {
    const { kept, clock, configFile, config, log } = this.options;
    try {
      await kept?.keep({
        ...{ time: clock.wall(), by, config: resolve(configFile), taken: true },
        summary: summaryOf(config(), change),
        files: await filesToKeep(record),
      });
    } catch (error) {
      const reason = reasonOf(error);
      log.warn(
        { code: "LG601", reason, directory: kept?.directory },
        "this configuration could not be kept: rollback will not have it",
      );
    }
  }

  private changedSinceStart(config: LoadedConfig): readonly string[] {
    return changedSettings(this.atStart, config);
  }

  /** Said when it is news: not with each reload until the next start. */
  private warn(restart: readonly string[], news: readonly string[]): void {
    if (restart.length === 0 || news.length === 0) return;
    this.options.log.warn(
      { code: "LG740", settings: restart },
      "changes under gateway: and servers: take effect when the gateway is started again",
    );
  }

  private takenNow(config: LoadedConfig): void {
    this.takenAt = this.options.clock.monotonic();
    this.counts.taken++;
    this.errors = errorsIn(config.problems);
    this.refused = undefined;
  }

  private refusedNow({ problems, reason }: ReloadReport): void {
    const { log, clock } = this.options;
    for (const { text } of problems) log.error({ code: "LG751" }, text);
    const why = reason === undefined ? "" : `: ${reason}`;
    log.error(
      { code: "LG751", problems: problems.length },
      `configuration not reloaded: everything runs on as before${why}`,
    );
    this.counts.refused++;
    if (problems.length > 0) this.errors = errorsIn(problems);
    this.refused = { time: clock.monotonic(), reason: reason ?? problems[0]?.text ?? "" };
  }
}

/** What a reload says that comes when nothing can be reloaded any more. */
export function notNow(reason: string): ReloadReport {
  return { ...NOTHING_DONE, reason };
}

const NOTHING_DONE: ReloadReport = {
  taken: false,
  dryRun: false,
  problems: [],
  devices: { added: [], removed: [], changed: [], untouched: 0, disabled: [] },
  links: NO_LINKS,
  restart: [],
  duration: 0,
};

function refusal(error: unknown, duration: Millis): ReloadReport {
  if (error instanceof ConfigError) return { ...NOTHING_DONE, problems: error.problems.map(toldProblem), duration };
  if (error instanceof StoreError) return { ...NOTHING_DONE, reason: error.message, duration };
  throw error;
}

function linkChanges(before: ReadonlyMap<string, LinkSettings>, after: ReadonlyMap<string, LinkSettings>): LinksReport {
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    reopened: [...after.values()]
      .filter((link) => {
        const old = before.get(link.id);
        return old !== undefined && !sameLink(old, link);
      })
      .map(({ id }) => id),
  };
}

/** "14 devices, 1 off, 2 added" */
function summaryOf({ devices, disabled }: LoadedConfig, change?: DevicesChange): string {
  const counts = Object.entries(change === undefined ? {} : countsOf(change)).filter(([, count]) => count > 0);
  return [
    `${devices.length} device${devices.length === 1 ? "" : "s"}`,
    ...(disabled.length === 0 ? [] : [`${disabled.length} off`]),
    ...counts.map(([what, count]) => `${count} ${what}`),
  ].join(", ");
}

function untouched(config: LoadedConfig, { added, changed }: DevicesChange): number {
  return config.devices.length - added.length - changed.length;
}

function countsOf({ added, removed, changed }: DevicesChange): Readonly<Record<string, number>> {
  return { added: added.length, removed: removed.length, changed: changed.length };
}

function errorsIn(problems: readonly { readonly severity: string }[]): number {
  return problems.filter(({ severity }) => severity === "error").length;
}
