/** The versions of this gateway, as the running one has them: it takes another one in, and says that it has registered itself. */
import { mkdirSync } from "node:fs";
import type { Clock, Millis } from "../../clock.ts";
import { nameOf } from "./choose.ts";
import { dropCopies, sizeOfDatabases } from "./databases.ts";
import { ArtefactError, type Manifest, type StateSchemas } from "./manifest.ts";
import { assertState, assertSuitable, readBody, readHead, type Suitable } from "./read-artefact.ts";
import { type Outcome, PACKAGED, type Trial, wasStarted } from "./record.ts";
import { unpack } from "./unpack.ts";
import type { Versions } from "./versions.ts";

export interface OwnVersionsOptions extends Suitable {
  readonly versions: Versions;
  /** The one that runs: PACKAGED or a folder. */
  readonly running: string;
  /** By what the installed program is known. */
  readonly packaged: string;
  /** Where gateway.db and history.db are. */
  readonly databases: string;
  /** Of new versions. */
  readonly trial: Millis;
  readonly clock: Clock;
}

/** For a person and for `status`; plain data. */
export interface VersionStatus {
  /** "packaged" or a folder. */
  readonly runs: string;
  /** It has to register yet. */
  readonly trial?: { readonly before: string; readonly left: Millis };
  /** What the next start runs, where that is another one. */
  readonly next?: string;
  /** What went before, and is here still. */
  readonly previous?: string;
  /** The last one that was taken back, and why. */
  readonly back?: { readonly version: string; readonly reason: string };
}

export class OwnVersions {
  private readonly options: OwnVersionsOptions;

  constructor(options: OwnVersionsOptions) {
    this.options = options;
  }

  /** Reads all of it. Rejects with ArtefactError where it is nothing for this gateway. */
  async check(file: string): Promise<Manifest> {
    const head = await readHead(file, this.options);
    await readBody(file, head);
    return head.manifest;
  }

  /** Unpacked, and what the next start runs. Returns its folder. Rejects with ArtefactError; then nothing has changed. */
  async install(file: string): Promise<string> {
    const { versions, databases } = this.options;
    this.assertNoneGoesBack();
    const head = await readHead(file, this.options);
    const changes = changesState(this.options.state, head.manifest.state);
    const folder = await unpack(file, head, versions, changes ? sizeOfDatabases(databases) : 0);
    this.choose(folder, head.manifest.state);
    return folder;
  }

  /** The name of its folder; undefined: it is nothing for this gateway, or not any more. */
  async folderOf(file: string): Promise<string | undefined> {
    try {
      return (await readHead(file, { ...this.options, state: { gateway: 0, history: 0 } })).folder;
    } catch (error) {
      if (error instanceof ArtefactError) return undefined;
      throw error;
    }
  }

  /** Whether nobody knows how it fares: it neither runs, nor was taken back. */
  isUntried(version: string): boolean {
    return version !== this.options.running && this.options.versions.record()?.outcome?.version !== version;
  }

  /** One that is here, or PACKAGED. Throws ArtefactError. */
  use(version: string, installed: StateSchemas): void {
    const { versions, state, arch } = this.options;
    this.assertNoneGoesBack();
    if (this.giveBack(version)) return;
    if (version === PACKAGED) {
      assertState("the installed program", installed, state);
      this.point(version);
      return;
    }
    const head = versions.head(version);
    assertSuitable(head, { arch, state });
    const fault = versions.fault(version);
    if (fault !== undefined) throw new ArtefactError("damaged", fault);
    this.choose(version, head.manifest.state);
  }

  /** What the next start does first would be forgotten. */
  private assertNoneGoesBack(): void {
    const { trial } = this.options.versions.record() ?? {};
    if (trial?.back === undefined) return;
    const version = nameOf(trial.version);
    throw new ArtefactError("unsuitable", `${version} is taken back by the next start: restart the gateway before`);
  }

  /** Whether it is what a trial began with: then it comes back as if the trial had gone wrong, the databases with it. */
  private giveBack(version: string): boolean {
    const { versions } = this.options;
    const record = versions.record();
    const { trial } = record ?? {};
    if (record === undefined || trial === undefined || trial.before !== version || !wasStarted(trial)) return false;
    dropCopies(versions.aside);
    versions.keep({
      ...record,
      trial: { ...trial, back: { reason: "somebody at the machine wished so", stage: "aside" } },
    });
    versions.point(version);
    return true;
  }

  /** What was believed last is what comes back: not one that is on trial itself. */
  private choose(version: string, itsState: StateSchemas): void {
    const { running, state, databases, trial: limit, clock, versions } = this.options;
    const { trial: known } = versions.record() ?? {};
    const runs = known?.version === running && versions.registered() !== running ? known : undefined;
    if (version === running) {
      if (runs === undefined) this.point(version);
      return;
    }
    const change = changesState(state, itsState) ? { state: { directory: databases, copied: false } } : {};
    const kept = runs?.state?.copied === true ? { state: runs.state } : change;
    const before = runs?.before ?? running;
    this.point(version, { version, before, begun: clock.wall(), limit, spent: 0, starts: 0, ...kept });
  }

  /** The installed program, and what runs already, need no trial. */
  private point(version: string, trial?: Trial): void {
    const { versions, packaged } = this.options;
    mkdirSync(versions.directory, { recursive: true, mode: 0o700 });
    const { previous } = versions.record() ?? {};
    versions.forgetRegistered();
    // Without its trial a version is believed: nothing may point to it by then.
    if (trial === undefined) versions.point(version);
    versions.keep({
      packaged,
      ...(previous === undefined ? {} : { previous }),
      ...(trial === undefined ? {} : { trial }),
    });
    if (trial !== undefined) versions.point(version);
  }

  /** PACKAGED or a folder. */
  get running(): string {
    return this.options.running;
  }

  /** A server has registered us. Returns whether that ends our trial. */
  registered(): boolean {
    const { versions, running } = this.options;
    const record = versions.record();
    if (record?.trial === undefined || record.trial.version !== running || record.trial.back !== undefined)
      return false;
    if (versions.registered() === running) return false;
    // Whoever supervises the trial ends it.
    versions.sayRegistered(running);
    return true;
  }

  /** What was left behind by whoever was killed. */
  sweep(): void {
    const { versions } = this.options;
    versions.sweep();
    const record = versions.record();
    if (record !== undefined && record.trial === undefined) dropCopies(versions.copies);
  }

  /** Why the last version was taken back, once. */
  news(): Outcome | undefined {
    const { versions } = this.options;
    const record = versions.record();
    if (record?.outcome === undefined || record.outcome.told) return undefined;
    versions.keep({ ...record, outcome: { ...record.outcome, told: true } });
    return record.outcome;
  }

  /** Whether it still has to register. */
  get onTrial(): boolean {
    const { versions, running } = this.options;
    return versions.record()?.trial?.version === running && versions.registered() !== running;
  }

  status(): VersionStatus {
    const { versions, running } = this.options;
    const { trial, previous, outcome } = versions.record() ?? {};
    const current = versions.current();
    return {
      runs: nameOf(running),
      ...(trial !== undefined && this.onTrial
        ? { trial: { before: nameOf(trial.before), left: Math.max(0, trial.limit - trial.spent) } }
        : {}),
      ...(current === running ? {} : { next: nameOf(current) }),
      ...(previous === undefined ? {} : { previous: nameOf(previous) }),
      ...(outcome === undefined ? {} : { back: { version: nameOf(outcome.version), reason: outcome.reason } }),
    };
  }
}

function changesState(now: StateSchemas, then: StateSchemas): boolean {
  return then.gateway > now.gateway || then.history > now.history;
}
