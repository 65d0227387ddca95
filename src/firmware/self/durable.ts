/** What must be on the disk before the next thing happens. All of it is small, and done before a gateway runs, or as it ends. */
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemCode } from "../../errors.ts";

/** The whole text or what was there before, whenever the power goes. */
export function writeDurably(file: string, text: string): void {
  const beside = besideOf(file);
  writeFileSync(beside, text, { mode: 0o600 });
  syncPath(beside);
  renameSync(beside, file);
  syncPath(dirname(file));
}

/** A link that points to the one thing or to the other. */
export function linkDurably(file: string, target: string): void {
  const beside = besideOf(file);
  rmSync(beside, { force: true });
  symlinkSync(target, beside);
  renameSync(beside, file);
  syncPath(dirname(file));
}

export function removeDurably(file: string): void {
  rmSync(file, { recursive: true, force: true });
  syncPath(dirname(file));
}

/** Where the file system can, its blocks are shared. */
export function copyDurably(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  syncPath(to);
}

/** The one place or the other has it, also where these are two file systems. May be done again where it broke off. */
export function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== "EXDEV") throw error;
    const beside = besideOf(to);
    copyDurably(from, beside);
    renameSync(beside, to);
    syncPath(dirname(to));
    rmSync(from);
  }
}

/** Of a file, what is in it; of a folder, what is called how. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function besideOf(file: string): string {
  return join(dirname(file), `.${basename(file)}.new`);
}
