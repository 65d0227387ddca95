/** Which of the files that a load looked at belong to the configuration: what comes with the program does not. */
import { stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { ReadRecord } from "../../config/read-record.ts";
import { locateData } from "../../locate.ts";
import type { KeptFile } from "./kept-configurations.ts";

/** As they were read, with their rights. */
export async function filesToKeep(record: ReadRecord): Promise<readonly KeptFile[]> {
  const files: KeptFile[] = [];
  for (const { path, text, secret } of record.files) {
    if (text === undefined || secret || isPackaged(path)) continue;
    files.push({ path, text, mode: await modeOf(path) });
  }
  return files;
}

/** A file or a directory that comes with the program, and goes with its version. */
export function isPackaged(path: string): boolean {
  return path === PACKAGED || path.startsWith(PACKAGED + sep);
}

const PACKAGED = resolve(locateData("mappings"));

async function modeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch {
    return USUAL_MODE;
  }
}

/** What its writer means it to be where it went away since it was read. */
const USUAL_MODE = 0o644;
