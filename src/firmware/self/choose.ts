/**
 * Which version a start runs. It is the installed program that decides, whatever it decides for: what a version on trial does
 * wrong, it cannot do wrong here. Each step is on the disk before the next, and may be done again.
 */
import type { Millis } from "../../clock.ts";
import { reasonOf, systemCode } from "../../errors.ts";
import { copyDatabases, dropCopies, putDatabasesBack, setDatabasesAside } from "./databases.ts";
import { removeDurably } from "./durable.ts";
import { type Outcome, PACKAGED, type Trial, type VersionRecord } from "./record.ts";
import type { Versions } from "./versions.ts";

/** Starts of a version on trial that end by themselves. */
export const MOST_STARTS = 3;

export interface Choice {
  /** PACKAGED or a folder. */
  readonly version: string;
  /** It has so long left. */
  readonly trial?: Trial;
}

/** `packaged`: what the installed program is known by. Throws an Error of the file system where nothing can be kept. */
export function chooseVersion(versions: Versions, packaged: string): Choice {
  const record = versions.record() ?? { packaged };
  const { trial } = record;
  const registered = trial !== undefined && trial.back === undefined && versions.registered() === trial.version;
  if (record.packaged !== packaged) {
    return forInstalled(versions, registered ? endWell(versions, record) : record, packaged);
  }
  if (trial === undefined) return untried(versions, record);
  if (registered) return untried(versions, endWell(versions, record));
  const reason = trial.back?.reason ?? reasonToGoBack(trial) ?? faultOf(versions, trial.version);
  if (reason !== undefined) return takeBack(versions, record, reason);
  if (versions.current() !== trial.version) versions.point(trial.version);
  return startOnTrial(versions, record, { ...trial, starts: trial.starts + 1 });
}

/** Whatever ends it from here on, a copying that takes too long for the service manager too, counts as a start. */
function startOnTrial(versions: Versions, record: VersionRecord, started: Trial): Choice {
  versions.keep({ ...record, trial: started });
  const copied = withCopies(versions, started);
  if (typeof copied === "string") return takeBack(versions, record, copied);
  if (copied !== started) versions.keep({ ...record, trial: copied });
  return { version: copied.version, trial: copied };
}

/** How a version is called towards people. */
export function nameOf(version: string): string {
  return version === PACKAGED ? "packaged" : version;
}

/** What was installed since counts for more than what came before; of what was on trial the databases are put back, too. */
function forInstalled(versions: Versions, record: VersionRecord, packaged: string): Choice {
  const { trial } = record;
  const reason = "the program was installed anew";
  if (trial !== undefined) {
    return takeBack(versions, { ...record, packaged, trial: { ...trial, before: PACKAGED } }, reason);
  }
  const version = versions.current();
  versions.point(PACKAGED);
  const outcome: Outcome = { version, before: PACKAGED, reason, told: false };
  versions.keep({ packaged, ...(version === PACKAGED ? {} : { outcome }) });
  return { version: PACKAGED };
}

function untried(versions: Versions, record: VersionRecord): Choice {
  const current = versions.current();
  if (current === PACKAGED) return { version: PACKAGED };
  const fault = versions.fault(current);
  if (fault === undefined) return { version: current };
  const { previous = PACKAGED } = record;
  const before = previous !== current && faultOf(versions, previous) === undefined ? previous : PACKAGED;
  versions.point(before);
  versions.keep({ packaged: record.packaged, outcome: { version: current, before, reason: fault, told: false } });
  return { version: before };
}

function reasonToGoBack({ starts, spent, limit }: Trial): string | undefined {
  if (spent >= limit) return `it did not register within ${minutes(limit)}`;
  return starts >= MOST_STARTS ? `it ended by itself ${MOST_STARTS} times before it registered` : undefined;
}

function minutes(time: Millis): string {
  return `${Math.round(time / 6000) / 10} min`;
}

function faultOf(versions: Versions, version: string): string | undefined {
  return version === PACKAGED ? undefined : versions.fault(version);
}

/** Before its first start; or why it cannot be started, as a sentence. */
function withCopies(versions: Versions, trial: Trial): Trial | string {
  const { state } = trial;
  if (state === undefined || state.copied) return trial;
  try {
    copyDatabases(state.directory, versions.copies);
    return { ...trial, state: { ...state, copied: true } };
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return `the databases cannot be copied before they change: ${reasonOf(error)}`;
  }
}

/** It has registered: it is believed from now on. */
export function endWell(versions: Versions, { packaged, trial, previous = PACKAGED }: VersionRecord): VersionRecord {
  const [version, before] = trial === undefined ? [versions.current(), previous] : [trial.version, trial.before];
  if (versions.current() !== version) versions.point(version);
  const record = { packaged, previous: before };
  dropCopies(versions.copies);
  dropCopies(versions.aside);
  versions.prune([version, before]);
  // Last, so that whoever is killed meanwhile does the rest of it by the next start.
  versions.keep(record);
  versions.forgetRegistered();
  return record;
}

function takeBack(versions: Versions, record: VersionRecord, reason: string): Choice {
  const { trial, packaged } = record;
  if (trial === undefined) return { version: versions.current() };
  // Before anything is written: it may have filled the disk.
  removeDurably(versions.folder(trial.version));
  const kept = trial.state?.copied === true ? trial.state.directory : undefined;
  if (trial.back === undefined) {
    if (kept !== undefined) dropCopies(versions.aside);
    versions.keep({ ...record, trial: { ...trial, back: { reason, stage: "aside" } } });
  }
  if (kept !== undefined) {
    if (trial.back?.stage !== "restore") {
      setDatabasesAside(kept, versions.aside);
      versions.keep({ ...record, trial: { ...trial, back: { reason, stage: "restore" } } });
    }
    putDatabasesBack(kept, versions.copies);
  }
  const before = faultOf(versions, trial.before) === undefined ? trial.before : PACKAGED;
  versions.point(before);
  dropCopies(versions.copies);
  const aside = kept === undefined ? {} : { aside: versions.aside };
  versions.keep({ packaged, outcome: { version: trial.version, before, reason, ...aside, told: false } });
  versions.forgetRegistered();
  return { version: before };
}
