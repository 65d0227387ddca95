/** What is kept beside the versions: which is on trial, and what became of the last one that was. */
import type { Millis, UnixMillis } from "../../clock.ts";
import { FOLDER_NAME } from "./head.ts";

/** The program that was installed: it is always there, and has no folder. */
export const PACKAGED = "";

export interface VersionRecord {
  /** The program that was installed when a version was made current: where another one is installed since, that one runs. */
  readonly packaged: string;
  /** What ran well before the current one; PACKAGED or a folder. */
  readonly previous?: string;
  readonly trial?: Trial;
  readonly outcome?: Outcome;
}

/** A version that must register before it is believed. */
export interface Trial {
  /** A folder. */
  readonly version: string;
  /** PACKAGED or a folder. */
  readonly before: string;
  readonly begun: UnixMillis;
  readonly limit: Millis;
  /** How long it has run, all its starts together. */
  readonly spent: Millis;
  /** Starts that nobody asked to end, with the one that runs. */
  readonly starts: number;
  /** Where the databases are that it brings to another schema; absent: to none. */
  readonly state?: { readonly directory: string; readonly copied: boolean };
  /** It is being taken back. */
  readonly back?: { readonly reason: string; readonly stage: "aside" | "restore" };
}

/** Whether it has run, or was about to. */
export function wasStarted({ starts, spent }: Trial): boolean {
  return starts > 0 || spent > 0;
}

/** Why a version was taken back. */
export interface Outcome {
  readonly version: string;
  readonly before: string;
  readonly reason: string;
  /** Where the databases lie that it wrote; absent: they are those in use. */
  readonly aside?: string;
  /** Whether somebody has said so. */
  readonly told: boolean;
}

/** Undefined: it is no record of ours. */
export function parseRecord(text: string): VersionRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isVersionRecord(value) ? value : undefined;
}

function isVersionRecord(value: unknown): value is VersionRecord {
  if (!isObject(value)) return false;
  const { packaged, previous, trial, outcome } = value;
  return isText(packaged) && maybe(previous, isText) && maybe(trial, isTrial) && maybe(outcome, isOutcome);
}

function isTrial(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { version, before, begun, limit, spent, starts, state, back } = value;
  return (
    isText(version) &&
    FOLDER_NAME.test(version) &&
    isText(before) &&
    (before === PACKAGED || FOLDER_NAME.test(before)) &&
    [begun, limit, spent, starts].every((each) => typeof each === "number" && Number.isFinite(each)) &&
    maybe(state, isStatePlace) &&
    maybe(back, isWayBack)
  );
}

function isStatePlace(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { directory, copied } = value;
  return isText(directory) && typeof copied === "boolean";
}

function isWayBack(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { reason, stage } = value;
  return isText(reason) && (stage === "aside" || stage === "restore");
}

function isOutcome(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { version, before, reason, aside, told } = value;
  return isText(version) && isText(before) && isText(reason) && maybe(aside, isText) && typeof told === "boolean";
}

function maybe(value: unknown, holds: (value: unknown) => boolean): boolean {
  return value === undefined || holds(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
