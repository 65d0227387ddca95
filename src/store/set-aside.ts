import { existsSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemClock } from "../clock.ts";
import { StoreError } from "./store-error.ts";

/** What became of a damaged file, and what was wrong with it. */
export interface SetAside {
  /** Its new name; undefined: the disk has no room for it beside a new one, and it is deleted. */
  readonly file: string | undefined;
  readonly reason: string;
}

/**
 * Renames the file and what SQLite keeps beside it, so that the pieces still fit together; returns its new name. The newest
 * three are kept, as long as all of them take no more than is free on the disk; undefined where this one is too large for that.
 * Throws StoreError `unwritable`.
 */
export function setAside(file: string): string | undefined {
  const time = new Date(systemClock.wall()).toISOString().replaceAll(":", "-");
  const target = `${file}${MARK}${time}`;
  try {
    for (const suffix of SUFFIXES) {
      if (existsSync(file + suffix)) renameSync(file + suffix, target + suffix);
    }
  } catch (error) {
    throw new StoreError("unwritable", `${file} is damaged and cannot be renamed to ${target}`, { cause: error });
  }
  removeSurplus(file);
  return existsSync(target) ? target : undefined;
}

/** Deletes a file whose content nobody needs, with what SQLite keeps beside it: the next one must not find that. */
export function removeDatabase(file: string): void {
  for (const suffix of SUFFIXES) rmSync(file + suffix, { force: true });
}

/** A disk that breaks one file after the other must not be filled by them. */
function removeSurplus(file: string): void {
  const directory = dirname(file);
  const mark = basename(file) + MARK;
  try {
    const damaged = readdirSync(directory)
      .filter((name) => name.startsWith(mark) && SUFFIXES.every((suffix) => suffix === "" || !name.endsWith(suffix)))
      .sort()
      .reverse()
      .map((name) => join(directory, name));
    let taken = 0;
    for (const [age, old] of damaged.entries()) {
      taken += sizeOf(old);
      const { bavail, bsize } = statfsSync(directory);
      if (age >= MOST || taken > bavail * bsize) removeDatabase(old);
    }
  } catch {
    // What cannot be tidied up is no reason to do without a new file.
  }
}

function sizeOf(file: string): number {
  return SUFFIXES.reduce((sum, suffix) => sum + (statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0), 0);
}

const MARK = ".damaged-";
const MOST = 3;
const SUFFIXES = ["", "-wal", "-shm", "-journal"];
