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
  if (record.packaged !== packaged) return forInstalled(versions, record, packaged);
  if (trial === undefined) return untried(versions, record);
  if (versions.registered() === trial.version) return untried(versions, endWell(versions, record));
  const reason = trial.back?.reason ?? reasonToGoBack(trial) ?? faultOf(versions, trial.version);
  if (reason !== undefined) return takeBack(versions, record, reason);
  if (versions.current() !== trial.version) versions.point(trial.version);
  const copied = withCopies(versions, trial);
  if (typeof copied === "string") return takeBack(versions, record, copied);
  const started: Trial = { ...copied, starts: trial.starts + 1 };
  versions.keep({ ...record, trial: started });
  return { version: trial.version, trial: started };
}

/** How a version is called towards people. */
export function nameOf(version: string): string {
  return version === PACKAGED ? "packaged" : version;
}

/** What was installed since counts for more than what came before. */
function forInstalled(versions: Versions, record: VersionRecord, packaged: string): Choice {
  const version = record.trial?.version ?? versions.current();
  versions.point(PACKAGED);
  const outcome: Outcome = { version, before: PACKAGED, reason: "the program was installed anew", told: false };
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
  versions.keep(record);
  versions.forgetRegistered();
  dropCopies(versions.copies);
  dropCopies(versions.aside);
  versions.prune([version, before]);
  return record;
}

function takeBack(versions: Versions, record: VersionRecord, reason: string): Choice {
  const { trial, packaged } = record;
  if (trial === undefined) return { version: versions.current() };
  const { state } = trial;
  if (trial.back === undefined) {
    if (state?.copied === true) dropCopies(versions.aside);
    versions.keep({ ...record, trial: { ...trial, back: { reason, stage: "aside" } } });
  }
  if (state?.copied === true) {
    if (trial.back?.stage !== "restore") {
      setDatabasesAside(state.directory, versions.aside);
      versions.keep({ ...record, trial: { ...trial, back: { reason, stage: "restore" } } });
    }
    putDatabasesBack(state.directory, versions.copies);
  }
  const before = faultOf(versions, trial.before) === undefined ? trial.before : PACKAGED;
  versions.point(before);
  const aside = state?.copied === true ? { aside: versions.aside } : {};
  versions.keep({ packaged, outcome: { version: trial.version, before, reason, ...aside, told: false } });
  versions.forgetRegistered();
  dropCopies(versions.copies);
  removeDurably(versions.folder(trial.version));
  return { version: before };
}
